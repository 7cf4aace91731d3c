import { afterAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';

import { uniqueName } from '../unique-name.js';
import { postgresVersions, startTestPostgres } from './postgres-versions.js';
import { createTestDatabase, type Template, type TestDatabase } from './test-database.js';

const databases: TestDatabase[] = [];
afterAll(() => Promise.all(databases.map((database) => database.drop())));

async function create(template?: Template): Promise<TestDatabase> {
  const database = await createTestDatabase(template === undefined ? {} : { template });
  databases.push(database);
  return database;
}

async function ask(url: string, sql: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<unknown[]>({ text: sql, rowMode: 'array' });
  await client.end();
  return rows[0]?.[0];
}

describe("a suite's database", () => {
  it("is empty and nobody else's", async () => {
    const [one, other] = await Promise.all([create(), create()]);
    await ask(one.url, 'CREATE TABLE mine ()');
    expect(await ask(other.url, "SELECT to_regclass('mine')")).toBeNull();
  });

  it('is a copy of its template, which is built once', async () => {
    let built = 0;
    const template: Template = {
      key: uniqueName('spec'),
      build: async (url) => {
        built += 1;
        await ask(url, 'CREATE TABLE seed AS SELECT 7 AS n');
      },
    };
    const copies = await Promise.all([create(template), create(template), create(template)]);
    expect(await Promise.all(copies.map(({ url }) => ask(url, 'SELECT n FROM seed')))).toEqual([7, 7, 7]);
    expect(built).toBe(1);
  });

  it('is built again after a template that failed half-way', async () => {
    const key = uniqueName('spec');
    const failing: Template = { key, build: () => Promise.reject(new Error('half-way')) };
    await expect(create(failing)).rejects.toThrow('half-way');
    const mended: Template = {
      key,
      build: async (url) => {
        await ask(url, 'CREATE TABLE whole ()');
      },
    };
    expect(await ask((await create(mended)).url, "SELECT to_regclass('whole')::text")).toBe('whole');
  });

  it('is dropped with sessions open', async () => {
    const database = await createTestDatabase();
    const open = new pg.Client({ connectionString: database.url });
    open.on('error', () => undefined);
    await open.connect();
    await database.drop();
    await expect(ask(database.url, 'SELECT 1')).rejects.toThrow(/does not exist/);
  });
});

describe('the supported versions of Postgres', () => {
  it('are both to be had, with the extensions and letters that search stands on', async () => {
    const versions = await postgresVersions();
    expect(versions).toEqual([18, 16]);
    for (const major of versions) {
      const server = await startTestPostgres(major);
      const { url, drop } = await createTestDatabase({ serverUrl: server.url('postgres') });
      for (const name of ['pg_trgm', 'btree_gin', 'unaccent']) await ask(url, `CREATE EXTENSION ${name}`);
      expect(server.version).toMatch(new RegExp(`^${major}\\.`));
      expect(
        await ask(
          url,
          "SELECT lower('ÅSE') = 'åse' AND similarity('Åse', 'åse') = 1 AND similarity('Åse', 'se') < 1",
        ),
      ).toBe(true);
      await drop();
      await server.stop();
    }
  });
});
