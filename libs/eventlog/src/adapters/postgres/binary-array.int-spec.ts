import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { testPostgresUrl } from '@samspill/testing';
import fc from 'fast-check';
import pg from 'pg';
import {
  bigintArray,
  bytesArray,
  integerArray,
  smallintArray,
  textArray,
  timeArray,
  uuidArray,
} from './binary-array.js';

let client: pg.Client;
beforeAll(async () => {
  client = new pg.Client({ connectionString: testPostgresUrl() });
  await client.connect();
});
afterAll(() => client.end());

async function backFrom(type: string, parameter: Buffer): Promise<unknown> {
  const text = `SELECT to_json($1::${type}[]) AS back`;
  const { rows } = await client.query<{ back: unknown }>(text, [parameter]);
  return rows[0]?.back;
}

const text = fc
  .string({ unit: 'binary', maxLength: 60 })
  .map((value) => value.toWellFormed().replaceAll('\u0000', '·'));
const run = async <T>(arbitrary: fc.Arbitrary<T>, holds: (value: T) => Promise<void>): Promise<void> => {
  await fc.assert(fc.asyncProperty(arbitrary, holds), { numRuns: 50 });
};

describe('arrays in the binary format', () => {
  it('are what Postgres reads: texts with NULLs', async () => {
    await run(fc.array(fc.option(text)), async (values) => {
      expect(await backFrom('text', textArray(values))).toEqual(values);
    });
  });

  it('are what Postgres reads: bytes with NULLs', async () => {
    const bytes = fc.uint8Array({ maxLength: 60 }).map((value) => Buffer.from(value));
    await run(fc.array(fc.option(bytes)), async (values) => {
      const { rows } = await client.query<{ value: Buffer | null }>(
        'SELECT value FROM unnest($1::bytea[]) AS v (value)',
        [bytesArray(values)],
      );
      expect(rows.map(({ value }) => value)).toEqual(values);
    });
  });

  it('are what Postgres reads: integers of each size', async () => {
    await run(fc.array(fc.integer({ min: -32_768, max: 32_767 })), async (values) => {
      expect(await backFrom('int2', smallintArray(values))).toEqual(values);
    });
    await run(fc.array(fc.integer()), async (values) => {
      expect(await backFrom('int4', integerArray(values))).toEqual(values);
    });
    await run(fc.array(fc.maxSafeInteger()), async (values) => {
      expect(await backFrom('int8', bigintArray(values.map(BigInt)))).toEqual(values);
    });
  });

  it('are what Postgres reads: UUIDs, and times to the millisecond', async () => {
    await run(fc.array(fc.uuid()), async (values) => {
      expect(await backFrom('uuid', uuidArray(values))).toEqual(values);
    });
    const time = fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true });
    await run(fc.array(time), async (values) => {
      const back = await backFrom('timestamptz', timeArray(values.map((value) => value.toISOString())));
      expect(Array.isArray(back) && back.map((value) => new Date(String(value)).getTime())).toEqual(
        values.map((value) => value.getTime()),
      );
    });
  });

  it('are not made of what is no UUID', () => {
    expect(() => uuidArray(['seven'])).toThrow('not a UUID: seven');
  });
});
