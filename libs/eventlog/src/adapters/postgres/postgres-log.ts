import type pg from 'pg';
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
import type { Logger } from '../../logger.js';
import { MAX_RECORD_BYTES, recordBytes, recordTooLarge } from '../../record-size.js';
import { positionUnreadable, type PartitionSource } from '../partition-feed.js';
import { keptByNature, topicReplaced, topicsAsDeclared } from '../topic-faults.js';
import { WriterGuard } from '../writer-guard.js';
import { Database } from './database.js';
import { fetchEnds, fetchRecords, fetchTopicIdentity, writeRecords } from './log-records.js';
import { makeLogSchema } from './log-schema.js';
import type { Place } from './log-share.js';
import { PostgresLogSubscription } from './log-subscription.js';
import { LogTopics } from './log-topics.js';
import { LogWatch } from './log-watch.js';

/** Connections for reading and writing; each subscription has one more. */
const MAX_CONNECTIONS = 6;
const MAX_OFFSET = 2n ** 63n - 1n;

export interface PostgresLogOptions {
  /** The log's own database, which must exist; its tables are made. */
  readonly url: string;
  readonly ssl?: pg.PoolConfig['ssl'];
  readonly logger: Logger;
}

/** The log in a Postgres database of its own: the embedded default. */
export class PostgresLog implements Log {
  readonly system = 'samspill-postgres';
  readonly #topics: LogTopics;
  readonly #watch: LogWatch;
  readonly #subscriptions = new Set<PostgresLogSubscription>();
  readonly #closed = new AbortController();

  private constructor(
    private readonly database: Database,
    private readonly clusterId: string,
    private readonly logger: Logger,
  ) {
    this.#topics = new LogTopics(database);
    this.#watch = new LogWatch(clusterId, this.#topics, logger);
  }

  /** Opens the log and makes its tables where they are missing. @throws PlatformError `eventlog.database-unreachable` */
  static async open(options: PostgresLogOptions): Promise<PostgresLog> {
    const database = new Database({
      ...options,
      applicationName: 'samspill log',
      maxConnections: MAX_CONNECTIONS,
    });
    try {
      const clusterId = await database.transaction(async (client) => {
        await makeLogSchema(client);
        const { rows } = await client.query<{ id: string }>('SELECT id FROM log.cluster');
        return rows[0]?.id ?? '';
      });
      return new PostgresLog(database, clusterId, options.logger);
    } catch (error) {
      await database.close();
      throw error;
    }
  }

  async check(topics: readonly string[], partitions: number, keeping?: Keeping): Promise<void> {
    topicsAsDeclared(topics, await this.describe(topics, keeping), partitions);
  }

  async describe(
    topics: readonly string[],
    wanted: Keeping = 'for-ever',
  ): Promise<ReadonlyMap<string, TopicDescription>> {
    const found = await this.#topics.find(topics);
    return new Map(
      [...found].map(([name, { partitions, keeping }]) => [
        name,
        keptByNature(name, partitions, keeping, wanted),
      ]),
    );
  }

  async create(topics: readonly string[], partitions: number, keeping?: Keeping): Promise<void> {
    await this.#topics.create(topics, partitions, keeping);
  }

  async ends(topic: string): Promise<readonly PartitionEnds[]> {
    await this.#topics.get(topic);
    return await fetchEnds(this.database, topic);
  }

  async identity(topic: string): Promise<string> {
    return await fetchTopicIdentity(this.database, topic);
  }

