import { randomUUID } from 'node:crypto';
import type { Cluster, Consumer, Kafka, KafkaMessage } from 'kafkajs';

/** Longest wait of a fetch at the end of a partition. */
const MAX_WAIT_MS = 500;
/** Larger fetches are no faster, and decoding one keeps the event loop busy for as long as it takes. */
const FETCH_BYTES = 4 * 1024 * 1024;
const FETCH_BYTES_PER_PARTITION = 1024 * 1024;
const READ_COMMITTED = 1;

export interface FetchPosition {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
}

export interface FetchedPartition {
  readonly topic: string;
  readonly partition: number;
  readonly highWatermark: bigint;
  /** From the start of the stored batch that holds the offset asked for: some may lie before it. */
  readonly messages: readonly KafkaMessage[];
}

/**
 * Fetches from chosen offsets without a consumer group. kafkajs has no manual assignment, but it hands its cluster to partition
 * assigners, and a cluster's brokers can be asked directly: no group to join (which takes seconds where the broker delays the
 * first rebalance), to lose or to delete.
 */
export class KafkaCluster {
  private constructor(
    private readonly owner: Consumer,
    private readonly cluster: Cluster,
  ) {}

  static async connect(kafka: Kafka, topics: readonly string[]): Promise<KafkaCluster> {
    let handed: Cluster | undefined;
    const owner = kafka.consumer({
      groupId: `samspill.unused.${randomUUID()}`,
      allowAutoTopicCreation: false,
      partitionAssigners: [
        ({ cluster }) => {
          handed = cluster;
          return NEVER_JOINS;
        },
      ],
    });
    if (!handed) throw new Error('kafkajs no longer hands its cluster to partition assigners');
    const cluster = new KafkaCluster(owner, handed);
    try {
      await owner.connect();
      await handed.addMultipleTargetTopics([...topics]);
    } catch (error) {
      await cluster.close();
      throw error;
    }
    return cluster;
  }

  /** One fetch from each leader, at once. Waits a while where nothing is there yet. */
  async fetch(positions: readonly FetchPosition[]): Promise<readonly FetchedPartition[]> {
    const byLeader = Map.groupBy(positions, ({ topic, partition }) => this.#leader(topic, partition));
    const fetched = await Promise.all(
      [...byLeader].map(async ([nodeId, wanted]) => {
        const broker = await this.cluster.findBroker({ nodeId });
        const answer: unknown = await broker.fetch({
          maxWaitTime: MAX_WAIT_MS,
          minBytes: 1,
          maxBytes: FETCH_BYTES,
          isolationLevel: READ_COMMITTED,
          topics: [...Map.groupBy(wanted, ({ topic }) => topic)].map(([topic, partitions]) => ({
            topic,
            partitions: partitions.map(({ partition, offset }) => ({
              partition,
              fetchOffset: offset.toString(),
              maxBytes: FETCH_BYTES_PER_PARTITION,
            })),
          })),
        });
        return decodeFetch(answer);
      }),
    );
    return fetched.flat();
  }

  async close(): Promise<void> {
    await this.owner.disconnect().catch(() => undefined);
  }

  #leader(topic: string, partition: number): string {
    const [leader] = Object.keys(this.cluster.findLeaderForPartitions(topic, [partition]));
    if (leader === undefined) throw new RangeError(`${topic} has no partition ${partition}`);
    return leader;
  }
}

const NEVER_JOINS = {
  name: 'samspill-unused',
  version: 1,
  assign: () => Promise.reject(new Error('this client joins no group')),
  protocol: () => ({ name: 'samspill-unused', metadata: Buffer.alloc(0) }),
};

/** kafkajs's answer to a fetch, whose type it does not publish (`src/protocol/requests/fetch/v11/response.js`). */
interface FetchAnswer {
  readonly responses: readonly {
    readonly topicName: string;
    readonly partitions: readonly {
      readonly partition: number;
      readonly highWatermark: string;
      readonly messages: readonly KafkaMessage[];
    }[];
  }[];
}

function decodeFetch(answer: unknown): readonly FetchedPartition[] {
  const { responses } = answer as FetchAnswer;
  return responses.flatMap(({ topicName, partitions }) =>
    partitions.map(({ partition, highWatermark, messages }) => ({
      topic: topicName,
      partition,
      highWatermark: BigInt(highWatermark),
      messages,
    })),
  );
}
