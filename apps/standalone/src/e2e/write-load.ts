import { setTimeout as delay } from 'node:timers/promises';
import { waitFor } from '@samspill/testing';
import type { CompanyContacts, Change } from './company-contacts.js';
import type { ExpectedRecord } from './northwind.js';

/** Records that are changed over and over. */
const RECORDS = 40;
/** An agent keeps what it has sent for a while: more than what a database that is lost may not have published yet. */
const KEPT_BATCHES = 60;
const PAUSE_MS = 20;
const AGAIN_MS = 100;
const LACKS_EARLIER = '409 batch.sequence-conflict';

/**
 * An ERP's agent that sends batch after batch, each until it has been taken, whatever becomes of the service; from further back
 * where the service has lost what it took.
 */
export class WriteLoad {
  /** What it has been told, other than that a batch was taken: `503 eventlog.store-unverified`. */
  readonly refusals = new Map<string, number>();
  /** Records as the last batch that was taken has left them. */
  readonly records = new Map<string, ExpectedRecord>();
  readonly #sent: { readonly sequence: number; readonly change: Change }[] = [];
  #sequence = 0;
  #isToEnd = false;
  #isGivenUp = false;
  #running: Promise<void> | undefined;

  constructor(
    private readonly company: CompanyContacts,
    private readonly incarnation: string,
  ) {}

  start(): void {
    this.#isToEnd = false;
    this.#running = this.#run();
  }

  /** Ends it when the batch under way has been taken. */
  async stop(): Promise<void> {
    this.#isToEnd = true;
    await this.#running;
  }

  /** Ends it though its batch may never be taken. */
  async giveUp(): Promise<void> {
    this.#isGivenUp = true;
    await this.stop();
  }

  /** Waits until it has got so many batches further. */
  async goesOn(batches = 10): Promise<void> {
    const until = this.#sequence + batches;
    await waitFor(
      () => {
        if (this.#sequence < until) throw new Error(`refused so far: ${this.#refused()}`);
        return true;
      },
      { describe: 'writing to go on' },
    );
  }

  /** Sends what it has kept again, as an agent does when it hears that the service was restored. */
  async sendAgain(): Promise<void> {
    for (const { sequence, change } of this.#sent) await this.#taken(sequence, change);
  }

  async #run(): Promise<void> {
    while (!this.#isToEnd) {
      const sequence = this.#sequence + 1;
      const number = `LOAD${sequence % RECORDS}`;
      const record = { number, name: `After ${sequence} batches`, country: 'NO' };
      const change: Change = { op: 'put', kind: 'customer', record };
      await this.#taken(sequence, change);
      this.#sequence = sequence;
      this.records.set(number, { kind: 'customer', ...record });
      this.#sent.push({ sequence, change });
      if (this.#sent.length > KEPT_BATCHES) this.#sent.shift();
      await delay(PAUSE_MS);
    }
  }

  async #taken(sequence: number, change: Change): Promise<void> {
    while (!this.#isGivenUp) {
      const said = await this.#send(sequence, change);
      if (said === undefined) return;
      // What was taken and not yet published died with the database: the service says that it lacks earlier batches.
      if (said === LACKS_EARLIER) for (const kept of this.#sent) await this.#send(kept.sequence, kept.change);
      await delay(AGAIN_MS);
    }
  }

  /** @returns what it was told, other than that the batch was taken */
  async #send(sequence: number, change: Change): Promise<string | undefined> {
    const said = await this.company
      .sendBatch(this.incarnation, sequence, [change])
      .then(({ status, body }) => (status === 200 ? undefined : `${status} ${codeOf(body)}`))
      .catch(() => 'no answer');
    if (said !== undefined) this.refusals.set(said, (this.refusals.get(said) ?? 0) + 1);
    return said;
  }

  #refused(): string {
    return [...this.refusals].map(([said, times]) => `${said} (${times} times)`).join(', ');
  }
}

function codeOf(body: unknown): string {
  return typeof body === 'object' && body !== null && 'code' in body ? String(body.code) : '';
}
