import type { SubscriptionHandler, RecordBatch } from '../../log.js';
import { Backoff, pause } from '../../retry.js';
import { HANDLER_RETRY, positionUnreadable } from '../partition-feed.js';

/** How a lane steers the consumer that feeds it. */
export interface LaneControl {
  /** Fetches the partition from this offset on. */
  readFrom(offset: bigint): void;
  /** Stops fetching the partition. */
  hold(): void;
  /** Everything below this offset has been handled. */
  handled(next: bigint): void;
}

/** What became of a batch: `handled`; `refused`, it is not what comes next; `away`, the lane goes on with it by itself. */
export type LaneOutcome = 'handled' | 'refused' | 'away';

/**
 * One partition of a subscription while this process has it. It knows which record comes next, and takes no other: what was
 * fetched before a seek took effect is refused. After a failure it asks for the position again and goes on from there.
 */
export class PartitionLane {
  readonly #given = new AbortController();
  readonly #backoff = new Backoff(HANDLER_RETRY);
  #next: bigint | undefined;
  /** Goes up whenever the partition is given anew: what was begun before must not say where to go on. */
  #term = 0;
  #busy: Promise<void> = Promise.resolve();
  #mismatches = 0;

  constructor(
    readonly topic: string,
    readonly partition: number,
    private readonly handler: SubscriptionHandler,
    private readonly control: LaneControl,
    /** A batch that takes longer is left to the lane, so that it holds up no other partition. */
    private readonly slowMs: number,
  ) {}

  /** The partition has been given to this process, perhaps again: another may have had it meanwhile. */
  open(): void {
    this.#term += 1;
    const term = this.#term;
    this.#next = undefined;
    this.control.hold();
    this.#busy = this.#busy.then(() => this.#position(term));
  }

  /** The partition was taken away, or the subscription ends. Resolves when the batch under way has been handled. */
  async close(): Promise<void> {
    this.#given.abort();
    await this.#busy;
  }

  /** Takes a fetched batch, or refuses it where another record comes next. Never throws. */
  async take(batch: RecordBatch): Promise<LaneOutcome> {
    const [first, last] = [batch.records[0], batch.records.at(-1)];
    const expected = this.#next;
    if (expected === undefined || !first || !last || this.#given.signal.aborted) return 'refused';
    if (first.offset !== expected) {
      this.#mismatch(expected);
      return 'refused';
    }
    const progress = new Progress();
    const work = this.#work(batch, last.offset + 1n, progress);
    const settled = new AbortController();
    await Promise.race([work, pause(this.slowMs, settled.signal)]);
    settled.abort();
    if (progress.isDone()) return 'handled';
    progress.away = true;
    this.control.hold();
    return 'away';
  }

  async #work(batch: RecordBatch, next: bigint, progress: Progress): Promise<void> {
    const term = this.#term;
    this.#next = undefined;
    const attempt = this.#attempt(batch);
    const settled = attempt.then((failed) => {
      if (failed || term !== this.#term) return;
      progress.done = true;
      this.#next = next;
      if (progress.away) this.control.readFrom(next);
    });
    this.#busy = settled.then(async () => {
      if (await attempt) await this.#recover(term);
      else this.control.handled(next);
    });
    await settled;
  }

  /** Whether handling failed. */
  async #attempt(batch: RecordBatch): Promise<boolean> {
    try {
      await this.handler.handle(batch);
      this.#backoff.reset();
      this.#mismatches = 0;
      return false;
    } catch (error) {
      this.handler.failed?.(error);
      return true;
    }
  }

  /** The first refusal is a batch fetched before a seek. If the seek does not help, the record is not there. */
  #mismatch(expected: bigint): void {
    this.#mismatches += 1;
    if (this.#mismatches <= 1) {
      this.control.readFrom(expected);
      return;
    }
    this.#next = undefined;
    this.control.hold();
    this.handler.failed?.(positionUnreadable(this.topic, this.partition, expected));
    const term = this.#term;
    this.#busy = this.#busy.then(() => this.#recover(term));
  }

  async #recover(term: number): Promise<void> {
    await this.#backoff.wait(this.#given.signal);
    await this.#position(term);
  }

  #isCurrent(term: number): boolean {
    return !this.#given.signal.aborted && term === this.#term;
  }

  async #position(term: number): Promise<void> {
    while (this.#isCurrent(term)) {
      try {
        const next = await this.handler.position(this.topic, this.partition);
        if (!this.#isCurrent(term)) return;
        this.#next = next;
        this.control.readFrom(next);
        return;
      } catch (error) {
        this.handler.failed?.(error);
        await this.#backoff.wait(this.#given.signal);
      }
    }
  }
}

/** What the two who wait for a batch tell each other. */
class Progress {
  done = false;
  /** The consumer no longer waits: the lane has to say itself where to read on. */
  away = false;

  isDone(): boolean {
    return this.done;
  }
}
