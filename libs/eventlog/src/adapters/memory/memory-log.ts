import { PlatformError } from '@samspill/kernel';
import type {
  Keeping,
  Log,
  LogRecord,
  LogWriter,
  PartitionEnds,
  PartitionRange,
  RecordBatch,
  Subscription,
  SubscriptionHandler,
  TopicDescription,
} from '../../log.js';
import { MAX_RECORD_BYTES, recordBytes, recordTooLarge } from '../../record-size.js';
import { PartitionFeed, positionUnreadable } from '../partition-feed.js';
import { keptByNature, topicReplaced, topicsAsDeclared } from '../topic-faults.js';
import { WriterGuard } from '../writer-guard.js';
import { Faults } from './faults.js';
import type { GroupMember, MemoryCluster } from './memory-cluster.js';

/** One process's client of a log in memory. */
export class MemoryLog implements Log {
  readonly system = 'samspill-memory';
  readonly #subscriptions = new Set<Subscription>();
  readonly #closed = new AbortController();

  constructor(
    private readonly cluster: MemoryCluster,
    private readonly faults = new Faults(),
  ) {}

  async check(topics: readonly string[], partitions: number, keeping?: Keeping): Promise<void> {
    topicsAsDeclared(topics, await this.describe(topics, keeping), partitions);
  }

  async describe(
    topics: readonly string[],
    keeping: Keeping = 'for-ever',
  ): Promise<ReadonlyMap<string, TopicDescription>> {
    await this.#alive();
    return new Map(
      topics.flatMap((topic) => {
        const partitions = this.cluster.partitions(topic);
        if (partitions === undefined) return [];
        return [[topic, keptByNature(topic, partitions, this.cluster.keeping(topic), keeping)] as const];
      }),
    );
  }

  async create(topics: readonly string[], partitions: number, keeping?: Keeping): Promise<void> {
    await this.#alive();
    for (const topic of topics) this.cluster.create(topic, partitions, keeping);
  }

  async ends(topic: string): Promise<readonly PartitionEnds[]> {
    await this.#alive();
    return this.cluster.ends(topic);
  }

  async identity(topic: string): Promise<string> {
    await this.#alive();
    return this.cluster.identity(topic);
  }

  async writer(): Promise<LogWriter> {
    await this.#alive();
    return new MemoryWriter(this.cluster, this.faults);
  }

  async read(
    ranges: readonly PartitionRange[],
    handle: (batch: RecordBatch) => Promise<void>,
    signal?: AbortSignal,
  ): Promise<void> {
    const either = AbortSignal.any([this.#closed.signal, ...(signal ? [signal] : [])]);
    let open = ranges.map((range) => ({ ...range, next: range.from }));
    for (;;) {
      for (const range of open) {
        while (range.next < range.to) {
          either.throwIfAborted();
          await this.faults.pass('fetch');
          const batch = this.#fetch(range.topic, range.partition, range.next);
          if (!batch) break;
          const records = batch.records.filter(({ offset }) => offset < range.to);
          const last = records.at(-1);
          // What comes is behind the range: the rest of it was compacted away.
          range.next = last ? last.offset + 1n : range.to;
          if (last) await handle({ ...batch, records });
        }
      }
      open = open.filter(({ next, to }) => next < to);
      if (open.length === 0) return;
      // What has come since a range was looked at must not be waited for.
      const isStill = open.every(
        ({ topic, partition, next }) => this.#fetch(topic, partition, next) === undefined,
      );
      if (isStill) await this.cluster.changed(either);
      either.throwIfAborted();
    }
  }

  async subscribe(
    group: string,
    topics: readonly string[],
    handler: SubscriptionHandler,
  ): Promise<Subscription> {
    await this.#alive();
    this.faults.assertAlive(); // it may have died on the way back here, and nobody would take it out of the group again
    const subscription = new MemorySubscription(
      this.cluster,
      this.faults,
      group,
      topics,
      handler,
      async (...place) => {
        await this.faults.pass('fetch');
        return this.#fetch(...place);
      },
    );
    this.#subscriptions.add(subscription);
    return subscription;
  }

  async close(): Promise<void> {
    this.#closed.abort(new PlatformError('eventlog.closed', 'The log has been closed.', false));
    await Promise.all([...this.#subscriptions].map((subscription) => subscription.stop()));
  }

  #fetch(topic: string, partition: number, from: bigint): RecordBatch | undefined {
    try {
      return this.cluster.fetch(topic, partition, from);
    } catch (error) {
      throw error instanceof RangeError ? positionUnreadable(topic, partition, from) : error;
    }
  }

  async #alive(): Promise<void> {
    await Promise.resolve();
    this.faults.assertAlive();
  }
}

class MemoryWriter implements LogWriter {
  readonly #guard = new WriterGuard();

  constructor(
    private readonly cluster: MemoryCluster,
    private readonly faults: Faults,
  ) {}

  async publish(
    topic: string,
    batches: ReadonlyMap<number, readonly LogRecord[]>,
    identity?: string,
  ): Promise<ReadonlyMap<number, bigint>> {
    for (const record of [...batches.values()].flat()) {
      const bytes = recordBytes(record);
      if (bytes > MAX_RECORD_BYTES) throw recordTooLarge(topic, record, bytes);
    }
    return await this.#guard.publishing(() => {
      if (identity !== undefined && identity !== this.cluster.identity(topic)) throw topicReplaced(topic);
      return this.#write(topic, batches);
    });
  }

