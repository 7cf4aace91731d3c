import pg from 'pg';
import { DataSource } from 'typeorm';
import { viewName, type ColumnType, type ColumnValue, type Projection, type Row } from '@samspill/kernel';
import { createTestDatabase, databaseUrl, type TestDatabase } from '@samspill/testing';
import { Database } from '../adapters/postgres/database.js';
import { PostgresEventStore } from '../adapters/postgres/event-store.js';
import { EVENTLOG_MIGRATIONS } from '../adapters/postgres/migrations/eventlog-migrations.js';
import { PostgresKeyStore } from '../adapters/postgres/key-store.js';
import { PostgresProjectionStore } from '../adapters/postgres/projection-store.js';
import { silentLogger } from '../logger.js';
import { murmur2 } from '../partitioner.js';
import { TOY_PARTITIONS } from './toy/toy-manifests.js';
import type { ServiceDatabase, Stores } from './world.js';

/** Holds back commits; any number that nothing else in a test's database uses. */
const HOLD_LOCK = 0x5aff;
/** Processes of a test are many, and each needs few. */
const MAX_CONNECTIONS = 4;

/** A service's database in Postgres, for tests of the log. */
export class PostgresServiceDatabase implements ServiceDatabase {
  private constructor(
    private readonly serverUrl: string,
    readonly url: string,
    private readonly made: { drop(): Promise<void> }[],
  ) {}

  /** @param made is given every database that is made, to be dropped at the end */
  static async create(
    serverUrl: string,
    made: { drop(): Promise<void> }[],
  ): Promise<PostgresServiceDatabase> {
    const database = await createTestDatabase({ prefix: 'toy', template: migrated, serverUrl });
    made.push(database);
    return new PostgresServiceDatabase(serverUrl, database.url, made);
  }

  connect(): Promise<Stores> {
    const open = (applicationName: string): Database =>
      new Database({ url: this.url, applicationName, maxConnections: MAX_CONNECTIONS, logger: silentLogger });
    const events = open('toy events');
    const eventStore = new PostgresEventStore(events, TOY_PARTITIONS);
    const keyStore = new PostgresKeyStore(events);
    const projectionStore = new PostgresProjectionStore(open('toy projections'));
    const close = async (): Promise<void> => {
      await Promise.all([eventStore.close(), projectionStore.close()]);
    };
    return Promise.resolve({ eventStore, projectionStore, keyStore, close });
  }

  async copy(): Promise<ServiceDatabase> {
    const empty: TestDatabase = await createTestDatabase({ prefix: 'toy_copy', serverUrl: this.serverUrl });
    const { name } = empty;
    const source = new URL(this.url).pathname.slice(1);
    await query(this.serverUrl, `DROP DATABASE ${pg.escapeIdentifier(name)}`);
    await query(
      this.serverUrl,
      `CREATE DATABASE ${pg.escapeIdentifier(name)} TEMPLATE ${pg.escapeIdentifier(source)}`,
    );
    this.made.push(empty);
    return new PostgresServiceDatabase(this.serverUrl, databaseUrl(this.serverUrl, name), this.made);
  }

  async rows(projection: Projection): Promise<readonly Row[]> {
    const order = projection.table.key.map((name) => pg.escapeIdentifier(name)).join(', ');
    const view = `read.${pg.escapeIdentifier(viewName(projection))}`;
    const rows = await query<{ row: Record<string, ColumnValue> }>(
      this.url,
      `SELECT to_jsonb(v) AS row FROM ${view} v ORDER BY ${order}`,
    );
    return rows.map(({ row }) => asProjected(row, projection.table.columns));
  }

  async holders(scope: string): Promise<ReadonlyMap<string, string>> {
    const rows = await query<{ name: string; owner: string }>(
      this.url,
      'SELECT name, owner FROM eventlog.reservation WHERE scope = $1 ORDER BY name',
      [scope],
    );
    return new Map(rows.map(({ name, owner }) => [name, owner]));
  }

  /** A trigger waits for a lock after the rows are in, so that the transaction has its positions and has not ended. */
  async holdBack(stream: string): Promise<() => Promise<void>> {
    await query(
      this.url,
      `CREATE OR REPLACE FUNCTION hold_back() RETURNS trigger LANGUAGE plpgsql AS
         $$ BEGIN PERFORM pg_advisory_xact_lock_shared(${HOLD_LOCK}); RETURN NULL; END $$;
       CREATE OR REPLACE TRIGGER hold_back AFTER INSERT ON eventlog.event FOR EACH ROW
         WHEN (new.stream = ${pg.escapeLiteral(stream)}) EXECUTE FUNCTION hold_back()`,
    );
    const holder = new pg.Client({ connectionString: this.url });
    await holder.connect();
    await holder.query('SELECT pg_advisory_lock($1)', [HOLD_LOCK]);
    return async () => holder.end();
  }
}

const migrated = {
  key: `eventlog_${(murmur2(Buffer.from(EVENTLOG_MIGRATIONS.map((each) => String(new each().up)).join('\n'))) >>> 0).toString(36)}`,
  build: async (url: string): Promise<void> => {
    const source = await new DataSource({
      type: 'postgres',
      url,
      migrations: [...EVENTLOG_MIGRATIONS],
    }).initialize();
    await source.runMigrations();
    await source.destroy();
  },
};

async function query<R extends pg.QueryResultRow>(
  url: string,
  text: string,
  values: unknown[] = [],
): Promise<R[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<R>(text, values)).rows;
  } finally {
    await client.end();
  }
}

function asProjected(row: Record<string, ColumnValue>, columns: Readonly<Record<string, ColumnType>>): Row {
  for (const [name, type] of Object.entries(columns)) {
    const value = row[name];
    if (type === 'timestamptz' && typeof value === 'string') row[name] = new Date(value).toISOString();
  }
  return row;
}