  async writer(): Promise<LogWriter> {
    await this.database.withClient(() => Promise.resolve());
    return new PostgresLogWriter(this.database, this.#topics, this.clusterId);
  }

  async read(
    ranges: readonly PartitionRange[],
    handle: (batch: RecordBatch) => Promise<void>,
    signal?: AbortSignal,
  ): Promise<void> {
    const either = AbortSignal.any([this.#closed.signal, ...(signal ? [signal] : [])]);
    let open = ranges.filter(({ from, to }) => from < to);
    while (open.length > 0) {
      const left: PartitionRange[] = [];
      for (const range of open) {
        const end = (await this.ends(range.topic))[range.partition]?.end ?? 0n;
        const from = await this.#readRange(range, handle, either);
        // What the partition had before and does not have now was compacted away: nothing is to be waited for.
        if (from < range.to && end < range.to) left.push({ ...range, from });
      }
      if (left.length > 0) await this.#grown(left, either);
      either.throwIfAborted();
      open = left;
    }
  }

  subscribe(group: string, topics: readonly string[], handler: SubscriptionHandler): Promise<Subscription> {
    const source = (place: Place): PartitionSource => this.#source(place);
    const subscription = new PostgresLogSubscription(
      this.database,
      this.#topics,
      group,
      topics,
      handler,
      source,
      this.logger,
    );
    this.#subscriptions.add(subscription);
    subscription.start();
    return Promise.resolve({
      stop: async () => {
        await subscription.stop();
        this.#subscriptions.delete(subscription);
      },
    });
  }

  async close(): Promise<void> {
    if (this.#closed.signal.aborted) return;
    this.#closed.abort(new PlatformError('eventlog.closed', 'The log has been closed.', false));
    await Promise.all([...this.#subscriptions].map((subscription) => subscription.stop()));
    await this.#watch.close();
    await this.database.close();
  }

  /** Resolves when one of these partitions has more than it had, or the signal is aborted. */
  async #grown(ranges: readonly PartitionRange[], signal: AbortSignal): Promise<void> {
    const enough = new AbortController();
    const either = AbortSignal.any([signal, enough.signal]);
    const waiting = ranges.map(async ({ topic, partition, from }) => {
      const { id } = await this.#topics.get(topic);
      await this.#watch.past(id, partition, from, either);
    });
    await Promise.race(waiting);
    enough.abort();
    await Promise.all(waiting);
  }

  /**
   * Reads a range as far as there is anything, the next chunk on its way while one is handled.
   * @returns where it goes on
   */
  async #readRange(
    { topic, partition, from, to }: PartitionRange,
    handle: (batch: RecordBatch) => Promise<void>,
    signal: AbortSignal,
  ): Promise<bigint> {
    const place = { topicId: (await this.#topics.get(topic)).id, topic, partition };
    let next = from;
    const fetch = (): Promise<RecordBatch | undefined> => {
      const fetching = next < to ? fetchRecords(this.database, place, next, to) : Promise.resolve(undefined);
      fetching.catch(() => undefined); // met when it is awaited, or of no interest any more
      return fetching;
    };
    let ahead = fetch();
    while (next < to) {
      signal.throwIfAborted();
      const batch = await ahead;
      if (!batch) break;
      next = (batch.records.at(-1)?.offset ?? next) + 1n;
      ahead = fetch();
      await handle(batch);
    }
    return next;
  }

  #source(place: Place): PartitionSource {
    let end = 0n;
    return {
      fetch: async (from) => {
        end = from;
        const batch = await fetchRecords(this.database, place, from, MAX_OFFSET);
        if (batch) return batch;
        const actual = (await this.ends(place.topic))[place.partition]?.end ?? 0n;
        if (from > actual) throw positionUnreadable(place.topic, place.partition, from);
        return undefined;
      },
      more: (signal) => this.#watch.past(place.topicId, place.partition, end, signal),
    };
  }
}

class PostgresLogWriter implements LogWriter {
  readonly #guard = new WriterGuard();

  constructor(
    private readonly database: Database,
    private readonly topics: LogTopics,
    private readonly clusterId: string,
  ) {}

  async publish(
    topic: string,
    batches: ReadonlyMap<number, readonly LogRecord[]>,
    identity?: string,
  ): Promise<ReadonlyMap<number, bigint>> {
    for (const records of batches.values()) {
      for (const record of records) {
        const bytes = recordBytes(record);
        if (bytes > MAX_RECORD_BYTES) throw recordTooLarge(topic, record, bytes);
      }
    }
    return await this.#guard.publishing(async () => {
      const found = await this.topics.get(topic);
      const { id, partitions } = found;
      const stray = [...batches.keys()].find((partition) => partition < 0 || partition >= partitions);
      if (stray !== undefined) throw new RangeError(`${topic} has no partition ${stray}`);
      if (identity !== undefined && identity !== (await fetchTopicIdentity(this.database, topic)))
        throw topicReplaced(topic);
      const offsets = await writeRecords(this.database, found, batches);
      const ends = new Map(
        [...offsets].map(([partition, base]) => [
          partition,
          base + BigInt(batches.get(partition)?.length ?? 0),
        ]),
      );
      LogWatch.grown(this.clusterId, id, ends);
      return offsets;
    });
  }

  async close(): Promise<void> {
    this.#guard.close();
    await Promise.resolve();
  }
}
