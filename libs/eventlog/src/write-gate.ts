import { PlatformError, reasonOf } from '@samspill/kernel';
import { BackgroundLoop } from './background-loop.js';
import { fromRecord, MalformedRecordError } from './codec.js';
import { ForkError, type EventStore, type StoredEvent } from './event-store.js';
import type { Log, ReceivedRecord, PartitionEnds, PartitionRange } from './log.js';
import type { Logger } from './logger.js';
import { Backoff, pause } from './retry.js';

/** How often an open gate looks whether it still stands before the same database. */
const WATCH_MS = 1_000;
const RETRY = { firstMs: 100, maxMs: 5_000 };
/** How much further each look goes back where the end of a partition holds no event. */
const LOOK_BACK_FACTOR = 16n;

export type GateState =
  { readonly state: 'open' } | { readonly state: 'closed'; readonly code: string; readonly reason: string };

/**
 * Keeps a process from appending to a store that is behind the log. A store put back from a backup would give out stream versions
 * that the log already has, and readers would drop its events as repeats. The gate opens for one incarnation of the database once
 * the store knows the last event of every partition, and closes when the database is another one.
 */
export class WriteGate {
  #state: GateState = { state: 'closed', code: 'eventlog.starting', reason: 'The service has just started.' };
  readonly #loop = new BackgroundLoop((signal) => this.#run(signal));

  constructor(
    private readonly store: EventStore,
    private readonly log: Log,
    private readonly topic: string,
    private readonly logger: Logger,
  ) {}

  get state(): GateState {
    return this.#state;
  }

  start(): void {
    this.#loop.start();
  }

  async stop(): Promise<void> {
    await this.#loop.stop();
    this.store.permitAppends(undefined);
    this.#state = { state: 'closed', code: 'eventlog.stopped', reason: 'The service is stopping.' };
  }

  async #run(signal: AbortSignal): Promise<void> {
    const backoff = new Backoff(RETRY);
    let verified: string | undefined;
    while (!signal.aborted) {
      try {
        const incarnation = await this.store.incarnation();
        if (incarnation !== verified) {
          this.store.permitAppends(undefined);
          verified = undefined;
          await this.#compareTails();
          this.store.permitAppends(incarnation);
          verified = incarnation;
        }
        this.#open();
        backoff.reset();
        await pause(WATCH_MS, signal);
      } catch (error) {
        this.#close(error);
        await backoff.wait(signal);
      }
    }
  }

  #open(): void {
    if (this.#state.state === 'open') return;
    this.#state = { state: 'open' };
    this.logger.info('writing is open: the store knows the end of the log', { topic: this.topic });
  }

  #close(error: unknown): void {
    const reason = reasonOf(error);
    const code = error instanceof PlatformError ? error.code : 'eventlog.log-unreachable';
    // A store that cannot be reached stays permitted for its incarnation: appends fail by themselves until it answers again.
    if (this.#state.state === 'closed' && this.#state.reason === reason) return;
    this.#state = { state: 'closed', code, reason };
    this.logger.warn('writing is closed', { topic: this.topic, code, reason });
  }

  /** @throws PlatformError while the store lacks the last event of any partition. */
  async #compareTails(): Promise<void> {
    const ends = await this.log.ends(this.topic);
    const tails = await this.#tails(ends);
    const known = await this.store.known(tails);
    const missing: StoredEvent[] = [];
    for (const tail of tails) {
      const stored = known.get(`${tail.stream}@${tail.version}`);
      if (!stored) missing.push(tail);
      else if (stored.id !== tail.id) throw new ForkError(tail.stream, tail.version, stored.id, tail.id);
    }
    if (missing.length === 0) return;
    throw new PlatformError(
      'eventlog.store-behind-log',
      `The event store lacks the newest events of ${missing.length} of ${ends.length} partitions of ${this.topic}; they are being taken in from the log.`,
      true,
    );
  }

  /** The last event of each partition that has any. What lies behind it and is no event is looked past. */
  async #tails(ends: readonly PartitionEnds[]): Promise<readonly StoredEvent[]> {
    const tails = new Map<number, StoredEvent>();
    for (let back = 1n; ; back *= LOOK_BACK_FACTOR) {
      const ranges = ends.flatMap(({ begin, end }, partition): PartitionRange[] => {
        if (tails.has(partition) || end - begin <= (back === 1n ? 0n : back / LOOK_BACK_FACTOR)) return [];
        return [{ topic: this.topic, partition, from: end - back > begin ? end - back : begin, to: end }];
      });
      if (ranges.length === 0) return [...tails.values()];
      await this.log.read(ranges, (batch) => {
        for (const record of batch.records) {
          const event = eventOf(record);
          if (event) tails.set(batch.partition, event);
        }
        return Promise.resolve();
      });
    }
  }
}

function eventOf(record: ReceivedRecord): StoredEvent | undefined {
  try {
    return fromRecord(record);
  } catch (error) {
    if (error instanceof MalformedRecordError) return undefined;
    throw error;
  }
}
