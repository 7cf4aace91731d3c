import { randomUUID } from 'node:crypto';
import type { Broker, Cluster, Consumer, Kafka } from 'kafkajs';
import { createErrorFromCode } from 'kafkajs/src/protocol/error.js';
import fetchRequest from 'kafkajs/src/protocol/requests/fetch/v11/request.js';
import { decodeFetchAnswer, type FetchAnswer, type PartitionAnswer } from './replay/fetch-answer.js';
import { decodeTopicId, topicIdRequest, type KafkaRequest } from './topic-id.js';

/** Longest wait of a fetch at the end of a partition. */
const MAX_WAIT_MS = 500;
/** A broker that keeps a connection but does not answer. */
const ANSWER_WITHIN_MS = 15_000;
/** All brokers together send about so much at once. Larger fetches are no faster, and this much is held twice (read ahead). */
const FETCH_BYTES = 4 * 1024 * 1024;
/** Of one partition, so that several come with each fetch; of the only one that is left, all. The default `max.message.bytes`. */
const FETCH_BYTES_PER_PARTITION = 1024 * 1024;
const NO_REPLICA = -1;
const READ_COMMITTED = 1;

export interface FetchPosition {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/** A broker could not give what was asked for of a partition; `type` is Kafka's name of the reason. */
export class PartitionFetchError extends Error {
  override readonly name = 'PartitionFetchError';
  constructor(
    readonly topic: string,
    readonly partition: number,
    readonly type: string,
    reason: string,
  ) {
    super(`${topic} partition ${partition}: ${reason}`);
  }
}

/**
 * Fetches from chosen offsets without a consumer group, and gives the records as the broker has them. kafkajs has no manual
 * assignment, but it hands its cluster to partition assigners: brokers, leaders, TLS and SASL are its own, only what is in an answer is
 * ours to decode. No group to join (which takes seconds where the broker delays the first rebalance), to lose or to delete.
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

  /**
   * One fetch from each leader, at once. Waits a while where nothing is there yet.
   * @throws PartitionFetchError for the first partition that could not be fetched
   */
  async fetch(positions: readonly FetchPosition[]): Promise<readonly PartitionAnswer[]> {
    const byLeader = Map.groupBy(positions, ({ topic, partition }) => this.#leader(topic, partition));
    const maxBytes = Math.max(FETCH_BYTES_PER_PARTITION, Math.floor(FETCH_BYTES / byLeader.size));
    const answers = await Promise.all(
      [...byLeader].map(async ([nodeId, wanted]) =>
        decoded(await this.#fetchFrom(await this.cluster.findBroker({ nodeId }), wanted, maxBytes)),
      ),
    );
    return answers.flat();
  }

  /** A topic as it was made: the cluster's id and the topic's own, asked of the leader of its first partition. */
  async topicId(topic: string): Promise<string> {
    const broker = await this.cluster.findBroker({ nodeId: this.#leader(topic, 0) });
    const { errorCode, cluster, id } = await connectionsOf(broker).send({
      request: topicIdRequest(topic),
      response: { decode: decodeTopicId, parse: (answer) => answer },
      requestTimeout: ANSWER_WITHIN_MS,
    });
    if (errorCode !== 0) throw createErrorFromCode(errorCode);
    return `${cluster}/${id}`;
  }

  async close(): Promise<void> {
    await this.owner.disconnect().catch(() => undefined);
  }

  async #fetchFrom(broker: Broker, wanted: readonly FetchPosition[], maxBytes: number): Promise<FetchAnswer> {
    const maxBytesOfOne = Math.max(FETCH_BYTES_PER_PARTITION, Math.floor(maxBytes / wanted.length));
    const request = fetchRequest({
      replicaId: NO_REPLICA,
      maxWaitTime: MAX_WAIT_MS,
      minBytes: 1,
      maxBytes,
      isolationLevel: READ_COMMITTED,
      topics: [...Map.groupBy(wanted, ({ topic }) => topic)].map(([topic, partitions]) => ({
        topic,
        partitions: partitions.map(({ partition, offset }) => ({
          partition,
          fetchOffset: String(offset),
          maxBytes: maxBytesOfOne,
        })),
      })),
    });
    return await connectionsOf(broker).send({
      request,
      response: { decode: decodeFetchAnswer, parse: (answer) => answer },
      requestTimeout: ANSWER_WITHIN_MS,
    });
  }

  #leader(topic: string, partition: number): string {
    const [leader] = Object.keys(this.cluster.findLeaderForPartitions(topic, [partition]));
    if (leader === undefined) throw new RangeError(`${topic} has no partition ${partition}`);
    return leader;
  }
}

function decoded({ errorCode, partitions }: FetchAnswer): readonly PartitionAnswer[] {
  if (errorCode !== 0) throw createErrorFromCode(errorCode);
  const failed = partitions.find((partition) => partition.errorCode !== 0);
  if (failed) {
    const { type, message } = createErrorFromCode(failed.errorCode);
    throw new PartitionFetchError(failed.topic, failed.partition, type, message);
  }
  return partitions;
}

const NEVER_JOINS = {
  name: 'samspill-unused',
  version: 1,
  assign: () => Promise.reject(new Error('this client joins no group')),
  protocol: () => ({ name: 'samspill-unused', metadata: Buffer.alloc(0) }),
};

/** What kafkajs's brokers send through: requests as it encodes them, answers as we decode them. */
interface BrokerConnections {
  send<Answer>(exchange: {
    readonly request: KafkaRequest;
    readonly response: {
      readonly decode: (payload: Buffer) => Answer;
      readonly parse: (answer: Answer) => Answer;
    };
    readonly requestTimeout: number;
  }): Promise<Answer>;
}

/** Not in kafkajs's published types (`src/broker/index.js`). */
function connectionsOf(broker: Broker): BrokerConnections {
  if (!('connectionPool' in broker))
    throw new Error('kafkajs no longer shows the connections of its brokers');
  return broker.connectionPool as BrokerConnections;
}
