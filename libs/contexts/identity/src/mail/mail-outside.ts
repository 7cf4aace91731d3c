import type { Outgoing, Outside, SendOutcome } from '@samspill/eventlog';
import { createTransport } from 'nodemailer';
import type { MailConfiguration } from '@samspill/platform';
import type { LinkTokens } from '../credentials/link-tokens.js';
import { pageAddress } from '../pages/page-paths.js';
import type { UserList } from '../user/user-list.js';
import { LINK_TEXTS, NOTICE_TEXTS } from './mail-texts.js';
import type { Mailbox, ReceivedMail } from './mailbox.js';
import type { MailOrder } from './send-mail.reactor.js';
import { writeMail } from './write-mail.js';

/** A server that has not answered by then is asked again later. */
const CONNECT_TIMEOUT_MS = 10_000;
const ANSWER_TIMEOUT_MS = 20_000;
/** SMTP replies from here on will be the same next time (RFC 5321, 4.2.1). */
const PERMANENT = 500;
/** Codes of nodemailer's that say that nothing was handed over yet. */
const BEFORE_SENDING = new Set(['ECONNECTION', 'EDNS', 'ETLS', 'EAUTH', 'ESOCKET', 'EPROXY']);

export interface MailOutsideOptions {
  /** Undefined: mails wait. */
  readonly mail: MailConfiguration | undefined;
  readonly publicOrigin: string | undefined;
  readonly users: UserList;
  readonly tokens: LinkTokens;
  readonly mailbox: Mailbox;
}

type Post = (mail: ReceivedMail) => Promise<void>;

/**
 * Where mails go. A server cannot be asked what it has sent, so a mail whose sending broke off goes out again, with the same Message-ID
 * and the same link.
 */
export function mailOutside(options: MailOutsideOptions): Outside<MailOrder> {
  const { mail, publicOrigin, mailbox } = options;
  const post = mail && (mail.kind === 'smtp' ? smtpPost(mail) : boxPost(mailbox));
  return {
    limits: { keysAtOnce: 4, callTimeoutMs: CONNECT_TIMEOUT_MS + ANSWER_TIMEOUT_MS + 5_000 },
    async send(deliveries): Promise<readonly SendOutcome[]> {
      if (!post || publicOrigin === undefined) return deliveries.map(waits);
      const outcomes: SendOutcome[] = [];
      for (const delivery of deliveries) outcomes.push(await sendOne(delivery, post, publicOrigin, options));
      return outcomes;
    },
  };
}

async function sendOne(
  { payload, idempotencyKey }: Outgoing<MailOrder>,
  post: Post,
  publicOrigin: string,
  { users, tokens }: MailOutsideOptions,
): Promise<SendOutcome> {
  const messageId = `<${idempotencyKey}@${new URL(publicOrigin).hostname}>`;
  if (payload.kind === 'link') {
    if (Date.parse(payload.validUntil) < Date.now())
      return { kind: 'refused', code: 'mail.link-too-old', words: 'Its link cannot be used any more.' };
    const address = pageAddress(publicOrigin, payload.purpose, await tokens.tokenOf(payload));
    const written = writeMail(LINK_TEXTS[payload.language][payload.purpose], payload, address);
    return await posted(post, { ...written, messageId, to: payload.to, at: new Date() });
  }
  const addressee = await users.addressee(payload.user);
  if (!addressee) return { kind: 'refused', code: 'mail.no-addressee', words: 'There is no such user.' };
  const written = writeMail(NOTICE_TEXTS[addressee.language][payload.about], addressee, undefined);
  return await posted(post, { ...written, messageId, to: payload.to ?? addressee.email, at: new Date() });
}

async function posted(post: Post, mail: ReceivedMail): Promise<SendOutcome> {
  try {
    await post(mail);
    return { kind: 'confirmed' };
  } catch (error) {
    const code = textOf(error, 'code');
    const answer = Number(textOf(error, 'responseCode'));
    // What a server says may quote an address; it stays in this service's database.
    const words = error instanceof Error ? error.message : String(error);
    if (answer >= PERMANENT && code !== 'EAUTH') return { kind: 'refused', code: 'mail.refused', words };
    if (BEFORE_SENDING.has(code) || answer > 0)
      return { kind: 'not-sent', code: 'mail.not-taken', words, holdsUp: 'key' };
    return { kind: 'unknown', code: 'mail.no-answer', words };
  }
}

function smtpPost({ url, from }: Extract<MailConfiguration, { kind: 'smtp' }>): Post {
  const transport = createTransport({
    url,
    connectionTimeout: CONNECT_TIMEOUT_MS,
    socketTimeout: ANSWER_TIMEOUT_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return async ({ messageId, to, subject, text, html }) => {
    // One address, never a list: what somebody typed cannot add another.
    await transport.sendMail({ from, to: { name: '', address: to }, messageId, subject, text, html });
  };
}

function boxPost(mailbox: Mailbox): Post {
  return (mail) => {
    mailbox.receive(mail);
    return Promise.resolve();
  };
}

function waits(): SendOutcome {
  return {
    kind: 'not-sent',
    code: 'mail.not-configured',
    words: 'SAMSPILL_PUBLIC_ORIGIN, SAMSPILL_SMTP_URL and SAMSPILL_MAIL_FROM are not all set.',
    holdsUp: 'key',
  };
}

function textOf(error: unknown, field: string): string {
  const value: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, field) : undefined;
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
