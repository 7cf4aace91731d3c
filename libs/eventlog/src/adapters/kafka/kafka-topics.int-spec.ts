import { afterEach, expect, it } from '@jest/globals';
import { uniqueName } from '@samspill/testing';
import { describeWithKafka } from '@samspill/testing/jest';
import { silentLogger } from '../../logger.js';
import { KafkaLog } from './kafka-log.js';

describeWithKafka('topics that are made on Kafka', ({ brokers }) => {
  let log: KafkaLog | undefined;
  afterEach(() => log?.close());

  it('have the replicas that were asked for, and how many of them must have a record', async () => {
    const topic = uniqueName('made');
    const newTopics = { replicas: 1, minInSync: 1 };
    log = new KafkaLog({ brokers, clientId: 'test', newTopics, logger: silentLogger });
    await log.create([topic], 2);
    const made = (await log.describe([topic])).get(topic);
    expect(made).toMatchObject({ partitions: 2, replicas: 1, settings: { 'min.insync.replicas': '1' } });
  });

  it('are refused by the cluster where it has too few brokers for them', async () => {
    const topic = uniqueName('made');
    log = new KafkaLog({ brokers, clientId: 'test', newTopics: { replicas: 9 }, logger: silentLogger });
    await expect(log.create([topic], 2)).rejects.toThrow(/replication/i);
  });
});
