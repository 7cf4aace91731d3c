/** A record as it is written to a topic: CloudEvents in Kafka's binary mode. */
export interface LogRecord {
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: Buffer;
  /** Milliseconds since 1970. */
  readonly timestampMs: number;
}

/**
 * A record as it comes from a topic. Each part is made of the record's bytes when somebody asks for it, and again each time: of most
 * records a rebuild needs two or three headers. Ask once and keep the answer.
 */
export interface ReceivedRecord extends LogRecord {
  readonly offset: bigint;
  /** The first header of this name, or undefined. Names of ours are ASCII. */
  header(name: string): string | undefined;
  /** A part of what was fetched. */
  readonly value: Buffer;
  /** The same record in memory of its own: who keeps few of many for long must not keep all that was fetched with them. */
  detached(): ReceivedRecord;
}

/** Consecutive records of one partition. */
export interface RecordBatch {
  readonly topic: string;
  readonly partition: number;
  readonly records: readonly ReceivedRecord[];
  /** Offset after the last record that the partition held when this batch was fetched: lag is `highWatermark - next`. */
  readonly highWatermark: bigint;
}

export interface PartitionRange {
  readonly topic: string;
  readonly partition: number;
  /** Inclusive. */
  readonly from: bigint;
  /** Exclusive. */
  readonly to: bigint;
}

export interface PartitionEnds {
  /** First offset that is still there; 0 on a topic that is kept for ever. */
  readonly begin: bigint;
  /** Offset that the next record will get. */
  readonly end: bigint;
  /**
   * Names this partition's log: the cluster and the first record. Undefined while it is empty. Changes when a topic is made anew. Says
   * nothing of a compacted topic, whose first record may go: see {@link Log.identity}.
   */
  readonly identity: string | undefined;
}

export interface TopicDescription {
  readonly partitions: number;
  /** Replicas of the partition that has the fewest; undefined where the log has no notion of them. */
  readonly replicas: number | undefined;
  /** What the broker says about keeping records; empty where it does not tell, or always keeps them. */
  readonly settings: Readonly<Record<string, string>>;
  /** Settings by which records would not be kept for ever, as sentences without a full stop. */
  readonly faults: readonly string[];
}

/**
 * How a topic's records are kept: all of them for ever; or of each record key the last one for ever, and those before it until the log
 * tidies up.
 */
export type Keeping = 'for-ever' | 'compacted';

/** The publisher of one process. One call at a time; after a failure it must be closed and a new one made. */
export interface LogWriter {
  /**
   * Publishes records to a topic, each to its partition, in order within a partition. Resolves once all are durable, with the
   * offset of the first of each partition. When it fails, any part may have been written: publish again from the first.
   * @param identity which topic they are for, by {@link Log.identity}: before each try it is looked whether that is still the one
   * @throws PlatformError `eventlog.topic-replaced` where it is not, and `eventlog.topic-missing`
   */
  publish(
    topic: string,
    batches: ReadonlyMap<number, readonly LogRecord[]>,
    identity?: string,
  ): Promise<ReadonlyMap<number, bigint>>;
  close(): Promise<void>;
}

export interface SubscriptionHandler {
  /** Where to read on in a partition just given to this process, and again after `Reseek`. */
  position(topic: string, partition: number): Promise<bigint>;
  /** Handles a batch; the next one of the partition comes when it has resolved. A failure is retried from `position`. */
  handle(batch: RecordBatch): Promise<void>;
  /** Tells of a failure that is being retried. */
  failed?(error: unknown): void;
}

export interface Subscription {
  /** Stops fetching, lets the batch under way finish, leaves the group. */
  stop(): Promise<void>;
}

/** The topics, for one process. Implementations: Kafka, Postgres, memory; one conformance suite holds for all. */
export interface Log {
  /** What it is, as `messaging.system` of OpenTelemetry's semantic conventions: `kafka`, else a name of our own. */
  readonly system: string;
  /** @throws PlatformError `eventlog.topic-missing` / `eventlog.topic-drifted` naming every topic that is not as declared. */
  check(topics: readonly string[], partitions: number, keeping?: Keeping): Promise<void>;
  /** How those of the topics that exist are kept, and what of it is not as every topic must be. */
  describe(topics: readonly string[], keeping?: Keeping): Promise<ReadonlyMap<string, TopicDescription>>;
  /** Makes topics that do not exist. Never alters one that does. */
  create(topics: readonly string[], partitions: number, keeping?: Keeping): Promise<void>;
  /** In the order of the partitions, and of no earlier time than the call. @throws PlatformError `eventlog.topic-missing` */
  ends(topic: string): Promise<readonly PartitionEnds[]>;
  /**
   * Names a topic as it was made: another name once it was removed and made anew, whatever is in it now.
   * @throws PlatformError `eventlog.topic-missing`
   */
  identity(topic: string): Promise<string>;
  /** A writer able to publish now. */
  writer(): Promise<LogWriter>;
  /**
   * Reads ranges once and resolves when all of them are read; batches come one at a time, those of one partition in order. There may be
   * several ranges of a partition, in ascending order. What a range asks for beyond the end is waited for, and does not hold up other partitions. A
   * compacted topic has holes.
   */
  read(
    ranges: readonly PartitionRange[],
    handle: (batch: RecordBatch) => Promise<void>,
    signal?: AbortSignal,
  ): Promise<void>;
  /** Shares the partitions of the topics among all processes of the group and hands over their records as they come. */
  subscribe(group: string, topics: readonly string[], handler: SubscriptionHandler): Promise<Subscription>;
  close(): Promise<void>;
}
