import type { Database } from '@samspill/eventlog';
import type { DataSource } from 'typeorm';

/**
 * Names of the migrations of this build that have not run yet. Changes nothing, unlike TypeORM's own look, which makes its table.
 * Migrations of a newer build do not matter: they leave a database that this one can use.
 */
export async function pendingMigrations(
  database: Database,
  dataSource: DataSource,
): Promise<readonly string[]> {
  const ran = await database.withClient(async (client) => {
    const table = await client.query<{ exists: boolean }>(
      `SELECT to_regclass('migration') IS NOT NULL AS exists`,
    );
    if (table.rows[0]?.exists !== true) return new Set<string>();
    const { rows } = await client.query<{ name: string }>('SELECT name FROM migration');
    return new Set(rows.map(({ name }) => name));
  });
  return dataSource.migrations
    .map((migration) => migration.name ?? migration.constructor.name)
    .filter((name) => !ran.has(name));
}
