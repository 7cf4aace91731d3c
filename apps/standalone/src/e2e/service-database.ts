import { Database, silentLogger } from '@samspill/eventlog';
import { databaseUrl } from '@samspill/testing';

/** Runs statements in a database as its owner, past the service: what an accident, or whoever mends one, would do. */
export async function runSql<Row extends object = never>(
  url: string,
  ...statements: readonly string[]
): Promise<readonly Row[]> {
  const database = new Database({ url, applicationName: 'test', maxConnections: 1, logger: silentLogger });
  try {
    return await database.withClient(async (client) => {
      let rows: readonly Row[] = [];
      for (const statement of statements) ({ rows } = await client.query<Row>(statement));
      return rows;
    });
  } finally {
    await database.pool.end();
  }
}

/**
 * Puts an empty database, or a copy of another one on the same server, in the place of a service's, with the same owner: whoever is connected
 * is cut off.
 */
export async function replaceDatabase(url: string, copyOf?: string): Promise<void> {
  const server = databaseUrl(url, 'postgres');
  const name = nameOf(url);
  const [former] = await runSql<{ owner: string }>(
    server,
    `SELECT datdba::regrole::text AS owner FROM pg_database WHERE datname = '${name}'`,
  );
  const owner = former === undefined ? '' : ` OWNER ${former.owner}`;
  await runSql(server, `DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`);
  await runSql(
    server,
    `CREATE DATABASE "${name}"${copyOf === undefined ? '' : ` TEMPLATE "${copyOf}"`}${owner}`,
  );
}

/** Copies a database that nobody is connected to, as a backup would; returns the copy's name. */
export async function backUp(url: string): Promise<string> {
  const server = databaseUrl(url, 'postgres');
  const [name, copy] = [nameOf(url), `${nameOf(url)}_backup`];
  await runSql(
    server,
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`,
    `CREATE DATABASE "${copy}" TEMPLATE "${name}"`,
  );
  return copy;
}

export function nameOf(url: string): string {
  return decodeURIComponent(new URL(url).pathname.slice(1));
}
