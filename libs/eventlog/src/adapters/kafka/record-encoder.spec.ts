import { createRequire } from 'node:module';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { LogRecord } from '../../log.js';
import { encodedMessages } from './encoded-messages.js';
import { encodeRecords } from './record-encoder.js';

type ProduceRequest = (request: unknown) => { encode(): Promise<{ readonly buffer: Buffer }> };
const produceRequest = createRequire(import.meta.url)(
  'kafkajs/src/protocol/requests/produce/v7/request.js',
) as ProduceRequest;

async function request(messages: unknown): Promise<Buffer> {
  const partitions = [{ partition: 0, firstSequence: 7, messages }];
  const topicData = [{ topic: 'test', partitions }];
  return (
    await produceRequest({ acks: -1, timeout: 1000, producerId: 1, producerEpoch: 0, topicData }).encode()
  ).buffer;
}

/** What the producer makes of the messages before it writes a partition's. */
function ofPartition(records: readonly LogRecord[]): unknown {
  const grouped: unknown = encodedMessages(new Map([[0, encodeRecords(records)]])).reduce((all) => all);
  return (grouped as Record<number, unknown>)[0];
}

const text = fc.oneof(
  fc.string({ maxLength: 100, unit: 'binary' }),
  fc.constantFrom(
    'x'.repeat(63),
    'x'.repeat(64),
    'Æ'.repeat(40),
    'x'.repeat(8191),
    'x'.repeat(8192),
    '𝕏'.repeat(5000),
  ),
);
const logRecord: fc.Arbitrary<LogRecord> = fc.record({
  key: text,
  headers: fc.dictionary(text, text, { maxKeys: 15, noNullPrototype: true }),
  value: fc.uint8Array({ maxLength: 10_000 }).map((bytes) => Buffer.from(bytes)),
  timestampMs: fc.integer({ min: 1_000_000_000_000, max: 9_999_999_999_999 }),
});

describe('Kafka: encoding records', () => {
  it('writes the same bytes as kafkajs would', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(logRecord, { minLength: 1, maxLength: 20 }), async (records) => {
        const plain = records.map((record) => ({ ...record, timestamp: String(record.timestampMs) }));
        expect((await request(ofPartition(records))).equals(await request(plain))).toBe(true);
      }),
    );
  });

  it('keeps to its figure for the size of a record', () => {
    const large = {
      key: '',
      headers: { ['n'.repeat(9000)]: 'v'.repeat(9000) },
      value: Buffer.alloc(900_000),
      timestampMs: 0,
    };
    expect(encodeRecords([large, { ...large, timestampMs: 9_999_999_999_999 }]).count).toBe(2);
  });
});
