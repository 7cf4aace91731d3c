import pg from 'pg';

import { fromRun, RUN_ENVIRONMENT } from '../run-environment.js';
import { uniqueName } from '../unique-name.js';

/** A database of one suite. */
export interface TestDatabase {
  /** Connection string of its owner, a superuser. */
  readonly url: string;
  readonly name: string;
  /** Ends every session on it and removes it. */
  drop(): Promise<void>;
}

/** What a suite's databases are copied from, so that migrations run once a run and not once a suite. */
export interface Template {
  /** Names what `build` makes; change it when that changes. Letters, digits, `_`. */
  readonly key: string;
  /** Fills an empty database; every connection it opens must be closed when it resolves. */
  readonly build: (url: string) => Promise<void>;
}

export interface TestDatabaseOptions {
  readonly prefix?: string;
  readonly template?: Template;
  /** Connection string of another server than the run's. */
  readonly serverUrl?: string;
}

/** Any number: templates of one server are built one at a time. */
const TEMPLATE_LOCK = 7_263_001;
/** SQLSTATE object_in_use: Postgres itself waits five seconds before it says so. */
const IN_USE = '55006';
const COPY_ATTEMPTS = 10;

/** The run's Postgres server. @throws Error outside the integration and e2e projects */
export function testPostgresUrl(): string {
  const url = fromRun('postgresUrl');
  if (url === undefined) {
    throw new Error(
      `${RUN_ENVIRONMENT.postgresUrl} is not set: Postgres is started for *.int-spec.ts and *.e2e-spec.ts files only.`,
    );
  }
  return url;
}

/** An empty database, or a copy of the template, that no other suite sees. */
export async function createTestDatabase(options: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const serverUrl = options.serverUrl ?? testPostgresUrl();
  const name = uniqueName(options.prefix ?? 'test');
  await onServer(serverUrl, async (client) => {
    const source =
      options.template === undefined ? undefined : await builtTemplate(client, serverUrl, options.template);
    await copyDatabase(client, name, source);
  });
  return {
    name,
    url: databaseUrl(serverUrl, name),
    drop: () =>
      onServer(serverUrl, async (client) => {
        await client.query(`DROP DATABASE IF EXISTS ${pg.escapeIdentifier(name)} WITH (FORCE)`);
      }),
  };
}

/** Connection string of another database on the same server. */
export function databaseUrl(serverUrl: string, database: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${encodeURIComponent(database)}`;
  return url.href;
}

/** Builds under another name first: a template that failed half-way must not be taken for a finished one. */
async function builtTemplate(
  client: pg.Client,
  serverUrl: string,
  { key, build }: Template,
): Promise<string> {
  const name = `template_${key}`;
  await client.query('SELECT pg_advisory_lock($1)', [TEMPLATE_LOCK]);
  try {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
    if (rowCount === 1) return name;
    const unfinished = uniqueName(name);
    await client.query(`CREATE DATABASE ${pg.escapeIdentifier(unfinished)}`);
    await build(databaseUrl(serverUrl, unfinished));
    await client.query(
      `ALTER DATABASE ${pg.escapeIdentifier(unfinished)} RENAME TO ${pg.escapeIdentifier(name)}`,
    );
    return name;
  } finally {
    await client.query('SELECT pg_advisory_unlock($1)', [TEMPLATE_LOCK]);
  }
}

/** Two copies of one template at the same time are in each other's way for a moment. */
async function copyDatabase(client: pg.Client, name: string, template: string | undefined): Promise<void> {
  const from = template === undefined ? '' : ` TEMPLATE ${pg.escapeIdentifier(template)}`;
  for (let attempt = 1; ; attempt += 1) {
    try {
      await client.query(`CREATE DATABASE ${pg.escapeIdentifier(name)}${from}`);
      return;
    } catch (error) {
      if (!(error instanceof pg.DatabaseError) || error.code !== IN_USE || attempt === COPY_ATTEMPTS)
        throw error;
    }
  }
}

async function onServer(serverUrl: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: serverUrl });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
