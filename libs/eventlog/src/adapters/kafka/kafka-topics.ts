import kafkajs, { type Admin, type Kafka } from 'kafkajs';
import { PlatformError } from '@samspill/kernel';
import type { Keeping, TopicDescription } from '../../log.js';
import { topicsAsDeclared } from '../topic-faults.js';
import { Backoff } from '../../retry.js';
import { CALL_RETRY, kafkaFailure, protocolError, type NewTopics } from './kafka-client.js';

/** What a key that was forgotten may still be found on the brokers' disks for: compaction is the broker's to begin, within this. */
const MAX_COMPACTION_LAG_MS = 86_400_000;

/** How topics are kept; the chart makes them from this too. */
export const TOPIC_SETTINGS: Readonly<Record<Keeping, Readonly<Record<string, string>>>> = {
  'for-ever': { 'cleanup.policy': 'delete', 'retention.ms': '-1', 'retention.bytes': '-1' },
  compacted: { 'cleanup.policy': 'compact', 'max.compaction.lag.ms': String(MAX_COMPACTION_LAG_MS) },
};

/** Shown to operators; how many replicas must have a record is the cluster's affair. */
const MIN_IN_SYNC = 'min.insync.replicas';

/** Kafka's word for «as many replicas as you make of your own accord» (KIP-464). */
const BROKERS_DEFAULT = -1;

/** A new topic is known to all brokers and has leaders within a moment. */
const LEADERS_WITHIN_MS = 15_000;
const LEADERS_RETRY = { firstMs: 20, maxMs: 500 };

const RETRY = { firstMs: 100, maxMs: 1_000 };
const MAX_ATTEMPTS = 4;

/** What is not about one topic; no topic has such a name. */
const TOPICS = '*';

export interface PartitionOffsets {
  readonly begin: bigint;
  readonly end: bigint;
}

/** What is asked of the cluster about its topics. */
export class KafkaTopics {
  /**
   * By what is asked for: kafkajs goes on asking for every topic that a client was ever asked for, so that one that is gone would spoil the
   * answers about others.
   */
  readonly #admins = new Map<string, Promise<Admin>>();
  readonly #closed = new AbortController();

  constructor(
    private readonly kafka: Kafka,
    private readonly newTopics: NewTopics = {},
  ) {}

  /** @throws PlatformError `eventlog.topic-missing` or `eventlog.topic-drifted` that names every fault. */
  async check(topics: readonly string[], partitions: number, keeping?: Keeping): Promise<void> {
    topicsAsDeclared(topics, await this.describe(topics, keeping), partitions);
  }

  async describe(
    topics: readonly string[],
    keeping: Keeping = 'for-ever',
  ): Promise<ReadonlyMap<string, TopicDescription>> {
    for (let attempt = 1; ; attempt += 1) {
      // A client that was asked about a topic that is gone since could not even list those that there are.
      await this.#disconnect(TOPICS);
      try {
        return await this.#describe(topics, TOPIC_SETTINGS[keeping]);
      } catch (error) {
        const isGone = error instanceof PlatformError && error.code === 'eventlog.topic-missing';
        if (!isGone || attempt === MAX_ATTEMPTS) throw error;
      }
    }
  }

