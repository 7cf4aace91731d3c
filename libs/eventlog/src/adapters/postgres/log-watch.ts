import type { Logger } from '../../logger.js';
import { pause } from '../../retry.js';
import { placeName, type LogTopics } from './log-topics.js';

/** How late records written by another process are noticed at most; those of this process are noticed at once. */
const POLL_MS = 100;

/** Watches of this process by cluster: a writer tells all of them, whichever client it belongs to. */
const watches = new Map<string, Set<LogWatch>>();

interface Waiter {
  readonly topicId: number;
  readonly place: string;
  readonly from: bigint;
  readonly resolve: () => void;
}

/** Waits for partitions to grow: one question for all who wait, asked only while somebody does. */
export class LogWatch {
  readonly #waiters = new Set<Waiter>();
  readonly #ends = new Map<string, bigint>();
  #polling: Promise<void> | undefined;
  readonly #closed = new AbortController();

  constructor(
    private readonly clusterId: string,
    private readonly topics: LogTopics,
    private readonly logger: Logger,
  ) {
    const others = watches.get(clusterId) ?? new Set();
    watches.set(clusterId, others.add(this));
  }

  /** Tells everybody in this process what has been written. */
  static grown(clusterId: string, topicId: number, ends: ReadonlyMap<number, bigint>): void {
    for (const watch of watches.get(clusterId) ?? []) {
      for (const [partition, end] of ends) watch.#see(placeName(topicId, partition), end);
    }
  }

  /** Resolves when the partition has a record at `from`, or when the signal is aborted. */
  async past(topicId: number, partition: number, from: bigint, signal: AbortSignal): Promise<void> {
    const place = placeName(topicId, partition);
    if (signal.aborted || this.#closed.signal.aborted || (this.#ends.get(place) ?? 0n) > from) return;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const waiter: Waiter = {
      topicId,
      place,
      from,
      resolve: () => {
        resolve(undefined);
      },
    };
    this.#waiters.add(waiter);
    signal.addEventListener('abort', waiter.resolve, { once: true });
    this.#polling ??= this.#poll();
    await promise;
    this.#waiters.delete(waiter);
    signal.removeEventListener('abort', waiter.resolve);
  }

  async close(): Promise<void> {
    this.#closed.abort();
    watches.get(this.clusterId)?.delete(this);
    for (const waiter of this.#waiters) waiter.resolve();
    await this.#polling;
  }

  async #poll(): Promise<void> {
    const { signal } = this.#closed;
    while (!signal.aborted && this.#waiters.size > 0) {
      await pause(POLL_MS, signal);
      const topicIds = [...new Set([...this.#waiters].map(({ topicId }) => topicId))];
      if (topicIds.length === 0) break;
      try {
        for (const [place, end] of await this.topics.ends(topicIds)) this.#see(place, end);
      } catch (error) {
        this.logger.debug('the ends of the log could not be read', { reason: String(error) });
        for (const waiter of this.#waiters) waiter.resolve(); // they meet the failure themselves, and tell it
      }
    }
    this.#polling = undefined;
  }

  #see(place: string, end: bigint): void {
    if ((this.#ends.get(place) ?? 0n) < end) this.#ends.set(place, end);
    for (const waiter of this.#waiters) {
      if (waiter.place === place && waiter.from < end) waiter.resolve();
    }
  }
}
