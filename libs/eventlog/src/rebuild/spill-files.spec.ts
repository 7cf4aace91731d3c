import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DecodedRecord } from '../received-record.js';
import { readFrame, writeFrame } from './record-frame.js';
import { BUCKETS, bucketOf, SpillFiles } from './spill-files.js';

const bytes = fc.uint8Array({ maxLength: 3_000 }).map((array) => Buffer.from(array));
const text = fc.string({ unit: 'binary', maxLength: 40 }).map((wild) => wild.toWellFormed());

describe('spill files', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'samspill-spill-'));
  });
  afterAll(async () => rm(folder, { recursive: true }));

  it('give entries back as they were, each file its own in their order, and leave nothing behind', async () => {
    const entry = fc.tuple(text, bytes, fc.boolean());
    await fc.assert(
      fc.asyncProperty(
        fc.array(entry, { maxLength: 60 }),
        fc.integer({ min: 1 }),
        async (entries, memory) => {
          const files = await SpillFiles.create(folder, memory);
          const expected = new Map<number, Buffer[]>();
          for (const [name, content, flush] of entries) {
            const bucket = bucketOf(name);
            files.add(bucket, Buffer.from(name), content);
            expected.set(bucket, [
              ...(expected.get(bucket) ?? []),
              Buffer.concat([Buffer.from(name), content]),
            ]);
            if (flush) await files.flush();
          }
          await files.flush(true);
          for (let bucket = 0; bucket < BUCKETS; bucket += 1)
            expect(await all(files.read(bucket))).toEqual(expected.get(bucket) ?? []);
          await files.remove();
          expect(await readdir(folder)).toEqual([]);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('say what to do where they cannot be written', async () => {
    await expect(SpillFiles.create('/dev/null/nowhere', 1)).rejects.toMatchObject({
      code: 'eventlog.spill-failed',
      retryable: true,
    });
  });
});

describe('the frame of a record', () => {
  it('holds the record, wherever it came from', () => {
    const record = fc
      .record({
        key: text,
        headers: fc.dictionary(text, text, { noNullPrototype: true }),
        value: bytes,
        timestampMs: fc.nat(),
      })
      .chain((parts) =>
        fc.bigInt({ min: 0n, max: 2n ** 62n }).map((offset) => new DecodedRecord(parts, offset)),
      );
    fc.assert(
      fc.property(record, fc.nat(5_000), (given, partition) => {
        const read = readFrame(writeFrame({ record: given, partition }, 1), ['one', 'two']);
        expect(read).toEqual({ record: given, topic: 'two', partition });
      }),
    );
  });
});

async function all(entries: AsyncIterable<Buffer>): Promise<readonly Buffer[]> {
  const found: Buffer[] = [];
  for await (const entry of entries) found.push(entry);
  return found;
}
