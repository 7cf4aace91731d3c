import type {
  Log,
  LogRecord,
  PartitionEnds,
  PartitionRange,
  ReceivedRecord,
  RecordBatch,
  SubscriptionHandler,
} from '../log.js';
import { DecodedRecord } from '../received-record.js';

/** Records of a batch that is read; few, so that a stream's events come in several. */
const READ_RECORDS = 3;

/** A log that is written beforehand, and whose batches a test cuts and hands over itself. */
export class ScriptedLog implements Log {
  readonly system = 'samspill-script';
  readonly #partitions = new Map<string, readonly ReceivedRecord[]>();
  #subscribed: { readonly handler: SubscriptionHandler; readonly next: Map<string, bigint> } | undefined;

  /** @param records by topic and partition */
  constructor(records: ReadonlyMap<string, readonly (readonly LogRecord[])[]>) {
    for (const [topic, partitions] of records) {
      for (const [partition, content] of partitions.entries()) {
        this.#partitions.set(
          `${topic}/${partition}`,
          content.map((record, offset) => new DecodedRecord(record, BigInt(offset))),
        );
      }
    }
  }

  ends(topic: string): Promise<readonly PartitionEnds[]> {
    const partitions = [...this.#partitions].filter(([name]) => name.startsWith(`${topic}/`));
    return Promise.resolve(
      partitions.map(([name, records]) => ({
        begin: 0n,
        end: BigInt(records.length),
        identity: records.length > 0 ? name : undefined,
      })),
    );
  }

  identity(topic: string): Promise<string> {
    return Promise.resolve(topic);
  }

  async read(
    ranges: readonly PartitionRange[],
    handle: (batch: RecordBatch) => Promise<void>,
  ): Promise<void> {
    for (const { topic, partition, from, to } of ranges) {
      for (let at = Number(from); at < Number(to); at += READ_RECORDS)
        await handle(this.#batch(topic, partition, at, Math.min(at + READ_RECORDS, Number(to))));
    }
  }

  subscribe(
    _group: string,
    _topics: readonly string[],
    handler: SubscriptionHandler,
  ): ReturnType<Log['subscribe']> {
    this.#subscribed = { handler, next: new Map() };
    return Promise.resolve({ stop: () => Promise.resolve() });
  }

  /** Hands the newest subscription up to `count` records from where it stands; false where there are none. */
  async hand(topic: string, partition: number, count: number): Promise<boolean> {
    if (!this.#subscribed) throw new Error('nobody has subscribed');
    const { handler, next } = this.#subscribed;
    const place = `${topic}/${partition}`;
    const from = Number(next.get(place) ?? (await handler.position(topic, partition)));
    const batch = this.#batch(topic, partition, from, from + count);
    if (batch.records.length === 0) return false;
    await handler.handle(batch);
    next.set(place, BigInt(from + batch.records.length));
    return true;
  }

  check(): Promise<void> {
    return Promise.resolve();
  }

  describe(): ReturnType<Log['describe']> {
    return Promise.resolve(new Map());
  }

  create(): Promise<void> {
    return Promise.resolve();
  }

  writer(): never {
    throw new Error('this log is written');
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #batch(topic: string, partition: number, from: number, to: number): RecordBatch {
    const all = this.#partitions.get(`${topic}/${partition}`) ?? [];
    return { topic, partition, records: all.slice(from, to), highWatermark: BigInt(all.length) };
  }
}
