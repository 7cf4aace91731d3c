import type { Log, LogRecord, LogWriter, PartitionRange } from '../log.js';
import type { Logger } from '../logger.js';
import { partitionOf } from '../partitioner.js';
import { fromKeyRecord, sealedTopicOf, toKeyRecord } from './key-record.js';
import type { StoredKey } from './key-store.js';

/**
 * Longest reading of the topic in one go. Where the last records of a partition have been compacted away, its end is not reached before
 * there is another one.
 */
const READ_MS = 30_000;

interface Waiting {
  readonly keys: readonly StoredKey[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** The topic of keys, for one process. */
export class KeyTopic {
  #writer: LogWriter | undefined;
  #waiting: Waiting[] = [];
  #publishing: Promise<void> | undefined;

  constructor(
    private readonly log: Log,
    readonly name: string,
    readonly partitions: number,
    private readonly logger: Logger,
  ) {}

  async check(): Promise<void> {
    await this.log.check([this.name], this.partitions, 'compacted');
  }

  /** Names the topic as it was made: what was read of another one says nothing of this one. */
  async identity(): Promise<string> {
    return await this.log.identity(this.name);
  }

  /** Resolves once the keys are on the topic. What is asked for while something is being published goes together. */
  async publish(keys: readonly StoredKey[]): Promise<void> {
    if (keys.length === 0) return;
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    this.#waiting.push({ keys, resolve: () => resolve(undefined), reject });
    this.#publishing ??= this.#publishAll();
    await promise;
  }

  /**
   * Reads what has come since some positions, by partition.
   * @param topics whose keys are wanted; those of others are passed over
   * @param handle gets the keys of a batch, and where to go on behind it
   * @returns false where the topic ends before a position: it has lost what was read
   */
  async read(
    positions: ReadonlyMap<number, bigint>,
    topics: ReadonlySet<string>,
    handle: (keys: readonly StoredKey[], reached: ReadonlyMap<number, bigint>) => Promise<void>,
    signal: AbortSignal,
  ): Promise<boolean> {
    const ranges: PartitionRange[] = [];
    for (const [partition, { begin, end }] of (await this.log.ends(this.name)).entries()) {
      const position = positions.get(partition) ?? 0n;
      if (position > end) return false;
      const from = position > begin ? position : begin;
      if (from < end) ranges.push({ topic: this.name, partition, from, to: end });
    }
    if (ranges.length === 0) return true;
    const late = AbortSignal.timeout(READ_MS);
    try {
      await this.log.read(
        ranges,
        async ({ partition, records }) => {
          const keys = records.flatMap((record) => {
            if (!topics.has(sealedTopicOf(record))) return [];
            const key = fromKeyRecord(record);
            if (!key) this.logger.error('a record of the topic of keys says no key', { partition });
            return key ?? [];
          });
          const last = records.at(-1);
          if (last) await handle(keys, new Map([[partition, last.offset + 1n]]));
        },
        AbortSignal.any([signal, late]),
      );
    } catch (error) {
      if (!late.aborted) throw error;
    }
    return true;
  }

  async close(): Promise<void> {
    await this.#publishing;
    await this.#writer?.close();
    this.#writer = undefined;
  }

  async #publishAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const waiting = this.#waiting;
      this.#waiting = [];
      try {
        await this.#write(waiting.flatMap(({ keys }) => keys));
        for (const { resolve } of waiting) resolve();
      } catch (error) {
        for (const { reject } of waiting) reject(error);
      }
    }
    // Together with having seen that nobody waits: whoever comes next must not leave it to somebody who has finished.
    this.#publishing = undefined;
  }

  async #write(keys: readonly StoredKey[]): Promise<void> {
    const batches = new Map<number, LogRecord[]>();
    for (const key of keys) {
      const record = toKeyRecord(key, Date.now());
      const partition = partitionOf(record.key, this.partitions);
      const batch = batches.get(partition);
      if (batch) batch.push(record);
      else batches.set(partition, [record]);
    }
    this.#writer ??= await this.log.writer();
    try {
      await this.#writer.publish(this.name, batches);
    } catch (error) {
      await this.#writer.close().catch(() => undefined);
      this.#writer = undefined;
      throw error;
    }
  }
}
