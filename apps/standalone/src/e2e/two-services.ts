import { join } from 'node:path';
import { KEYS_TOPIC, PARTITIONS, topics } from '@samspill/contracts';
import { KafkaLog, newMasterKey, silentLogger } from '@samspill/eventlog';
import { createTestDatabase, spawnService, waitFor, type ServiceProcess } from '@samspill/testing';
import { HttpApi } from './http-api.js';
import { loginsApart } from './logins-apart.js';

const APPS = join(import.meta.dirname, '../../..');
const READY_TIMEOUT_MS = 120_000;

export type App = 'identity-registration' | 'contacts-sync' | 'crm-link';

/** The program of a service. */
export function mainOf(app: App): string {
  return join(APPS, app, 'dist', 'main.js');
}

/** A service in a process of its own, at the address of its latest start. */
export class RunningService {
  private constructor(readonly process: ServiceProcess) {}

  static async start(app: App, env: Readonly<Record<string, string>>): Promise<RunningService> {
    const main = mainOf(app);
    const service = new RunningService(await spawnService({ main, env, ready: /"message":"listening"/ }));
    await service.ready();
    return service;
  }

  get url(): string {
    const said = [...this.process.output().matchAll(/"message":"listening".*?"url":"(http:[^"]+)"/g)];
    return said.at(-1)?.[1] ?? '';
  }

  /** SIGKILL. */
  async kill(): Promise<void> {
    await this.process.kill('SIGKILL');
  }

  /** Starts it again, after killing it where it still runs, and waits until it can do its work. */
  async restart(): Promise<void> {
    await this.process.restart();
    await this.ready();
  }

  async ready(): Promise<void> {
    await waitFor(async () => (await fetch(`${this.url}/health/ready`)).ok, {
      describe: `${this.url} to be ready`,
      timeoutMs: READY_TIMEOUT_MS,
    });
  }
}

export interface TwoServices extends AsyncDisposable {
  readonly identity: RunningService;
  readonly contacts: RunningService;
  readonly api: HttpApi;
  readonly brokers: readonly string[];
  readonly databases: { readonly identity: string; readonly contacts: string };
  /** One more process of identity-registration on the same database. */
  anotherIdentity(): Promise<RunningService>;
}

/**
 * identity-registration and contacts-sync as in production: a process and a database each, which they enter by logins of their own, and
 * nothing between them but the log.
 * @param brokers of a Kafka without any topics of ours
 * @param postgres connection string of a server other than the run's
 * @param more settings of both
 * @param ofIdentity settings of identity-registration alone
 */
export async function startTwoServices(
  brokers: readonly string[],
  postgres?: string,
  more: Readonly<Record<string, string>> = {},
  ofIdentity: Readonly<Record<string, string>> = {},
): Promise<TwoServices> {
  await using opened = new AsyncDisposableStack();
  await createTopics(brokers);
  const database = async (prefix: string): Promise<string> => {
    const options = { prefix, ...(postgres === undefined ? {} : { serverUrl: postgres }) };
    const created = opened.adopt(await createTestDatabase(options), (unused) =>
      unused.drop().catch(() => undefined),
    );
    return created.url;
  };
  const made = async (prefix: string) => {
    // Goes after the database: roles cannot while there is anything that they own.
    const roles = opened.use(new AsyncDisposableStack());
    const url = await database(prefix);
    return { url, settings: roles.use(await loginsApart(url)).settings };
  };
  const entered = { identity: await made('identity'), contacts: await made('contacts') };
  const masterKey = newMasterKey(new Date());
  const environment = (settings: Readonly<Record<string, string>>): Record<string, string> => ({
    SAMSPILL_HTTP_PORT: '0',
    ...settings,
    SAMSPILL_LOG: 'kafka',
    SAMSPILL_KAFKA_BROKERS: brokers.join(','),
    SAMSPILL_MASTER_KEYS: masterKey,
    ...more,
  });
  const start = async (
    app: App,
    { settings }: { readonly settings: Readonly<Record<string, string>> },
    own: Readonly<Record<string, string>> = {},
  ): Promise<RunningService> =>
    opened.adopt(await RunningService.start(app, { ...environment(settings), ...own }), (service) =>
      service.kill(),
    );
  const [identity, contacts] = await Promise.all([
    start('identity-registration', entered.identity, ofIdentity),
    start('contacts-sync', entered.contacts),
  ]);
  const addresses: Readonly<Record<string, RunningService>> = { identity, contacts };
  const held = opened.move();
  return {
    identity,
    contacts,
    api: new HttpApi((context) => addresses[context]?.url ?? ''),
    brokers,
    databases: { identity: entered.identity.url, contacts: entered.contacts.url },
    anotherIdentity: async () =>
      held.adopt(
        await RunningService.start('identity-registration', {
          ...environment(entered.identity.settings),
          ...ofIdentity,
        }),
        (service) => service.kill(),
      ),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

/** As an operator does it: services never make a topic. */
async function createTopics(brokers: readonly string[]): Promise<void> {
  const log = new KafkaLog({ brokers, clientId: 'test', logger: silentLogger });
  try {
    await log.create(Object.values(topics), PARTITIONS);
    await log.create([KEYS_TOPIC], PARTITIONS, 'compacted');
  } finally {
    await log.close();
  }
}
