import { randomBytes } from 'node:crypto';
import { KEYS_TOPIC, topics } from '@samspill/contracts';
import { MasterKeys, PostgresLog, type Logger } from '@samspill/eventlog';
import { startHost, type Host, type SignInConfiguration } from '@samspill/platform';
import { createTestDatabase, freePort, waitFor } from '@samspill/testing';
import { identityContext } from './identity.module.js';

const PARTITIONS = 3;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Callers sign in at the instance that they call. */
export interface OwnSignIn {
  readonly breakGlass: string;
}

/** Instances of the service on one database, as pods are, and all that they have written into log lines. */
export class IdentityWorld {
  readonly #opened = new AsyncDisposableStack();
  readonly lines: string[] = [];
  readonly hosts: Host[] = [];
  readonly masterKeys = new MasterKeys([{ id: 'test', key: randomBytes(32) }]);

  private constructor(
    readonly databaseUrl: string,
    readonly logUrl: string,
    /** Where callers have to sign in. */
    private readonly signIn?: SignInConfiguration | OwnSignIn,
  ) {}

  static async open(instances: number, signIn?: SignInConfiguration | OwnSignIn): Promise<IdentityWorld> {
    const database = await createTestDatabase({ prefix: 'identity' });
    const log = await createTestDatabase({ prefix: 'identity_log' });
    const world = new IdentityWorld(database.url, log.url, signIn);
    world.#opened.defer(() => database.drop());
    world.#opened.defer(() => log.drop());
    for (let instance = 0; instance < instances; instance += 1) await world.start();
    return world;
  }

  /** Mails of the first instance that sent them are on its own page: one instance, where a test reads mails. */
  async start(): Promise<Host> {
    // The issuer is part of the configuration, so its port has to be known before it is listened on.
    const port = await freePort();
    const publicOrigin = `http://127.0.0.1:${port}`;
    const write = (message: string, fields?: object): void => {
      this.lines.push(`${message} ${JSON.stringify(fields ?? {})}`);
    };
    const logger: Logger = { debug: write, info: write, warn: write, error: write };
    const log = this.#opened.adopt(await PostgresLog.open({ url: this.logUrl, logger }), (unused) =>
      unused.close(),
    );
    await log.create([topics.identity], PARTITIONS);
    await log.create([KEYS_TOPIC], PARTITIONS, 'compacted');
    const database = { url: this.databaseUrl, poolSize: 10, waitMs: 10_000 };
    const host = await startHost({
      contexts: [{ definition: identityContext, database }],
      log,
      http: { host: '127.0.0.1', port },
      provider: { publicOrigin, mail: { kind: 'mailbox' } },
      masterKeys: this.masterKeys,
      ...(this.signIn && { signIn: signInAt(publicOrigin, this.signIn) }),
      logger,
      api: { title: 'Test', description: 'For tests', version: '1' },
      partitions: PARTITIONS,
    });
    this.#opened.adopt(host, (unused) => unused.close());
    this.hosts.push(host);
    await waitFor(async () => (await fetch(`${host.url}/health/ready`)).ok, { describe: 'to be ready' });
    return host;
  }

  async close(): Promise<void> {
    await this.#opened.disposeAsync();
  }

  /** The first instance. */
  get first(): Host {
    const [host] = this.hosts;
    if (!host) throw new Error('no instance has been started');
    return host;
  }

  /** @param instance which of the instances is asked */
  async call(method: string, path: string, body?: unknown, instance = 0): Promise<Answer> {
    const sent =
      body === undefined
        ? {}
        : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
    const response = await fetch(`${this.hosts[instance]?.url ?? ''}${path}`, { method, ...sent });
    const text = await response.text();
    const answered: unknown = text === '' ? {} : JSON.parse(text);
    if (typeof answered !== 'object' || answered === null) throw new Error(`${path} answered ${text}`);
    return { status: response.status, headers: response.headers, body: { ...answered } };
  }

  /** Everything that the service's database and the log hold, as text, table by table. */
  async everything(): Promise<string> {
    const { default: pg } = await import('pg');
    const texts: string[] = [];
    for (const connectionString of [this.databaseUrl, this.logUrl]) {
      const client = new pg.Client({ connectionString });
      await client.connect();
      const { rows: tables } = await client.query<{ name: string }>(
        `SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables
         WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')`,
      );
      for (const { name } of tables) {
        const { rows } = await client.query<{ row: string }>(
          `SELECT coalesce(string_agg(convert_from(convert_to(t::text, 'UTF8'), 'UTF8'), E'\\n'), '') AS row FROM ${name} t`,
        );
        texts.push(`${name}: ${rows[0]?.row ?? ''}`);
      }
      await client.end();
    }
    // Bytes are shown in hexadecimal; what is in them has to be seen as well.
    return texts
      .join('\n')
      .replaceAll(/\\+x([0-9a-f]+)/g, (_all, hex: string) => Buffer.from(hex, 'hex').toString('utf8'));
  }
}

function signInAt(origin: string, signIn: SignInConfiguration | OwnSignIn): SignInConfiguration {
  if ('issuer' in signIn) return signIn;
  const issuer = `${origin}/api/identity/oidc`;
  return { issuer, jwksUrl: new URL(`${issuer}/jwks`), ...signIn };
}
