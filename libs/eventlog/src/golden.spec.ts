import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { writtenBatch } from './adapters/kafka/replay/written-batch.js';
import { recordsOf } from './adapters/kafka/replay/record-batches.js';
import { ChainCheck } from './chain-check.js';
import { chainHash } from './chain.js';
import { asFirstRecord, fromRecord, logNameOf, toRecord } from './codec.js';
import { fromKeyRecord, toKeyRecord } from './keys/key-record.js';
import { keyName, type StoredKey } from './keys/key-store.js';
import { readMasterKeys } from './keys/master-keys.js';
import { forgottenKeysOf, keyIdOf, openValue } from './keys/sealed-value.js';
import type { LogRecord, ReceivedRecord } from './log.js';
import { decodedWhole, DecodedRecord } from './received-record.js';

/**
 * The log as it was once written: headers, sealed values, chain, keys, and the batch that a broker was given. Everything that was ever
 * published has to be readable for ever, so the file is never changed; a new format comes with a file of its own beside it.
 */
const GOLDEN = join(import.meta.dirname, '..', 'golden', 'log-format.v1.json');

const text = z.strictObject({
  key: z.string(),
  headers: z.record(z.string(), z.string()),
  value: z.string(),
  timestampMs: z.int(),
});
const golden = z
  .strictObject({
    says: z.string(),
    /** As configuration has it; made for this file. */
    masterKey: z.string(),
    records: z.array(z.strictObject({ record: text, reads: z.unknown(), readsForgotten: z.unknown() })),
    /** What the stream's next event would name as the one before it. */
    nextHash: z.string(),
    /** On the topic of keys. */
    keys: z.array(text),
    /** The records as one batch of Kafka's format v2, base64. */
    batch: z.base64(),
  })
  .parse(JSON.parse(readFileSync(GOLDEN, 'utf8')));

const records = golden.records.map(({ record }, offset) => received(record, offset));
const events = records.map((record) => fromRecord(record));
const [kept, forgotten] = golden.keys.map((key, offset) => fromKeyRecord(received(key, offset)));

describe('the golden sample of the log’s format', () => {
  it('G5 is decoded from the batch as a broker has it, and is written so today', () => {
    const batch = Buffer.from(golden.batch, 'base64');
    const wanted = { topic: 'samspill.contacts', partition: 0, from: 0, to: records.length };
    expect(recordsOf(batch, wanted).records.map(decodedWhole)).toEqual(records.map(decodedWhole));
    const anew = events.map((event) => toRecord(event, 'contacts-sync'));
    const [first, ...others] = anew;
    if (!first || !records[0]) throw new Error('a sample without records');
    expect(writtenBatch([asFirstRecord(first, logNameOf(records[0])), ...others])).toEqual(batch);
  });

  it('G34 is one chain', () => {
    const check = new ChainCheck();
    expect(events.map((event) => check.next(event))).toEqual(events.map(() => undefined));
    expect(events.map(chainHash).at(-1)).toBe(golden.nextHash);
  });

  it('G50 opens with its key, and reads as its forgotten form without', () => {
    const { keys: masterKeys } = readMasterKeys(golden.masterKey);
    if (kept?.state !== 'kept' || !masterKeys) throw new Error('the sample’s keys cannot be read');
    const key = masterKeys.unwrap(kept.wrapped, keyName(kept));
    expect(events.map(({ value }) => keyIdOf(value))).toEqual([kept.id, kept.id, undefined]);
    expect(events.map((event) => openValue(event.value, key, event))).toEqual(
      golden.records.map(({ reads }) => reads),
    );
    expect(events.map((event) => openValue(event.value, undefined, event))).toEqual(
      golden.records.map(({ readsForgotten }) => readsForgotten),
    );
  });

  it('G52 says whose key is forgotten, and by which event', () => {
    const last = events.at(-1);
    expect(last && forgottenKeysOf(last.value)).toEqual([kept?.id]);
    expect(forgotten).toMatchObject({ id: kept?.id, state: 'forgotten', by: last?.id });
  });

  it('G51 has its keys on their topic as they are written today', () => {
    const written = (key: StoredKey | undefined, at: number): LogRecord | undefined =>
      key && toKeyRecord(key, golden.keys[at]?.timestampMs ?? 0);
    const asText = golden.keys.map((key, offset) => decodedWhole(received(key, offset)));
    expect([kept, forgotten].map(written)).toEqual(asText);
  });
});

function received({ value, ...rest }: z.infer<typeof text>, offset: number): ReceivedRecord {
  return new DecodedRecord({ ...rest, value: Buffer.from(value) }, BigInt(offset));
}
