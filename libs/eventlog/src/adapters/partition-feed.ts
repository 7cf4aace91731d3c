import { PlatformError } from '@samspill/kernel';
import type { RecordBatch, SubscriptionHandler } from '../log.js';
import { Backoff } from '../retry.js';

/** Waits after failures of a partition's handler, and the bound that they grow to. */
export const HANDLER_RETRY = { firstMs: 50, maxMs: 10_000 };

/** What a partition is read from where the log has to be asked. */
export interface PartitionSource {
  /** The next records from an offset on, or undefined where there are none yet. */
  fetch(from: bigint): Promise<RecordBatch | undefined>;
  /** Resolves when there may be more, or when the signal is aborted. */
  more(signal: AbortSignal): Promise<void>;
}

/**
 * Hands one partition's records to a subscription's handler, from its position on. A failure is tried again from the position,
 * with growing waits; other partitions have feeds of their own and are not held up.
 */
export class PartitionFeed {
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;

  constructor(
    readonly topic: string,
    readonly partition: number,
    private readonly source: PartitionSource,
    private readonly handler: SubscriptionHandler,
  ) {}

  start(): void {
    this.#running ??= this.#run();
  }

  /** Resolves when the batch under way has been handled. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    const backoff = new Backoff(HANDLER_RETRY);
    while (!signal.aborted) {
      try {
        await this.#follow(signal, () => {
          backoff.reset();
        });
      } catch (error) {
        this.handler.failed?.(error);
        await backoff.wait(signal);
      }
    }
  }

  async #follow(signal: AbortSignal, progressed: () => void): Promise<void> {
    let next = await this.handler.position(this.topic, this.partition);
    while (!signal.aborted) {
      const batch = await this.source.fetch(next);
      const last = batch?.records.at(-1);
      if (!batch || !last) {
        await this.source.more(signal);
        continue;
      }
      if (this.#stop.signal.aborted) return; // fetched before the stop, and not begun
      await this.handler.handle(batch);
      next = last.offset + 1n;
      progressed();
    }
  }
}

/** A position that the partition does not have (any more): the topic was made anew or cut, and a person has to look. */
export function positionUnreadable(topic: string, partition: number, position: bigint): PlatformError {
  return new PlatformError(
    'eventlog.position-unreadable',
    `${topic} partition ${partition} has no record at offset ${position}, where reading should go on. Was the topic made anew?`,
    false,
  );
}
