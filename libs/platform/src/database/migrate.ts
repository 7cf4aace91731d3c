import { raiseWalls, type Database } from '@samspill/eventlog';
import type { Projection } from '@samspill/kernel';
import type { DataSource } from 'typeorm';

/** Any number: whoever migrates a database of ours holds it. */
const MIGRATION_LOCK = 7_263_000;
/** Another process may be in the middle of a long migration; this one has nothing to do until that is over. */
const LOCK_TIMEOUT_MS = 10 * 60_000;

/**
 * Brings the database to the version of this build, the walls between companies of its read tables included; of several processes that
 * start at once, one does it.
 * @returns names of the migrations that ran
 * @throws PlatformError `eventlog.reader-role-missing` where an administrator has to make a role first
 */
export async function migrate(
  database: Database,
  dataSource: DataSource,
  projections: readonly Projection[],
): Promise<readonly string[]> {
  const client = await database.dedicated();
  try {
    await client.query(`SET statement_timeout = ${LOCK_TIMEOUT_MS}`);
    await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    const migrations = await dataSource.runMigrations({ transaction: 'each' });
    await raiseWalls(database, projections);
    return migrations.map((migration) => migration.name);
  } finally {
    // Ends the session, and with it the lock.
    await client.end();
  }
}
