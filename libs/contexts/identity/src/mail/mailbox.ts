import type { WrittenMail } from './write-mail.js';

/** As many as somebody who tries things out looks back at. */
const KEPT = 100;

export interface ReceivedMail extends WrittenMail {
  readonly messageId: string;
  readonly to: string;
  readonly at: Date;
}

/**
 * Where mails go that leave no machine: to a page of it (`npm start`). In memory, since they hold links that sign people in, and the same
 * Message-ID is the same mail.
 */
export class Mailbox {
  #mails: readonly ReceivedMail[] = [];

  /** The newest first. */
  get mails(): readonly ReceivedMail[] {
    return this.#mails;
  }

  receive(mail: ReceivedMail): void {
    const others = this.#mails.filter(({ messageId }) => messageId !== mail.messageId);
    this.#mails = [mail, ...others].slice(0, KEPT);
  }
}
