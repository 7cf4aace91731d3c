import type { Database } from '@samspill/eventlog';
import type { Client } from 'pg';

/** Namespace of these locks among the database's advisory locks; any number that nothing else here uses. */
const RESYNC_LOCKS = 0x5a35;

/** Whether anybody holds the lock of a resync: it is free for as long as this statement runs. `id` is a column. */
export const LOCK_IS_FREE_SQL = `pg_try_advisory_xact_lock(${RESYNC_LOCKS}, hashtext(id::text))`;

/**
 * The right to work on a resync, held by one process at a time, on a connection of its own: it ends with the connection, so that a
 * killed process lets go at once.
 */
export class ResyncLock {
  private constructor(
    /** For statements that take long: it has no bound on their time. */
    readonly client: Client,
  ) {}

  /** Undefined where another process holds it. */
  static async take(database: Database, id: string): Promise<ResyncLock | undefined> {
    const client = await database.dedicated();
    client.on('error', (error) =>
      database.options.logger.warn('the connection of a resync was lost', { id, reason: error.message }),
    );
    try {
      await client.query('SET statement_timeout = 0');
      const result = await client.query<{ held: boolean }>(
        'SELECT pg_try_advisory_lock($1, hashtext($2::text)) AS held',
        [RESYNC_LOCKS, id],
      );
      if (result.rows[0]?.held === true) return new ResyncLock(client);
    } catch (error) {
      await client.end();
      throw error;
    }
    await client.end();
    return undefined;
  }

  async release(): Promise<void> {
    await this.client.end();
  }
}
