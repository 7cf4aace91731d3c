import { join } from 'node:path';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '@samspill/embedded-postgres';
import { temporaryFolder } from './standalone-process.js';

/** Two services, tests and tools at once. */
const MAX_CONNECTIONS = '100';

/** A Postgres of the test's own, to be killed. */
export interface KillablePostgres extends AsyncDisposable {
  readonly url: string;
  /** SIGKILL of the server process; its data stays. */
  kill(): Promise<void>;
  /** Starts it again on the same data and port. */
  restart(): Promise<void>;
}

export async function startKillablePostgres(): Promise<KillablePostgres> {
  const folder = await temporaryFolder();
  const start = (port?: number): Promise<EmbeddedPostgres> =>
    startEmbeddedPostgres({
      dataDir: join(folder.path, 'data'),
      port,
      user: 'samspill',
      password: 'samspill',
      durability: 'none',
      settings: { max_connections: MAX_CONNECTIONS },
    });
  let server = await start();
  return {
    url: server.url('postgres'),
    kill: async () => {
      process.kill(server.pid, 'SIGKILL');
      await server.ended;
    },
    restart: async () => {
      server = await start(server.port);
    },
    [Symbol.asyncDispose]: async () => {
      await server.stop();
      await folder[Symbol.asyncDispose]();
    },
  };
}
