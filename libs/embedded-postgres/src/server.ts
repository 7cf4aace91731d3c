import { resolve } from 'node:path';

import pg from 'pg';

import { accountFor } from './account.js';
import { postgresBinaries, runnableBinaries, serverVersion, type PostgresBinaries } from './binaries.js';
import { prepareDataFolder } from './data-folder.js';
import { EmbeddedPostgresError, errorCode } from './error.js';
import { lockFolder } from './folder-lock.js';
import { assertPortFree, freePort, LOOPBACK } from './loopback-port.js';
import { clearOrphan, startPostmaster, type Ending, type Postmaster } from './postmaster.js';

export interface EmbeddedPostgresOptions {
  /** Folder of the data; created where it is missing. Files `<dataDir>.lock` and, for a moment, `.new` lie beside it. */
  readonly dataDir: string;
  /** TCP port on loopback; a free one when it is left out. */
  readonly port?: number | undefined;
  /** Superuser of the new data, with a SCRAM password. Existing data keeps its own. */
  readonly user: string;
  readonly password: string;
  /** Gets Postgres's own output, line by line. */
  readonly log?: ((line: string) => void) | undefined;
  /** `none` (tests): nothing is forced to disk, so that a crash of the machine, not of a process, loses data. */
  readonly durability?: 'full' | 'none' | undefined;
  /** Server settings besides those set here, e.g. `{ max_connections: '300' }`. */
  readonly settings?: Readonly<Record<string, string>> | undefined;
  /** Another version than the default one. */
  readonly binaries?: PostgresBinaries | undefined;
}

export interface EmbeddedPostgres {
  readonly port: number;
  /** E.g. `18.4`. */
  readonly version: string;
  /** Process id of the server, for tests that kill it. */
  readonly pid: number;
  /** Resolves when the server has ended, by `stop` or without being asked. */
  readonly ended: Promise<Ending>;
  /** Connection string, user and password included, of a database on this server. */
  url(database: string): string;
  /** Creates the database where it does not exist yet. */
  ensureDatabase(name: string): Promise<void>;
  /** Ends all sessions, writes everything and waits for the server's end. May be called again. */
  stop(): Promise<void>;
}

/** Between finding a free port and using it another program may take it. */
const FREE_PORT_ATTEMPTS = 5;
const DUPLICATE_DATABASE = '42P04';
const INVALID_PASSWORD = '28P01';

/**
 * synchronous_commit stays on: what was committed must survive kill -9 of Postgres in tests as well; only the crash of
 * the whole machine is left out.
 */
const DURABILITY_SETTINGS = { full: {}, none: { fsync: 'off', full_page_writes: 'off' } } as const;

/**
 * Starts a Postgres server on a folder, for this process alone. Whatever way this process ends, the server ends too.
 * @throws EmbeddedPostgresError with a sentence for the user
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const dataDir = resolve(options.dataDir);
  if (options.port !== undefined) await assertPortFree(options.port);
  const lock = await lockFolder(dataDir);
  try {
    const { postmaster, port } = await start({ ...options, dataDir });
    const released = postmaster.ended.then(() => lock.release());
    try {
      const version = await askVersion(connection(options, port, 'postgres'), dataDir);
      const stop = async (): Promise<void> => {
        await postmaster.stop();
        await released;
      };
      return embeddedPostgres(options, { ...postmaster, stop }, port, version);
    } catch (error) {
      await postmaster.stop();
      throw error;
    }
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function start(options: EmbeddedPostgresOptions): Promise<{ postmaster: Postmaster; port: number }> {
  const { dataDir, user, password, durability = 'full' } = options;
  const account = await accountFor(dataDir);
  const binaries = await runnableBinaries(options.binaries ?? (await postgresBinaries()), account);
  const { major } = await serverVersion(binaries);
  await prepareDataFolder({ dataDir, user, password, major, sync: durability === 'full' }, binaries, account);
  await clearOrphan(binaries, account, dataDir);
  const settings = {
    listen_addresses: LOOPBACK,
    unix_socket_directories: '',
    timezone: 'UTC',
    log_timezone: 'UTC',
    ...DURABILITY_SETTINGS[durability],
    ...options.settings,
  };
  for (let attempt = 1; ; attempt += 1) {
    const port = options.port ?? (await freePort());
    try {
      const postmaster = await startPostmaster({
        binaries,
        account,
        dataDir,
        port,
        settings,
        log: options.log ?? (() => undefined),
      });
      return { postmaster, port };
    } catch (error) {
      const taken = error instanceof EmbeddedPostgresError && error.code === 'port-in-use';
      if (!taken || options.port !== undefined || attempt === FREE_PORT_ATTEMPTS) throw error;
    }
  }
}

function embeddedPostgres(
  options: EmbeddedPostgresOptions,
  postmaster: Postmaster,
  port: number,
  version: string,
): EmbeddedPostgres {
  let stopping: Promise<void> | undefined;
  return {
    port,
    version,
    pid: postmaster.pid,
    ended: postmaster.ended,
    url: (database) => connection(options, port, database),
    ensureDatabase: (name) => ensureDatabase(connection(options, port, 'postgres'), name),
    stop: () => (stopping ??= postmaster.stop()),
  };
}

function connection({ user, password }: EmbeddedPostgresOptions, port: number, database: string): string {
  const encoded = [user, password, database].map(encodeURIComponent);
  return `postgresql://${encoded[0] ?? ''}:${encoded[1] ?? ''}@${LOOPBACK}:${port}/${encoded[2] ?? ''}`;
}

async function askVersion(url: string, dataDir: string): Promise<string> {
  try {
    const [row] = await query(url, 'SHOW server_version');
    return String(row?.['server_version']);
  } catch (cause) {
    if (errorCode(cause) !== INVALID_PASSWORD) throw cause;
    throw new EmbeddedPostgresError(
      'wrong-password',
      `The data folder ${dataDir} was created with another user or password. Use those, or choose another data folder.`,
      { cause },
    );
  }
}

/** Postgres has no CREATE DATABASE IF NOT EXISTS. */
async function ensureDatabase(url: string, name: string): Promise<void> {
  await query(url, `CREATE DATABASE ${pg.escapeIdentifier(name)}`).catch((error: unknown) => {
    if (errorCode(error) !== DUPLICATE_DATABASE) throw error;
  });
}

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}
