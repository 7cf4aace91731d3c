import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Kafka, logLevel } from 'kafkajs';

import { describeWithKafka, describeWithOwnKafka } from '../jest/describe-with-kafka.js';
import { uniqueName } from '../unique-name.js';
import { waitFor } from '../wait-for.js';
import type { KafkaBroker } from './broker.js';
import { NEWEST_KAFKA, OLDEST_KAFKA, startKafka } from './start-kafka.js';
import { createTestTopics } from './test-topics.js';

const RESTART_TIMEOUT_MS = 300_000;

function client(brokers: readonly string[]): Kafka {
  return new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING });
}

async function produce(brokers: readonly string[], topic: string, values: readonly string[]): Promise<void> {
  const producer = client(brokers).producer({ allowAutoTopicCreation: false });
  await producer.connect();
  await producer.send({ topic, acks: -1, messages: values.map((value) => ({ value })) });
  await producer.disconnect();
}

async function consume(brokers: readonly string[], topic: string, count: number): Promise<readonly string[]> {
  const consumer = client(brokers).consumer({ groupId: uniqueName('spec'), allowAutoTopicCreation: false });
  const values: string[] = [];
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    eachMessage: ({ message }) => Promise.resolve(void values.push(String(message.value))),
  });
  await waitFor(() => values.length >= count, {
    describe: `${count} records of ${topic}`,
  });
  await consumer.disconnect();
  return values;
}

describeWithKafka("the run's Kafka", ({ brokers }) => {
  it('keeps what is produced, and makes no topic by itself', async () => {
    const [topic = ''] = await createTestTopics(brokers, [{ prefix: 'spec' }]);
    await produce(brokers, topic, ['a', 'b']);
    expect(await consume(brokers, topic, 2)).toEqual(['a', 'b']);
    const impatient = client(brokers).producer({ allowAutoTopicCreation: false, retry: { retries: 0 } });
    await impatient.connect();
    const sent = impatient.send({ topic: uniqueName('unknown'), messages: [{ value: 'a' }] });
    await expect(sent).rejects.toThrow(/does not host this topic-partition/);
    await impatient.disconnect();
  });
});

for (const version of [NEWEST_KAFKA, OLDEST_KAFKA]) {
  describeWithOwnKafka(`a broker of one's own, Kafka ${version}`, version, () => {
    let broker: KafkaBroker;
    beforeAll(async () => {
      broker = await startKafka({ version });
    }, RESTART_TIMEOUT_MS);
    afterAll(() => broker.stop());

    it(
      'has what was acknowledged, and the same address, after kill -9 and a restart',
      async () => {
        const [topic = ''] = await createTestTopics(broker.brokers, [{ prefix: 'spec' }]);
        await produce(broker.brokers, topic, ['before']);
        const address = broker.brokers;
        await broker.kill();
        await broker.restart();
        await produce(broker.brokers, topic, ['after']);
        expect(broker.brokers).toEqual(address);
        expect(await consume(broker.brokers, topic, 2)).toEqual(['before', 'after']);
      },
      RESTART_TIMEOUT_MS,
    );
  });
}

describe('starting Kafka', () => {
  it('says why it cannot be had', async () => {
    await expect(startKafka({ version: '0.0.0' })).rejects.toThrow(/0\.0\.0|Java|Docker/);
  });
});
