import { ConfigResourceTypes, type Admin, type Kafka } from 'kafkajs';
import { PlatformError } from '@samspill/kernel';
import { CALL_RETRY, kafkaFailure, protocolError } from './kafka-client.js';

/** How every topic is kept: all records, for ever. */
const KEPT_FOR_EVER: Readonly<Record<string, string>> = {
  'cleanup.policy': 'delete',
  'retention.ms': '-1',
  'retention.bytes': '-1',
};

export interface PartitionOffsets {
  readonly begin: bigint;
  readonly end: bigint;
}

/** What is asked of the cluster about its topics. */
export class KafkaTopics {
  #admin: Promise<Admin> | undefined;

  constructor(private readonly kafka: Kafka) {}

  /** @throws PlatformError `eventlog.topic-missing` or `eventlog.topic-drifted` that names every fault. */
  async check(topics: readonly string[], partitions: number): Promise<void> {
    const { missing, faults } = await this.#ask(async (admin) => {
      const existing = new Set(await admin.listTopics());
      const present = topics.filter((topic) => existing.has(topic));
      return {
        missing: topics.filter((topic) => !existing.has(topic)).map((topic) => `${topic} does not exist`),
        faults: [...(await partitionFaults(admin, present, partitions)), ...(await settingFaults(admin, present))],
      };
    });
    const all = [...missing, ...faults];
    if (all.length === 0) return;
    const code = missing.length > 0 ? 'eventlog.topic-missing' : 'eventlog.topic-drifted';
    throw new PlatformError(code, `Topics are not as declared: ${all.join('; ')}.`, false);
  }

  async create(topics: readonly string[], partitions: number): Promise<void> {
    await this.#ask(async (admin) => {
      const existing = new Set(await admin.listTopics());
      for (const topic of topics) {
        if (existing.has(topic)) continue;
        const configEntries = Object.entries(KEPT_FOR_EVER).map(([name, value]) => ({ name, value }));
        // False means that somebody else has just made it. Replication is the broker's own default.
        await admin.createTopics({ topics: [{ topic, numPartitions: partitions, configEntries }], waitForLeaders: true });
      }
    });
  }

  /** First offset and end of each partition, in the order of the partitions. */
  async offsets(topic: string): Promise<readonly PartitionOffsets[]> {
    const offsets = await this.#ask((admin) => admin.fetchTopicOffsets(topic));
    return offsets
      .toSorted((a, b) => a.partition - b.partition)
      .map(({ low, high }) => ({ begin: BigInt(low), end: BigInt(high) }));
  }

  async clusterId(): Promise<string> {
    const { clusterId } = await this.#ask((admin) => admin.describeCluster());
    return clusterId;
  }

  async close(): Promise<void> {
    const admin = this.#admin;
    this.#admin = undefined;
    await admin?.then((connected) => connected.disconnect()).catch(() => undefined);
  }

  /** An admin client that failed is thrown away: it goes on asking for topics that may be gone. */
  async #ask<T>(question: (admin: Admin) => Promise<T>): Promise<T> {
    this.#admin ??= connect(this.kafka);
    const asked = this.#admin;
    try {
      return await question(await asked);
    } catch (error) {
      if (this.#admin === asked) await this.close();
      throw kafkaFailure(error);
    }
  }
}

async function connect(kafka: Kafka): Promise<Admin> {
  const admin = kafka.admin({ retry: CALL_RETRY });
  await admin.connect();
  return admin;
}

async function partitionFaults(admin: Admin, topics: readonly string[], partitions: number): Promise<readonly string[]> {
  if (topics.length === 0) return [];
  const metadata = await admin.fetchTopicMetadata({ topics: [...topics] });
  return metadata.topics
    .filter((topic) => topic.partitions.length !== partitions)
    .map((topic) => `${topic.name} has ${topic.partitions.length} partitions instead of ${partitions}`);
}

async function settingFaults(admin: Admin, topics: readonly string[]): Promise<readonly string[]> {
  if (topics.length === 0) return [];
  const configNames = Object.keys(KEPT_FOR_EVER);
  const resources = topics.map((name) => ({ type: ConfigResourceTypes.TOPIC, name, configNames }));
  const answer = await admin.describeConfigs({ resources, includeSynonyms: false }).catch((error: unknown) => {
    // A service needs no right to read settings; whoever runs the cluster has the operator check them.
    if (protocolError(error)?.endsWith('AUTHORIZATION_FAILED')) return undefined;
    throw error;
  });
  return (answer?.resources ?? []).flatMap((resource) =>
    resource.configEntries
      .filter(({ configName, configValue }) => (KEPT_FOR_EVER[configName] ?? configValue) !== configValue)
      .map(({ configName, configValue }) => `${resource.resourceName} has ${configName}=${configValue} instead of ${KEPT_FOR_EVER[configName] ?? ''}`),
  );
}