  async close(): Promise<void> {
    await Promise.resolve();
    this.#guard.close();
  }

  async #write(
    topic: string,
    batches: ReadonlyMap<number, readonly LogRecord[]>,
  ): Promise<Map<number, bigint>> {
    await this.faults.pass('publish.before');
    const offsets = new Map<number, bigint>();
    const times = (await this.faults.pass('publish.repeat')) ? 2 : 1;
    for (const [partition, records] of batches) {
      if (offsets.size > 0) await this.faults.pass('publish.between');
      for (let time = 0; time < times; time += 1)
        offsets.set(partition, this.cluster.append(topic, partition, records));
    }
    await this.faults.pass('publish.after');
    return offsets;
  }
}

type Fetch = (topic: string, partition: number, from: bigint) => Promise<RecordBatch | undefined>;

class MemorySubscription implements Subscription, GroupMember {
  readonly #feeds = new Map<string, PartitionFeed>();
  /** Feeds whose partition has been taken away, until their last batch is handled. */
  readonly #ending = new Set<Promise<void>>();
  readonly #forget: () => void;

  constructor(
    private readonly cluster: MemoryCluster,
    faults: Faults,
    private readonly group: string,
    readonly topics: readonly string[],
    private readonly handler: SubscriptionHandler,
    private readonly fetch: Fetch,
  ) {
    this.#forget = faults.onCrash(() => void this.stop());
    cluster.join(group, this);
  }

  share(partitions: readonly { readonly topic: string; readonly partition: number }[]): void {
    const wanted = new Map(partitions.map((place) => [`${place.topic}/${place.partition}`, place]));
    for (const [name, feed] of this.#feeds) {
      if (wanted.has(name)) continue;
      this.#feeds.delete(name);
      this.#end(feed);
    }
    for (const [name, { topic, partition }] of wanted) {
      if (this.#feeds.has(name)) continue;
      let next = 0n;
      const source = {
        fetch: (from: bigint) => {
          next = from;
          return this.fetch(topic, partition, from);
        },
        // What came between the fetch and now must not be waited for.
        more: (signal: AbortSignal) => this.cluster.grown(topic, partition, next, signal),
      };
      const feed = new PartitionFeed(topic, partition, source, this.handler);
      this.#feeds.set(name, feed);
      feed.start();
    }
  }

  async stop(): Promise<void> {
    this.#forget();
    this.cluster.leave(this.group, this);
    for (const feed of this.#feeds.values()) this.#end(feed);
    this.#feeds.clear();
    await Promise.all(this.#ending);
  }

  #end(feed: PartitionFeed): void {
    const ended = feed.stop().finally(() => this.#ending.delete(ended));
    this.#ending.add(ended);
  }
}
