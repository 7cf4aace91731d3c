import type { SubscriptionHandler, RecordBatch } from '../../log.js';
import { Backoff } from '../../retry.js';
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
    this.#next = undefined;
    this.control.hold();
    this.#busy = this.#busy.then(async () => await this.#position());
  }

  /** The partition was taken away, or the subscription ends. Resolves when the batch under way has been handled. */
  async close(): Promise<void> {
    this.#given.abort();
    await this.#busy;
  }

  /** Takes a fetched batch, or refuses it where another record comes next. Never throws. */
  async take(batch: RecordBatch): Promise<LaneOutcome> {
    const [first, last] = [batch.records[0], batch.records.at(-1)];
    if (this.#next === undefined || !first || !last || this.#given.signal.aborted) return 'refused';
    if (first.offset !== this.#next) {
      this.#mismatch(this.#next);
      return 'refused';
    }
    this.#next = undefined;
    let away = false;
    const work = this.#handle(batch, last.offset + 1n, () => away);
    this.#busy = work;
    const slow = new AbortController();
    const outcome = await Promise.race([work.then((): LaneOutcome => 'handled'), later(this.slowMs, slow.signal)]);
    slow.abort();
    if (outcome === 'handled') return this.#next === undefined ? 'away' : 'handled';
    away = true;
    this.control.hold();
    return 'away';
  }

  async #handle(batch: RecordBatch, next: bigint, isAway: () => boolean): Promise<void> {
    try {
      await this.handler.handle(batch);
    } catch (error) {
      this.control.hold();
      void this.#retry(error);
      return;
    }
    this.#backoff.reset();
    this.#mismatches = 0;
    this.control.handled(next);
    if (this.#given.signal.aborted) return;
    this.#next = next;
    if (isAway()) this.control.readFrom(next);
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
    void this.#retry(positionUnreadable(this.topic, this.partition, expected));
  }

  async #retry(error: unknown): Promise<void> {
    this.handler.failed?.(error);
    await this.#backoff.wait(this.#given.signal);
    await this.#position();
  }

  async #position(): Promise<void> {
    while (!this.#given.signal.aborted) {
      try {
        const next = await this.handler.position(this.topic, this.partition);
        if (this.#given.signal.aborted) return;
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
