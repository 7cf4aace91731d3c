import { createRequire } from 'node:module';
import { zstdDecompressSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { PlatformError } from '@samspill/kernel';
import fc from 'fast-check';
import '../kafkajs-repairs.js';
import type { LogRecord } from '../../../log.js';
import { decodedWhole } from '../../../received-record.js';
import { MAX_DECOMPRESSED_BYTES, recordsOf } from './record-batches.js';
import { withChecksum, writtenBatch } from './written-batch.js';

const text = fc.string({ unit: 'binary', maxLength: 70 }).map((value) => value.toWellFormed());
const name = text.filter((each) => each !== '__proto__');
const logRecord: fc.Arbitrary<LogRecord> = fc.record({
  key: text,
  headers: fc.dictionary(name, text, { maxKeys: 14, noNullPrototype: true }),
  value: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  timestampMs: fc.integer({ min: 0, max: 9_999_999_999_999 }),
});
const records = fc.array(logRecord, { minLength: 1, maxLength: 8 });
const compression = fc.constantFrom('none' as const, 'gzip' as const, 'zstd' as const);
const all = { topic: 't', partition: 3, from: 0, to: Number.MAX_SAFE_INTEGER };
const sample: LogRecord = {
  key: 'k',
  headers: { ce_id: '1', ce_type: 'a.b', ce_time: 'x' },
  value: Buffer.from('{}'),
  timestampMs: 1_700_000_000_000,
};

describe('Kafka: record batches', () => {
  it('give records back as they were written, however they are compressed, cut into batches and asked for', () => {
    const cuts = fc.array(fc.record({ records, compression }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(cuts, fc.nat(8), fc.nat(8), (batches, skip, take) => {
        let offset = 5;
        const bytes = batches.map((batch) => {
          const written = writtenBatch(batch.records, { ...batch, baseOffset: offset });
          offset += batch.records.length;
          return written;
        });
        const [from, to] = [5 + skip, 5 + skip + take];
        const read = recordsOf(Buffer.concat(bytes), { ...all, from, to });
        const written = batches.flatMap((batch) => batch.records);
        expect(read.records.map(decodedWhole)).toEqual(written.slice(skip, skip + take));
        expect(read.records.map((record) => Number(record.offset) - 5)).toEqual(
          written.map((_, index) => index).slice(skip, skip + take),
        );
        if (skip < written.length) expect(read.next).toBeGreaterThanOrEqual(Math.min(to, offset));
      }),
    );
  });

  it('give the same records as kafkajs does', async () => {
    await fc.assert(
      fc.asyncProperty(records, compression, async (written, compressed) => {
        const bytes = writtenBatch(written, { compression: compressed, baseOffset: 2 ** 40 });
        const ours = recordsOf(bytes, all).records;
        const theirs = (await kafkajsDecodes(bytes)).records;
        expect(ours.map((record) => [record.offset, record.timestampMs])).toEqual(
          theirs.map((record) => [BigInt(record.offset), Number(record.timestamp)]),
        );
        expect(ours.map((record) => record.value)).toEqual(theirs.map((record) => record.value));
        expect(ours.map((record) => record.key)).toEqual(theirs.map((record) => record.key.toString()));
        expect(ours.map((record) => record.headers)).toEqual(theirs.map((record) => record.headers));
      }),
    );
  });

  it('find a header by its name, the first where there are several', () => {
    fc.assert(
      fc.property(logRecord, (written) => {
        const [record] = recordsOf(writtenBatch([written]), all).records;
        for (const [header, value] of Object.entries(written.headers)) {
          // Names of ours are ASCII.
          if (Buffer.byteLength(header) === header.length) expect(record?.header(header)).toBe(value);
        }
        expect(record?.header('ce_of nobody')).toBeUndefined();
      }),
    );
    const twice = writtenBatch([{ ...sample, headers: { ce_id: 'first', ce_ix: 'second' } }]);
    twice[twice.indexOf('ce_ix') + 4] = 'd'.charCodeAt(0);
    const [record] = recordsOf(withChecksum(twice), all).records;
    expect(record?.header('ce_id')).toBe('first');
    expect(record?.headers).toEqual({ ce_id: 'first' });
  });

  it('can be kept in memory of their own, whatever becomes of what was fetched', () => {
    fc.assert(
      fc.property(records, compression, (written, compressed) => {
        const bytes = writtenBatch(written, { compression: compressed, baseOffset: 7 });
        const kept = recordsOf(bytes, all).records.map((record) => record.detached());
        bytes.fill(0);
        expect(kept.map(decodedWhole)).toEqual(written);
        expect(kept.map(({ offset }) => offset)).toEqual(written.map((_, index) => BigInt(7 + index)));
        expect(kept.map((record) => record.header('ce_id'))).toEqual(
          written.map(({ headers }) => headers['ce_id']),
        );
      }),
    );
  });

  it('may be cut off anywhere at the end of a fetch: the whole ones count', () => {
    const first = writtenBatch([sample, sample]);
    const second = writtenBatch([sample, sample, sample], { baseOffset: 2 });
    for (let length = 0; length < second.length; length += 1) {
      const read = recordsOf(Buffer.concat([first, second.subarray(0, length)]), all);
      expect([read.records.length, read.next]).toEqual([2, 2]);
    }
    expect(recordsOf(first.subarray(0, -1), { ...all, from: 1 })).toEqual({ records: [], next: 1 });
  });

  it('have the broker’s time where it writes that', () => {
    const bytes = writtenBatch([sample], { attributes: 0x08, maxTimestampMs: 42 });
    expect(recordsOf(bytes, all).records[0]?.timestampMs).toBe(42);
  });

  it('may lack offsets where the log was compacted, at their end too', () => {
    const bytes = writtenBatch([sample], { baseOffset: 10 });
    bytes.writeInt32BE(6, 23); // last offset delta
    const read = recordsOf(withChecksum(bytes), { ...all, from: 4 });
    expect(read.records.map(({ offset }) => offset)).toEqual([10n]);
    expect(read.next).toBe(17);
  });

  it.each([
    ['a transaction', { attributes: 0x10 }, /transaction/],
    ['a control batch', { attributes: 0x20 }, /transaction/],
    ['snappy', { attributes: 2 }, /snappy/],
    ['lz4', { attributes: 3 }, /lz4/],
    ['an unheard-of compression', { attributes: 7 }, /something unknown/],
    ['an old format', { magic: 1 }, /message format 1/],
  ])('are refused with %s', (_, settings, reason) => {
    expect(refusal(writtenBatch([sample], settings))).toMatchObject({
      code: 'eventlog.log-unsupported',
      retryable: false,
      message: expect.stringMatching(reason),
    });
  });

  it('are refused with a byte changed anywhere that the checksum covers, and name their place', () => {
    const bytes = writtenBatch([sample, sample], { baseOffset: 7 });
    for (let at = 17; at < bytes.length; at += 1) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 0x40;
      expect(refusal(changed)).toMatchObject({
        code: 'eventlog.log-damaged',
        message: expect.stringContaining('offset 7 of t partition 3'),
      });
    }
  });

  it('are refused where they would grow beyond all bounds', () => {
    const bomb = writtenBatch([{ ...sample, value: Buffer.alloc(MAX_DECOMPRESSED_BYTES) }], {
      compression: 'gzip',
    });
    expect(refusal(bomb)?.message).toMatch(/cannot be decompressed/);
  });

  it('never lead out of their bytes, run on or fail otherwise, whatever is in them', () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 6 });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(records, compression), { minLength: 1, maxLength: 3 }),
        damage,
        fc.nat(),
        fc.boolean(),
        (batches, changes, cut, mended) => {
          const parts = batches.map(([written, compressed], index) =>
            writtenBatch(written, { compression: compressed, baseOffset: 10 * index }),
          );
          for (const [at, value] of changes) {
            const part = parts[at % parts.length];
            if (!part) continue;
            part[Math.floor(at / parts.length) % part.length] = value;
            if (mended) withChecksum(part);
          }
          const bytes = Buffer.concat(parts);
          const whole = Buffer.concat([OUTSIDE, bytes.subarray(0, bytes.length - (cut % 40)), OUTSIDE]);
          const inside = whole.subarray(OUTSIDE.length, whole.length - OUTSIDE.length);
          expectWithin(inside);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it('never fail otherwise on anybody’s bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.boolean(), (given, framed) => {
        const bytes = Buffer.concat([writtenBatch([sample]).subarray(0, framed ? 61 : 0), given]);
        if (framed) withChecksum(bytes).writeInt32BE(bytes.length - 12, 8);
        expectWithin(bytes);
      }),
      { numRuns: 1_000 },
    );
  });
});

