import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { NEWEST_KAFKA, startKafka, waitFor, type KafkaBroker } from '@samspill/testing';
import { describeWithOwnKafka } from '@samspill/testing/jest';
import { publish, range, readAll, record } from '../../conformance/logs-of-test.js';
import { Seen } from '../../conformance/seen.js';
import { expectTakeover } from '../../conformance/member-killed.js';
import { silentLogger } from '../../logger.js';
import { KafkaLog } from './kafka-log.js';

const START_MS = 240_000;

describeWithOwnKafka('Kafka: a broker that dies and comes back', NEWEST_KAFKA, () => {
  let broker: KafkaBroker;
  let log: KafkaLog;
  const withTopic = async (): Promise<string> => {
    const topic = `test.${randomUUID()}`;
    await log.create([topic], 2);
    return topic;
  };
  beforeAll(async () => {
    broker = await startKafka({ version: NEWEST_KAFKA });
    log = new KafkaLog({ brokers: broker.brokers, clientId: 'test', logger: silentLogger });
  }, START_MS);
  afterAll(async () => {
    await log.close();
    await broker.stop();
  }, START_MS);

  it(
    'does not stop a read, which goes on where it was',
    async () => {
      const topic = await withTopic();
      const value = Buffer.alloc(400_000);
      const writer = await log.writer();
      for (const index of range(30)) await writer.publish(topic, new Map([[0, [record(index, { value })]]]));
      await writer.close();
      const seen: string[] = [];
      await log.read([{ topic, partition: 0, from: 0n, to: 30n }], async ({ records }) => {
        if (seen.length === 0) {
          await broker.kill();
          await broker.restart();
        }
        seen.push(...records.map(({ key }) => key));
      });
      expect(seen).toEqual(range(30));
    },
    START_MS,
  );

  it(
    'does not stop a subscription, which misses nothing and repeats nothing',
    async () => {
      const topic = await withTopic();
      const seen = new Seen();
      const subscription = await log.subscribe(randomUUID(), [topic], seen.handler());
      for (const round of range(2)) {
        await publish(log, topic, 0, [`${round}a`, `${round}b`]);
        await publish(log, topic, 1, [`${round}c`]);
        await waitFor(() => seen.total === 3 * (Number(round) + 1), { describe: `round ${round}` });
        await broker.kill();
        await broker.restart();
      }
      await publish(log, topic, 1, ['last']);
      await waitFor(() => seen.of(topic, 1).includes('last'), {
        describe: 'what came after the last restart',
      });
      expect(seen.of(topic, 0)).toEqual(['0a', '0b', '1a', '1b']);
      expect(seen.of(topic, 1)).toEqual(['0c', '1c', 'last']);
      await subscription.stop();
    },
    START_MS,
  );

  it(
    'fails a writer for good, loses nothing that was acknowledged, and takes a new writer',
    async () => {
      const topic = await withTopic();
      const writer = await log.writer();
      const acknowledged: string[] = [];
      const killed = waitFor(() => acknowledged.length > 20, { describe: 'some records' }).then(() =>
        broker.kill(),
      );
      const writing = (async () => {
        for (let index = 0; ; index += 1) {
          await writer.publish(topic, new Map([[0, [record(String(index))]]]));
          acknowledged.push(String(index));
        }
      })();
      await expect(writing).rejects.toMatchObject({ code: 'eventlog.log-unreachable', retryable: true });
      await killed;
      await expect(writer.publish(topic, new Map([[0, [record('x')]]]))).rejects.toMatchObject({
        code: 'eventlog.writer-failed',
      });
      await writer.close();
      await broker.restart();
      const next = await waitFor(() => log.writer(), { describe: 'a new writer' });
      await next.publish(topic, new Map([[0, [record('after')]]]));
      await next.close();
      const keys = (await readAll(log, topic)).get(0)?.map(({ key }) => key) ?? [];
      expect(keys.slice(0, acknowledged.length)).toEqual(acknowledged);
      expect(keys.at(-1)).toBe('after');
    },
    START_MS,
  );

  it(
    'gives the partitions of a killed process to the others of its group',
    async () => {
      await expectTakeover(log, 'kafka', broker.brokers.join(','));
    },
    START_MS,
  );
});
