import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { isCompanyId, type CompanyId, type Projection } from '@samspill/kernel';
import { createTestDatabase, testPostgresUrl, type TestDatabase } from '@samspill/testing';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { silentLogger } from '../../logger.js';
import { CompanyReader } from './company-reader.js';
import { raiseWalls } from './company-wall.js';
import { Database } from './database.js';
import { EVENTLOG_MIGRATIONS } from './migrations/eventlog-migrations.js';
import { PostgresProjectionStore } from './projection-store.js';

const projection: Projection = {
  name: 'test.notes',
  version: 1,
  fold: 'state',
  topics: [],
  reads: [],
  table: {
    columns: { company: 'text', number: 'text' },
    key: ['company', 'number'],
    company: 'company',
    indexes: [],
  },
  key: () => undefined,
  project: () => undefined,
};
const place = { topic: 'test', partition: 0 };
const LOCK_TIMEOUT_MS = 10_000;
const ALL = {
  name: 'all-notes',
  text: 'SELECT company, number FROM read.notes_v1 ORDER BY number',
  values: [],
};

/** As in production: the service's login owns its database, may make no roles, and is no superuser, for whom there are no walls. */
describe('the wall between companies', () => {
  const login = `plain_${randomUUID().slice(0, 8)}`;
  let made: TestDatabase;
  let database: Database;
  let store: PostgresProjectionStore;
  const [a, b] = [companyId(), companyId()];

  beforeEach(async () => {
    made = await createTestDatabase({ prefix: 'wall' });
    await asAdministrator(
      `CREATE ROLE ${login} LOGIN PASSWORD 'plain'; ALTER DATABASE ${made.name} OWNER TO ${login}`,
    );
    const url = new URL(made.url);
    url.username = login;
    url.password = 'plain';
    const source = new DataSource({ type: 'postgres', url: url.href, migrations: [...EVENTLOG_MIGRATIONS] });
    await source.initialize();
    await source.runMigrations();
    await source.destroy();
    database = new Database({
      url: url.href,
      applicationName: 'wall',
      maxConnections: 1,
      logger: silentLogger,
    });
    store = new PostgresProjectionStore(database);
  });

  afterEach(async () => {
    await database.close();
    await made.drop();
    await asAdministrator(`DROP ROLE IF EXISTS samspill_reader_${made.name}; DROP ROLE ${login}`);
  });

  it('G85 is not begun without the role that an administrator has to make, and the refusal says how', async () => {
    const refusal: unknown = await raiseWalls(database, [projection]).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'eventlog.reader-role-missing', retryable: false });
    const statements = /An administrator has to: (.*)$/.exec(String(refusal))?.[1] ?? '';
    await asAdministrator(statements);
    await raiseWalls(database, [projection]);
  });

  it('G85 shows a reader the rows of its company and no others, whatever it asks for, also after a rebuild', async () => {
    await administratorMakesReader();
    for (const numbers of [
      ['1', '2'],
      ['3', '4'],
    ]) {
      await live(await generation(numbers));
      expect(await new CompanyReader(database, a).query(ALL)).toEqual([{ company: a, number: numbers[0] }]);
      expect(await new CompanyReader(database, b).query(ALL)).toEqual([{ company: b, number: numbers[1] }]);
      // The same connection afterwards is its owner's again.
      expect(await rows(ALL.text)).toHaveLength(2);
    }
  });

  it('G85 shows nothing where no company was named, and lets a reader change nothing', async () => {
    await administratorMakesReader();
    await live(await generation(['1', '2']));
    const asReader = `SELECT set_config('role', 'samspill_reader_${made.name}', true)`;
    await database.transaction(async (client) => {
      await client.query(asReader);
      expect((await client.query(ALL.text)).rows).toEqual([]);
    });
    const changed = database.transaction(async (client) => {
      await client.query(asReader);
      await client.query('DELETE FROM read.notes__g1');
    });
    await expect(changed).rejects.toThrow('permission denied for table notes__g1');
    await expect(
      new CompanyReader(database, a).query({ text: 'SELECT * FROM read.notes__g1_versions', values: [] }),
    ).rejects.toThrow('permission denied');
  });

  it('G85 is looked at before a switch, which is refused and leaves readers where they are', async () => {
    await administratorMakesReader();
    await live(await generation(['1', '2']));
    const damages = [
      ['DROP POLICY one_company ON read.notes__g2', 'the policy one_company is missing'],
      ['ALTER TABLE read.notes__g3 NO FORCE ROW LEVEL SECURITY', 'row-level security is not forced'],
      ['CREATE POLICY more ON read.notes__g4 USING (true)', 'there are other policies'],
      ['ALTER POLICY one_company ON read.notes__g5 USING (true)', 'the policy one_company is missing'],
    ] as const;
    for (const [damage, gap] of damages) {
      const damaged = await generation(['8', '9']);
      await rows(damage);
      await expect(live(damaged)).rejects.toMatchObject({
        code: 'eventlog.wall-has-gaps',
        message: expect.stringContaining(`${damaged} of test.notes cannot be made live`),
      });
      await expect(live(damaged)).rejects.toThrow(gap);
    }
    expect(await rows(ALL.text)).toMatchObject([{ number: '1' }, { number: '2' }]);
  });

  it('G85 is put up at the start where a build without it has made the tables', async () => {
    await administratorMakesReader();
    await live(await generation(['1', '2']));
    const reader = `samspill_reader_${made.name}`;
    await rows(`
      ALTER TABLE read.notes__g1 DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY;
      DROP POLICY one_company ON read.notes__g1;
      DROP POLICY all_companies ON read.notes__g1;
      REVOKE ALL ON read.notes__g1, read.notes_v1 FROM ${reader}; REVOKE ALL ON SCHEMA read FROM ${reader}`);
    await expect(new CompanyReader(database, a).query(ALL)).rejects.toThrow('permission denied');
    await raiseWalls(database, [projection]);
    await raiseWalls(database, [projection]);
    expect(await new CompanyReader(database, a).query(ALL)).toEqual([{ company: a, number: '1' }]);
  });

  it('G85 keeps no service from starting whose tables somebody has dropped, whether they were live or the former ones', async () => {
    await administratorMakesReader();
    await live(await generation(['1', '2']));
    await rows('DROP TABLE read.notes__g1 CASCADE');
    await raiseWalls(database, [projection]);
    await live(await generation(['1', '2']));
    await raiseWalls(database, [projection]);
    expect(await new CompanyReader(database, a).query(ALL)).toEqual([{ company: a, number: '1' }]);
  });

  async function administratorMakesReader(): Promise<void> {
    const reader = `samspill_reader_${made.name}`;
    await asAdministrator(
      `CREATE ROLE ${reader} NOLOGIN; GRANT ${reader} TO ${login} WITH INHERIT FALSE, SET TRUE`,
    );
  }

  /** With a row of each company. */
  async function generation(numbers: readonly string[]): Promise<number> {
    const number = await store.createGeneration(projection);
    const loaded = [a, b].map((company, nth) => ({
      row: { company, number: numbers[nth] ?? '' },
      version: 1,
    }));
    await store.load(projection, number, {
      checkpoints: [{ ...place, nextOffset: 0n, log: undefined }],
      chunks: [{ rows: loaded, versions: [], parked: [] }],
    });
    await store.index(projection, number);
    return number;
  }

  async function live(number: number): Promise<void> {
    expect(await store.switchTo(projection, number, LOCK_TIMEOUT_MS)).toBeDefined();
  }

  async function rows(text: string): Promise<readonly unknown[]> {
    return await database.withClient(async (client) => (await client.query<pg.QueryResultRow>(text)).rows);
  }
});

async function asAdministrator(text: string): Promise<void> {
  const client = new pg.Client({ connectionString: testPostgresUrl() });
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}

function companyId(): CompanyId {
  const id = randomUUID();
  if (!isCompanyId(id)) throw new TypeError(`${id} is no company`);
  return id;
}
