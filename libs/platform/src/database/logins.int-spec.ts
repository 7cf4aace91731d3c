import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { CompanyReader, silentLogger, type Log } from '@samspill/eventlog';
import { isCompanyId, type CompanyId } from '@samspill/kernel';
import {
  createTestDatabase,
  databaseUrl,
  testPostgresUrl,
  uniqueName,
  waitFor,
  type TestDatabase,
} from '@samspill/testing';
import pg from 'pg';

import type { DatabaseConfiguration } from '../configuration/service-configuration.js';
import { openLog } from '../host/open-log.js';
import { startHost, type Host } from '../host/start-host.js';
import { tinyContext } from '../host/tiny/tiny-context.js';
import { migrateDatabase } from '../tasks/migrate-database.js';
import { readEntities } from './company-entities.js';

const READY_TIMEOUT_MS = 120_000;
const topic = `samspill.${uniqueName('logins')}`;
const [first, second] = [tinyContext('tiny', topic, 1), tinyContext('tiny', topic, 2)];

/** As an administrator makes them: no login is a superuser or may make roles. */
describe('a service whose database has logins apart', () => {
  const suffix = randomUUID().slice(0, 8);
  const [service, migrations, reader] = [
    `tiny_${suffix}`,
    `tiny_migrations_${suffix}`,
    `tiny_reader_${suffix}`,
  ];
  let made: TestDatabase;
  let madeLog: TestDatabase;
  let log: Log;
  let apart: Required<DatabaseConfiguration>;

  beforeEach(async () => {
    [made, madeLog] = [await createTestDatabase({ prefix: 'logins' }), await createTestDatabase()];
    const roleOfReaders = `samspill_reader_${made.name}`;
    await asAdministrator(`
      CREATE ROLE ${service} LOGIN PASSWORD 'secret';
      CREATE ROLE ${migrations} LOGIN PASSWORD 'secret' IN ROLE ${service};
      CREATE ROLE ${reader} LOGIN PASSWORD 'secret';
      CREATE ROLE ${roleOfReaders} NOLOGIN;
      GRANT ${roleOfReaders} TO ${service}, ${reader} WITH INHERIT FALSE, SET TRUE;
      ALTER DATABASE ${made.name} OWNER TO ${migrations}`);
    const entered = (login: string): string => {
      const url = new URL(made.url);
      [url.username, url.password] = [login, 'secret'];
      return url.href;
    };
    apart = {
      url: entered(service),
      migrationsUrl: entered(migrations),
      readerUrl: entered(reader),
      poolSize: 5,
      waitMs: 5_000,
    };
    const manifests = [first.manifest];
    log = await openLog(
      { kind: 'postgres', databaseUrl: madeLog.url },
      { clientId: 'test', manifests, logger: silentLogger },
    );
  });

  afterEach(async () => {
    await log.close();
    await Promise.all([made.drop(), madeLog.drop()]);
    await asAdministrator(`
      DROP ROLE IF EXISTS samspill_reader_${made.name}; DROP ROLE ${migrations}; DROP ROLE ${service}; DROP ROLE ${reader}`);
  });

  it('works, rebuilds and reads by them, once whoever may has migrated', async () => {
    await migrateDatabase(first, { database: apart, logger: silentLogger });
    await serving(withoutMigrations(), async (host) => {
      await writeNote(host, 'one');
      await context(host).eventLog.rebuild('tiny.note');
      await writeNote(host, 'two');
      await shows(host, 'two');
      const { database, dataSource } = context(host);
      const who = 'SELECT session_user AS login, current_user AS role, text FROM read.note_v1';
      const seen = [{ login: reader, role: `samspill_reader_${made.name}`, text: 'two' }];
      expect(await new CompanyReader(database, company()).query({ text: who, values: [] })).toEqual(seen);
      expect(await readEntities(dataSource, company(), (manager) => manager.query(who))).toEqual(seen);
      expect(await dataSource.query('SELECT session_user AS login')).toEqual([{ login: service }]);
    });
  });

  it('lets the service change no event and no table, and its readers see nothing but rows', async () => {
    await migrateDatabase(second, { database: apart, logger: silentLogger });
    await serving(withoutMigrations(), async (host) => {
      await writeNote(host, 'one');
      await shows(host, 'one');
      for (const statement of [
        "UPDATE eventlog.event SET actor = 'nobody'",
        'DELETE FROM eventlog.event',
        'TRUNCATE eventlog.event',
        'ALTER TABLE eventlog.event DROP COLUMN actor',
        'DROP TABLE eventlog.outbox',
        'CREATE TABLE eventlog.mine (a int)',
        'ALTER TABLE remark ADD COLUMN more text',
        'DELETE FROM migration',
        `SET ROLE ${migrations}`,
      ])
        await expect(asked(apart.url, statement)).rejects.toThrow(/permission denied|must be owner/);
      await asked(apart.url, `INSERT INTO remark VALUES (gen_random_uuid(), 'its own'); DELETE FROM remark`);
      for (const statement of [
        'SELECT FROM eventlog.event',
        'SELECT FROM remark',
        'SELECT FROM read.note_v1',
        `SET ROLE ${service}`,
      ])
        await expect(asked(apart.readerUrl, statement)).rejects.toThrow('permission denied');
    });
  });

  it('takes over a database of one login, with what is in it', async () => {
    await asAdministrator(`ALTER DATABASE ${made.name} OWNER TO ${service}`);
    const { url, poolSize, waitMs } = apart;
    await serving({ url, poolSize, waitMs }, async (host) => {
      await writeNote(host, 'before');
      await shows(host, 'before');
    });
    await asAdministrator(`ALTER DATABASE ${made.name} OWNER TO ${migrations}`);
    await migrateDatabase(second, { database: apart, logger: silentLogger });
    await expect(asked(url, 'ALTER TABLE eventlog.outbox ADD COLUMN more text')).rejects.toThrow(
      'must be owner',
    );
    await expect(asked(url, 'DELETE FROM eventlog.event')).rejects.toThrow('permission denied');
    await serving(
      withoutMigrations(),
      async (host) => {
        await shows(host, 'before');
        await writeNote(host, 'afterwards');
        await shows(host, 'afterwards');
      },
      second,
    );
  });

  it('does not start before its migrations have run, nor without what an administrator has to grant, and says what to do', async () => {
    await expect(serving(withoutMigrations(), () => Promise.resolve())).rejects.toMatchObject({
      code: 'platform.migrations-refused',
      message: expect.stringMatching(
        new RegExp(`The login ${service} may not migrate .*CreateEventlog.*SAMSPILL_MIGRATIONS_DATABASE_URL`),
      ),
    });
    await asAdministrator(`REVOKE samspill_reader_${made.name} FROM ${reader}`);
    await expect(migrateDatabase(first, { database: apart, logger: silentLogger })).rejects.toMatchObject({
      code: 'eventlog.reader-role-missing',
      message: expect.stringContaining(
        `GRANT "samspill_reader_${made.name}" TO "${reader}" WITH INHERIT FALSE`,
      ),
    });
  });

  /** What pods are given. */
  function withoutMigrations(): DatabaseConfiguration {
    const { migrationsUrl: _, ...others } = apart;
    return others;
  }

  async function serving(
    database: DatabaseConfiguration,
    work: (host: Host) => Promise<void>,
    definition = first,
  ): Promise<void> {
    const host = await startHost({
      contexts: [{ definition, database }],
      log,
      http: { host: '127.0.0.1', port: 0 },
      logger: silentLogger,
      api: { title: 'Samspill', description: 'For tests', version: '1' },
    });
    try {
      await host.readiness.whenReady(READY_TIMEOUT_MS);
      await work(host);
    } finally {
      await host.close();
    }
  }
});

function context({ contexts: [opened] }: Host): Host['contexts'][number] {
  if (!opened) throw new Error('a context');
  return opened;
}

async function writeNote({ url }: Host, text: string): Promise<void> {
  const response = await fetch(`${url}/api/tiny/v1/notes/1`, {
    method: 'PUT',
    body: JSON.stringify({ text }),
    headers: { 'content-type': 'application/json' },
  });
  expect(response.status).toBe(204);
}

async function shows({ url }: Host, text: string): Promise<void> {
  await waitFor(
    async () => {
      const response = await fetch(`${url}/api/tiny/v1/notes/1`);
      return response.ok && ((await response.json()) as { text: string }).text === text;
    },
    { describe: `the note to say «${text}»` },
  );
}

function company(): CompanyId {
  const id = randomUUID();
  if (!isCompanyId(id)) throw new Error('a company');
  return id;
}

async function asAdministrator(sql: string): Promise<void> {
  await asked(databaseUrl(testPostgresUrl(), 'postgres'), sql);
}

async function asked(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
