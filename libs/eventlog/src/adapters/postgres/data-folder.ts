import { statfs } from 'node:fs/promises';
import type { Database } from './database.js';

/**
 * Room in the folder that Postgres keeps its tables in, in bytes, where that folder is on this machine and the role may ask for it.
 * Postgres itself cannot tell.
 */
export async function freeBytesOf(database: Database): Promise<number | undefined> {
  const folder = await database.withClient(async (client) => {
    const { rows } = await client.query<{ folder: string | null }>(
      `SELECT CASE WHEN coalesce(host(inet_server_addr()), '') IN ('', '127.0.0.1', '::1')
         AND pg_has_role(current_user, 'pg_read_all_settings', 'usage') THEN current_setting('data_directory') END AS folder`,
    );
    return rows[0]?.folder ?? undefined;
  });
  if (folder === undefined) return undefined;
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch {
    return undefined; // a server on a loopback address may still be in a container
  }
}
