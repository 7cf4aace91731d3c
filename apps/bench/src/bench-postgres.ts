import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '@samspill/embedded-postgres';
import { EVENTLOG_MIGRATIONS } from '@samspill/eventlog';
import { DataSource } from 'typeorm';

/** Enough that no checkpoint falls into what is measured. */
const MAX_WAL_SIZE = '8GB';

/** A server in a temporary folder, which goes with `owner`. Durable as in production: what is measured must be on disk. */
export async function openPostgres(
  owner: AsyncDisposableStack,
  settings: Readonly<Record<string, string>>,
): Promise<EmbeddedPostgres> {
  const folder = await mkdtemp(join(tmpdir(), 'samspill-bench-'));
  owner.defer(() => rm(folder, { recursive: true, force: true }));
  await chmod(folder, 0o755); // Postgres runs as a user of its own
  return owner.adopt(
    await startEmbeddedPostgres({
      dataDir: join(folder, 'postgres'),
      user: 'bench',
      password: 'bench',
      durability: 'full',
      settings: { max_wal_size: MAX_WAL_SIZE, ...settings },
    }),
    (server) => server.stop(),
  );
}

/** Makes the event log's tables. */
export async function migrateEventLog(url: string): Promise<void> {
  const source = await new DataSource({
    type: 'postgres',
    url,
    migrations: [...EVENTLOG_MIGRATIONS],
    installExtensions: false,
  }).initialize();
  await source.runMigrations();
  await source.destroy();
}
