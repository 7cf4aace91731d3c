import { Kafka, logLevel } from 'kafkajs';

import { uniqueName } from '../unique-name.js';

export interface TestTopic {
  /** The start of its name; the rest is random. */
  readonly prefix: string;
  readonly partitions?: number;
  readonly settings?: Readonly<Record<string, string>>;
}

/**
 * Creates topics that no other suite uses and waits until they have leaders.
 * @returns their names, in the order of the wishes
 */
export async function createTestTopics(
  brokers: readonly string[],
  wishes: readonly TestTopic[],
): Promise<readonly string[]> {
  const topics = wishes.map(({ prefix, partitions = 1, settings = {} }) => ({
    topic: uniqueName(prefix),
    numPartitions: partitions,
    replicationFactor: 1,
    configEntries: Object.entries(settings).map(([name, value]) => ({ name, value })),
  }));
  const admin = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    await admin.createTopics({ topics, waitForLeaders: true });
  } finally {
    await admin.disconnect();
  }
  return topics.map(({ topic }) => topic);
}

/** Loses topics with all that is in them. */
export async function deleteTopics(brokers: readonly string[], topics: readonly string[]): Promise<void> {
  const admin = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    await admin.deleteTopics({ topics: [...topics] });
  } finally {
    await admin.disconnect();
  }
}
