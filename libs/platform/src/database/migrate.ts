import { loginOf, raiseWalls } from '@samspill/eventlog';
import { PlatformError } from '@samspill/kernel';

import type { DatabaseConfiguration } from '../configuration/service-configuration.js';
import type { ContextDefinition } from '../context/context-definition.js';
import { errorCode, isError } from '../is-error.js';
import { shareWithService } from './logins.js';
import { openDatabase, type OpenDatabase, type OpenDatabaseOptions } from './open-database.js';
import { pendingMigrations } from './pending-migrations.js';

/** Any number: whoever migrates a database of ours holds it. */
const MIGRATION_LOCK = 7_263_000;
/** Another process may be in the middle of a long migration; this one has nothing to do until that is over. */
const LOCK_TIMEOUT_MS = 10 * 60_000;
const INSUFFICIENT_PRIVILEGE = '42501';

/**
 * Brings the database to the version of this build, the walls between companies of its read tables included; of several processes that
 * start at once, one does it. Where there is a login for migrations, that one migrates, and the service's is let work in what comes of it.
 * @param opened the database as the service enters it
 * @returns names of the migrations that ran
 * @throws PlatformError `eventlog.reader-role-missing` where an administrator has to make a role first; `platform.migrations-refused`
 *   where migrations are pending and the login may not run them
 */
export async function migrate(
  definition: ContextDefinition,
  opened: OpenDatabase,
  options: OpenDatabaseOptions,
): Promise<readonly string[]> {
  const { migrationsUrl } = options.database;
  if (migrationsUrl === undefined) return await migrateAs(opened, definition, opened);
  const database: DatabaseConfiguration = { ...options.database, url: migrationsUrl };
  await using stack = new AsyncDisposableStack();
  const entered = stack.adopt(await openDatabase(definition, { ...options, database }), (unused) =>
    unused.close(),
  );
  return await migrateAs(entered, definition, opened);
}

async function migrateAs(
  migrator: OpenDatabase,
  { manifest }: ContextDefinition,
  service: OpenDatabase,
): Promise<readonly string[]> {
  const client = await migrator.database.dedicated();
  try {
    await client.query(`SET statement_timeout = ${LOCK_TIMEOUT_MS}`);
    await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    const migrations = await runMigrations(migrator);
    if (migrator !== service) await shareWithService(migrator.database, service.database);
    await raiseWalls(service.database, manifest.projections);
    return migrations;
  } finally {
    // Ends the session, and with it the lock.
    await client.end();
  }
}

async function runMigrations({ database, dataSource }: OpenDatabase): Promise<readonly string[]> {
  try {
    const migrations = await dataSource.runMigrations({ transaction: 'each' });
    return migrations.map(({ name }) => name);
  } catch (error) {
    if (!isRefused(error)) throw error;
    const [login, pending] = [await loginOf(database), await pendingMigrations(database, dataSource)];
    throw new PlatformError(
      'platform.migrations-refused',
      `The login ${login} may not migrate its database, and these migrations have not run: ${pending.join(', ')}. Run the task migrate with SAMSPILL_MIGRATIONS_DATABASE_URL first, the connection string of a login that may.`,
      false,
      { cause: error },
    );
  }
}

/** Sees through TypeORM, which wraps the driver's error. */
function isRefused(error: unknown): boolean {
  if (errorCode(error) === INSUFFICIENT_PRIVILEGE) return true;
  return isError(error) && 'driverError' in error && isRefused(error.driverError);
}
