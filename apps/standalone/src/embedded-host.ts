import { createWriteStream } from 'node:fs';
import { KEYS_TOPIC, topics } from '@samspill/contracts';
import { contactsContext } from '@samspill/context-contacts';
import { crmContext } from '@samspill/context-crm';
import { identityContext, ISSUER_PATH } from '@samspill/context-identity';
import { freePort, startEmbeddedPostgres } from '@samspill/embedded-postgres';
import { PARTITIONS } from '@samspill/contracts';
import { PostgresLog } from '@samspill/eventlog';
import { JsonLogger, startHost, type ContextDefinition, type SignInConfiguration } from '@samspill/platform';
import { HubSpotSimulator } from '@samspill/testing/simulators';
import type { DataFolder } from './data-folder.js';

/** Everyone on this machine may reach loopback; the password only keeps other programs from connecting by mistake. */
const DATABASE_USER = 'samspill';
const DATABASE_PASSWORD = 'samspill';
const LOG_DATABASE = 'log';
const CONNECTIONS_PER_CONTEXT = 10;
const DATABASE_WAIT_MS = 30_000;
/** All contexts, their entities, the log and its readers have connections of their own. */
const MAX_CONNECTIONS = '200';
/** Of the simulated CRM's chances. */
const DEMO_SEED = 7;

const HOST = '127.0.0.1';
/** Where people sign in: browsers make passkeys for names of hosts and not for addresses (Web Authentication, 5.1.3). */
const SIGN_IN_HOST = 'localhost';

/** The contexts that run in this process. */
const CONTEXTS: readonly ContextDefinition[] = [identityContext, contactsContext, crmContext];

export interface EmbeddedHost {
  readonly url: string;
  readonly postgres: string;
  /** What signs in to the simulated CRM. */
  readonly crmToken: string;
  /** Stops taking work, finishes what is under way, stops Postgres. */
  close(): Promise<void>;
  /** Resolves when Postgres has ended without having been asked to. */
  readonly failed: Promise<string>;
}

export interface EmbeddedHostOptions {
  /** TCP port on loopback; 0 takes a free one. */
  readonly port: number;
  /** Whether everybody has to sign in. */
  readonly signIn: boolean;
}

/** Starts Postgres on the data folder, the log in it, and every context in this process. */
export async function startEmbeddedHost(
  folder: DataFolder,
  { port, signIn }: EmbeddedHostOptions,
): Promise<EmbeddedHost> {
  const output = createWriteStream(folder.logFile, { flags: 'a' });
  const logger = new JsonLogger({ level: 'info', write: (line) => output.write(line) });
  await using opened = new AsyncDisposableStack();
  const postgres = opened.adopt(
    await startEmbeddedPostgres({
      dataDir: folder.postgres,
      user: DATABASE_USER,
      password: DATABASE_PASSWORD,
      settings: { max_connections: MAX_CONNECTIONS },
      log: (line) => logger.info('postgres', { line }),
    }),
    (server) => server.stop(),
  );
  await postgres.ensureDatabase(LOG_DATABASE);
  for (const { manifest } of CONTEXTS) await postgres.ensureDatabase(manifest.name);
  const log = opened.adopt(await PostgresLog.open({ url: postgres.url(LOG_DATABASE), logger }), (unused) =>
    unused.close(),
  );
  await log.create(Object.values(topics), PARTITIONS);
  await log.create([KEYS_TOPIC], PARTITIONS, 'compacted');
  const crm = opened.adopt(
    await HubSpotSimulator.start({ seed: DEMO_SEED, beforeFirstId: Date.now() }),
    (unused) => unused.stop(),
  );
  // The issuer of tokens is configuration, so the port has to be known before it is listened on.
  const fixedPort = port === 0 ? await freePort() : port;
  const publicOrigin = `http://${signIn ? SIGN_IN_HOST : HOST}:${fixedPort}`;
  const host = opened.adopt(
    await startHost({
      contexts: CONTEXTS.map((definition) => ({
        definition,
        database: {
          url: postgres.url(definition.manifest.name),
          poolSize: CONNECTIONS_PER_CONTEXT,
          waitMs: DATABASE_WAIT_MS,
        },
      })),
      log,
      masterKeys: await folder.masterKeys(),
      simulators: new Map([['hubspot', crm.server.url]]),
      http: { host: HOST, port: fixedPort },
      provider: { publicOrigin, mail: { kind: 'mailbox' } },
      ...(signIn && { signIn: await ownSignIn(folder, publicOrigin) }),
      logger,
      api: { title: 'Samspill', description: 'All services of this machine.', version: '0.1.0' },
    }),
    (unused) => unused.close(),
  );
  const held = opened.move();
  let closing = false;
  const close = async (): Promise<void> => {
    closing = true;
    await held.disposeAsync();
    output.end();
  };
  const failed = new Promise<string>((resolve) => {
    void postgres.ended.then(() => {
      if (!closing) resolve(`Postgres has stopped by itself; its last words are in ${folder.logFile}.`);
    });
  });
  return {
    url: signIn ? publicOrigin : host.url,
    postgres: `Postgres ${postgres.version}`,
    crmToken: crm.staticToken,
    close,
    failed,
  };
}

/** Tokens of the provider in this process. */
async function ownSignIn(folder: DataFolder, publicOrigin: string): Promise<SignInConfiguration> {
  const issuer = `${publicOrigin}${ISSUER_PATH}`;
  return { issuer, jwksUrl: new URL(`${issuer}/jwks`), breakGlass: await folder.breakGlass() };
}