  async #describe(
    topics: readonly string[],
    wanted: Readonly<Record<string, string>>,
  ): Promise<ReadonlyMap<string, TopicDescription>> {
    return await this.#ask(async (admin) => {
      const existing = new Set(await admin.listTopics());
      const present = topics.filter((topic) => existing.has(topic));
      if (present.length === 0) return new Map();
      const metadata = await admin.fetchTopicMetadata({ topics: present });
      const settings = await settingsOf(admin, present, Object.keys(wanted));
      return new Map(
        metadata.topics.map(({ name, partitions }) => [
          name,
          {
            partitions: partitions.length,
            replicas: Math.min(...partitions.map(({ replicas }) => replicas.length)),
            settings: settings.get(name) ?? {},
            faults: settingFaults(name, settings.get(name) ?? {}, wanted),
          },
        ]),
      );
    }, TOPICS);
  }

  async create(topics: readonly string[], partitions: number, keeping: Keeping = 'for-ever'): Promise<void> {
    const { replicas = BROKERS_DEFAULT, minInSync } = this.newTopics;
    await this.#disconnect(TOPICS);
    await this.#ask(async (admin) => {
      const existing = new Set(await admin.listTopics());
      for (const topic of topics) {
        if (existing.has(topic)) continue;
        const settings = {
          ...TOPIC_SETTINGS[keeping],
          ...(minInSync !== undefined && { [MIN_IN_SYNC]: String(minInSync) }),
        };
        const configEntries = Object.entries(settings).map(([name, value]) => ({ name, value }));
        const made = { topic, numPartitions: partitions, replicationFactor: replicas, configEntries };
        // False means that somebody else has just made it.
        await admin.createTopics({ topics: [made], waitForLeaders: false }).catch(throwFirst);
      }
      await haveLeaders(admin, topics);
    }, TOPICS);
  }

  /** First offset and end of each partition, in the order of the partitions. */
  async offsets(topic: string): Promise<readonly PartitionOffsets[]> {
    const offsets = await this.#ask((admin) => admin.fetchTopicOffsets(topic), topic);
    return offsets
      .toSorted((a, b) => a.partition - b.partition)
      .map(({ low, high }) => ({ begin: BigInt(low), end: BigInt(high) }));
  }

  async close(): Promise<void> {
    this.#closed.abort();
    await Promise.all([...this.#admins.keys()].map((about) => this.#disconnect(about)));
  }

  async #disconnect(about: string): Promise<void> {
    const admin = this.#admins.get(about);
    this.#admins.delete(about);
    await admin?.then((connected) => connected.disconnect()).catch(() => undefined);
  }

  /**
   * kafkajs gives up at once on much that passes: a leader that is not there yet, a broker that restarts. An admin client that
   * failed is thrown away; it would go on asking for topics that may be gone.
   */
  async #ask<T>(question: (admin: Admin) => Promise<T>, about: string): Promise<T> {
    const backoff = new Backoff(RETRY);
    for (let attempt = 1; ; attempt += 1) {
      const asked = this.#admins.get(about) ?? connect(this.kafka);
      this.#admins.set(about, asked);
      try {
        return await question(await asked);
      } catch (error) {
        if (this.#admins.get(about) === asked) await this.#disconnect(about);
        const failure = kafkaFailure(error);
        if (!failure.retryable || attempt === MAX_ATTEMPTS || this.#closed.signal.aborted) throw failure;
        await backoff.wait(this.#closed.signal);
      }
    }
  }
}

async function connect(kafka: Kafka): Promise<Admin> {
  const admin = kafka.admin({ retry: CALL_RETRY });
  await admin.connect();
  return admin;
}

/** kafkajs wraps what the broker says of each topic into an error that says nothing. */
function throwFirst(error: unknown): never {
  throw error instanceof kafkajs.KafkaJSAggregateError ? (error.errors[0] ?? error) : error;
}

/** kafkajs's own waiting gives up where the broker asked has not heard of the new topic yet. */
async function haveLeaders(admin: Admin, topics: readonly string[]): Promise<void> {
  const late = AbortSignal.timeout(LEADERS_WITHIN_MS);
  const backoff = new Backoff(LEADERS_RETRY);
  for (;;) {
    try {
      const metadata = await admin.fetchTopicMetadata({ topics: [...topics] });
      if (metadata.topics.every((topic) => topic.partitions.every((partition) => partition.leader >= 0)))
        return;
    } catch (error) {
      if (protocolError(error) !== 'UNKNOWN_TOPIC_OR_PARTITION' || late.aborted) throw error;
    }
    late.throwIfAborted();
    await backoff.wait(late);
  }
}

/** Settings by topic; none where this client may not read them. */
async function settingsOf(
  admin: Admin,
  topics: readonly string[],
  names: readonly string[],
): Promise<ReadonlyMap<string, Readonly<Record<string, string>>>> {
  const configNames = [...names, MIN_IN_SYNC];
  const resources = topics.map((name) => ({ type: kafkajs.ConfigResourceTypes.TOPIC, name, configNames }));
  const answer = await admin
    .describeConfigs({ resources, includeSynonyms: false })
    .catch((error: unknown) => {
      // A service needs no right to read settings; whoever runs the cluster has the operator check them.
      if (protocolError(error)?.endsWith('AUTHORIZATION_FAILED')) return undefined;
      throw error;
    });
  return new Map(
    (answer?.resources ?? []).map(({ resourceName, configEntries }) => [
      resourceName,
      Object.fromEntries(configEntries.map(({ configName, configValue }) => [configName, configValue])),
    ]),
  );
}

function settingFaults(
  topic: string,
  settings: Readonly<Record<string, string>>,
  all: Readonly<Record<string, string>>,
): readonly string[] {
  return Object.entries(all).flatMap(([name, wanted]) => {
    const value = settings[name];
    return value === undefined || value === wanted
      ? []
      : [`${topic} has ${name}=${value} instead of ${wanted}`];
  });
}
