import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Projection, Row } from '@samspill/kernel';
import { createTestDatabase, type TestDatabase } from '@samspill/testing';
import fc from 'fast-check';
import pg from 'pg';
import { silentLogger } from '../../logger.js';
import { asStored } from '../../storable.js';
import { copyLines } from './bulk-load.js';
import { Database } from './database.js';
import { ReadTable } from './read-table.js';

const projection: Projection = {
  name: 'test.every-kind',
  version: 3,
  fold: 'steps',
  topics: [],
  reads: [],
  table: {
    columns: {
      id: 'integer',
      order: 'text', // a reserved word
      texts: 'text[]',
      numbers: 'integer[]',
      amount: 'bigint',
      yes: 'boolean',
      at: 'timestamptz',
      json: 'jsonb',
      uuid: 'uuid',
    },
    key: ['id', 'order'],
    indexes: [{ name: 'texts', definition: 'USING gin (texts)' }],
  },
  key: () => undefined,
  project: () => undefined,
};
const table = new ReadTable(projection, 7);

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }).map((value) => value.replaceAll('\u0000', '·').toWellFormed()),
  fc.constantFrom('\\N', '\\.', '\t', 'a\nb\r\nc', '{"a",b}', '\\', '"', "'", '', 'NULL', '\u2028\b\f\v'),
);
const row: fc.Arbitrary<Row> = fc.record({
  order: text,
  texts: fc.option(fc.array(text, { maxLength: 4 })),
  numbers: fc.option(fc.array(fc.integer({ min: -2_147_483_647 }), { maxLength: 4 })),
  amount: fc.option(fc.maxSafeInteger()),
  yes: fc.option(fc.boolean()),
  at: fc.option(
    fc
      .date({ min: new Date('0001-01-02'), max: new Date('9999-12-30'), noInvalidDate: true })
      .map((date) => date.toISOString()),
  ),
  json: fc.option(
    fc.oneof(text, fc.record({ a: fc.array(text), b: fc.maxSafeInteger(), c: fc.option(fc.boolean()) })),
  ),
  uuid: fc.option(fc.uuid()),
});

let made: TestDatabase;
let database: Database;
beforeAll(async () => {
  made = await createTestDatabase();
  database = new Database({ url: made.url, applicationName: 'test', logger: silentLogger });
  await database.withClient(async (client) => {
    await client.query('CREATE SCHEMA read');
    await client.query(table.create);
    for (const statement of table.index) await client.query(statement);
    await client.query(table.replaceView);
  });
});
afterAll(async () => {
  await database.close();
  await made.drop();
});

/** Writes rows in two ways, and compares what each gives back with what was meant. */
async function roundTrip(rows: readonly Row[]): Promise<void> {
  const numbered = rows.map((content, id): Row => {
    const whole = { id, ...content };
    const stored = asStored(projection, whole, whole);
    if (stored.kind === 'refused') throw new Error(stored.reason);
    return stored.row;
  });
  const back = async (client: pg.ClientBase): Promise<readonly unknown[]> => {
    const result = await client.query<{ row: Record<string, never> }>(
      table.selectRows,
      table.keyParameters(numbered),
    );
    return result.rows.map((selected) => table.decodeRow(selected.row));
  };
  await database.bulk(async (client) => {
    await client.query(`TRUNCATE ${table.table}`);
    await copyLines(
      client,
      table.table,
      numbered.map((content) => table.copyLine(content, 0)),
    );
    expect(await back(client)).toEqual(numbered);
    const copied = await client.query(table.fingerprint(false));
    await client.query(`TRUNCATE ${table.table}`);
    await client.query(table.upsertRows, table.columnParameters(numbered));
    await client.query(table.upsertRows, table.columnParameters(numbered));
    expect(await back(client)).toEqual(numbered);
    expect((await client.query(table.fingerprint(false))).rows).toEqual(copied.rows);
    await client.query(table.deleteRows, table.keyParameters(numbered));
    expect((await back(client)).every((content) => content === undefined)).toBe(true);
  });
}

describe('a read table', () => {
  it('gives rows back as they were, copied in or upserted, whatever characters they hold', async () => {
    await fc.assert(fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 20 }), roundTrip), {
      numRuns: 60,
    });
  });

  it('is seen by readers under its columns’ own names only', async () => {
    const { rows } = await database.withClient((client) =>
      client.query<{ column_name: string }>(
        `SELECT column_name FROM information_schema.columns WHERE table_schema = 'read' AND table_name = 'every_kind_v3'
         ORDER BY ordinal_position`,
      ),
    );
    expect(rows.map((column) => column.column_name)).toEqual(Object.keys(projection.table.columns));
  });
});
