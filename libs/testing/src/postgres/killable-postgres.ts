import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { endWithParent, startEmbeddedPostgres, type EmbeddedPostgres } from '@samspill/embedded-postgres';

/** A server of the test's own that is killed and comes back on the same data and port. */
export interface KillablePostgres {
  url(database: string): string;
  /** SIGKILL; its data stays, and what was committed is in it. */
  kill(): Promise<void>;
  /** Starts it again after a kill. Resolves when it answers. */
  restart(): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

export interface KillablePostgresOptions {
  /** Server settings, e.g. `{ max_connections: '300' }`. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** @throws EmbeddedPostgresError, see there */
export async function startKillablePostgres({
  settings = {},
}: KillablePostgresOptions = {}): Promise<KillablePostgres> {
  const folder = await mkdtemp(join(tmpdir(), 'samspill-postgres-'));
  // mkdtemp makes it 0700, and a root process runs Postgres as another user.
  await chmod(folder, 0o755);
  const start = async (port?: number): Promise<EmbeddedPostgres & { readonly leave: () => void }> => {
    const server = await startEmbeddedPostgres({
      dataDir: join(folder, 'data'),
      user: 'samspill',
      password: 'samspill',
      durability: 'none',
      settings,
      ...(port !== undefined && { port }),
    });
    return {
      ...server,
      leave: endWithParent({ pid: server.pid, signal: 'INT', thenRemove: folder }),
    };
  };
  let server = await start();
  const { port } = server;
  const kill = async (): Promise<void> => {
    server.leave();
    process.kill(server.pid, 'SIGKILL');
    await server.ended;
  };
  return {
    url: (database) => server.url(database),
    kill,
    restart: async () => {
      server = await start(port);
    },
    stop: async () => {
      server.leave();
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