/** Bytes beside those that may be read; nothing that is read may hold them. */
const OUTSIDE = Buffer.alloc(200, 'outside');

function expectWithin(bytes: Buffer): void {
  try {
    const read = recordsOf(bytes, all);
    let last = -1;
    for (const record of read.records) {
      expect(Number(record.offset)).toBeGreaterThan(last);
      last = Number(record.offset);
      const { key, headers, value } = decodedWhole(record);
      expect([key, JSON.stringify(headers), value.toString('latin1')].join()).not.toContain('outsideoutside');
      expect(record.header('ce_id') ?? '').toBe(headers['ce_id'] ?? '');
    }
    expect(read.next).toBeGreaterThanOrEqual(read.records.length);
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error;
    expect(['eventlog.log-damaged', 'eventlog.log-unsupported']).toContain(error.code);
  }
}

function refusal(bytes: Buffer): PlatformError | undefined {
  try {
    recordsOf(bytes, all);
    return undefined;
  } catch (error) {
    if (error instanceof PlatformError) return error;
    throw error;
  }
}

interface KafkajsRecord {
  readonly offset: string;
  readonly timestamp: string;
  readonly key: Buffer;
  readonly value: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

const load = createRequire(import.meta.url);
const Decoder = load('kafkajs/src/protocol/decoder.js') as new (bytes: Buffer) => unknown;
const decodeBatch = load('kafkajs/src/protocol/recordBatch/v0/decoder.js') as (
  decoder: unknown,
) => Promise<{ readonly records: readonly KafkajsRecord[] }>;
const { Codecs } = load('kafkajs/src/protocol/message/compression/index.js') as {
  readonly Codecs: Record<number, unknown>;
};

async function kafkajsDecodes(bytes: Buffer): Promise<{ readonly records: readonly KafkajsRecord[] }> {
  Codecs[4] = () => ({ decompress: (compressed: Buffer) => Promise.resolve(zstdDecompressSync(compressed)) });
  return await decodeBatch(new Decoder(bytes));
}
