import { randomBytes, randomUUID } from 'node:crypto';
import { zstdDecompressSync } from 'node:zlib';
import { expect, it } from '@jest/globals';
import { runKafkaTool, waitFor } from '@samspill/testing';
import { describeWithKafka } from '@samspill/testing/jest';
import kafkajs, { logLevel, type KafkaMessage } from 'kafkajs';
import { readAll } from '../../conformance/logs-of-test.js';
import type { LogRecord, ReceivedRecord } from '../../log.js';
import { silentLogger } from '../../logger.js';
import { decodedWhole } from '../../received-record.js';
import { KafkaLog } from './kafka-log.js';

const { CompressionCodecs, CompressionTypes, Kafka } = kafkajs;
const PARTITION = 0;
/** Nothing that random bytes hold. */
const FIELD_END = '<end of field>';
const RECORD_END = '<end of record>';

/**
 * The same topics read by us, by kafkajs and by Kafka's own console consumer. With a compression set on the topic the broker itself,
 * in Java, compresses what we write.
 */
describeWithKafka('Kafka: our decoder of record batches', ({ brokers, provider }) => {
  const withLog = async (work: (log: KafkaLog) => Promise<void>): Promise<void> => {
    const log = new KafkaLog({ brokers, clientId: 'test', logger: silentLogger });
    try {
      await work(log);
    } finally {
      await log.close();
    }
  };
  const written = async (log: KafkaLog, compression: string): Promise<[string, readonly LogRecord[]]> => {
    const topic = await compressedTopic(brokers, compression);
    const records: LogRecord[] = [];
    const writer = await log.writer();
    for (const count of [1, 500, 3, 2_000]) {
      const batch = Array.from({ length: count }, (_, index) => anyRecord(records.length + index));
      await writer.publish(topic, new Map([[PARTITION, batch]]));
      records.push(...batch);
    }
    await writer.close();
    return [topic, records];
  };

  it.each(['producer', 'gzip', 'zstd'])(
    'reads what kafkajs reads, byte for byte (%s)',
    async (compression) => {
      await withLog(async (log) => {
        const [topic, records] = await written(log, compression);
        const ours = (await readAll(log, topic)).get(PARTITION) ?? [];
        expect(ours.map(decodedWhole)).toEqual(records);
        const theirs = await readWithKafkajs(brokers, topic, records.length);
        expect(ours.map(fieldsOf)).toEqual(theirs.map(fieldsOfKafkajs));
      });
    },
  );

  const withTools = provider === 'jvm' ? it : it.skip;
  withTools.each(['producer', 'gzip', 'zstd'])(
    'reads what Kafka’s console consumer reads, byte for byte (%s)',
    async (compression) => {
      await withLog(async (log) => {
        const [topic, records] = await written(log, compression);
        const ours = (await readAll(log, topic)).get(PARTITION) ?? [];
        const theirs = await readWithConsole(brokers, topic, records.length);
        expect(theirs.equals(Buffer.concat(ours.map(asOnConsole)))).toBe(true);
      });
    },
  );
});

async function compressedTopic(brokers: readonly string[], compression: string): Promise<string> {
  const topic = `test.${randomUUID()}`;
  const admin = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  const configEntries = [{ name: 'compression.type', value: compression }];
  await admin.createTopics({ topics: [{ topic, numPartitions: 1, configEntries }] });
  await admin.disconnect();
  return topic;
}

function anyRecord(index: number): LogRecord {
  const headers: Record<string, string> = {};
  for (let nth = 0; nth < index % 15; nth += 1)
    headers[`header ${nth} Æ`] = `${index} ${'ø'.repeat(nth * 10)}`;
  return {
    key: index % 7 === 0 ? '' : `key ${index} 𝕏`,
    headers,
    value:
      index % 11 === 0 ? Buffer.alloc(0) : Buffer.concat([Buffer.alloc(index % 300, 'x'), randomBytes(40)]),
    timestampMs: 1_763_000_000_000 - index * 7_777,
  };
}

type Fields = readonly [offset: string, timestampMs: string, key: string, value: string, headers: unknown];

function fieldsOf({ offset, timestampMs, key, value, headers }: ReceivedRecord): Fields {
  return [String(offset), String(timestampMs), key, value.toString('hex'), headers];
}

function fieldsOfKafkajs({ offset, timestamp, key, value, headers }: KafkaMessage): Fields {
  return [offset, timestamp, key?.toString() ?? '', value?.toString('hex') ?? '', headers];
}

async function readWithKafkajs(
  brokers: readonly string[],
  topic: string,
  count: number,
): Promise<readonly KafkaMessage[]> {
  CompressionCodecs[CompressionTypes.ZSTD] = () => ({
    compress: () => Promise.reject(new Error('only reads')),
    decompress: (bytes: Buffer) => Promise.resolve(zstdDecompressSync(bytes)),
  });
  const consumer = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING }).consumer({
    groupId: randomUUID(),
  });
  const messages: KafkaMessage[] = [];
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    eachBatch: ({ batch }) => {
      messages.push(...batch.messages);
      return Promise.resolve();
    },
  });
  await waitFor(() => messages.length >= count, { describe: 'kafkajs to have read everything' });
  await consumer.disconnect();
  return messages;
}

async function readWithConsole(brokers: readonly string[], topic: string, count: number): Promise<Buffer> {
  const properties = {
    'print.timestamp': 'true',
    'print.offset': 'true',
    'print.headers': 'true',
    'print.key': 'true',
    'key.separator': FIELD_END,
    'headers.separator': FIELD_END,
    'line.separator': RECORD_END,
  };
  return await runKafkaTool('org.apache.kafka.tools.consumer.ConsoleConsumer', [
    ...['--bootstrap-server', brokers.join(','), '--topic', topic, '--partition', String(PARTITION)],
    ...['--offset', 'earliest', '--max-messages', String(count)],
    ...Object.entries(properties).flatMap(([name, value]) => ['--property', `${name}=${value}`]),
  ]);
}

function asOnConsole({ offset, timestampMs, key, headers, value }: ReceivedRecord): Buffer {
  const pairs = Object.entries(headers).map(([name, text]) => `${name}:${text}`);
  const before = [
    `CreateTime:${timestampMs}`,
    `Offset:${offset}`,
    pairs.join(FIELD_END) || 'NO_HEADERS',
    key,
    '',
  ];
  return Buffer.concat([Buffer.from(before.join(FIELD_END)), value, Buffer.from(RECORD_END)]);
}
