import { join } from 'node:path';
import { KEYS_TOPIC, PARTITIONS, topics } from '@samspill/contracts';
import { KafkaLog, newMasterKey } from '@samspill/eventlog';
import { isCompanyId, type CompanyId } from '@samspill/kernel';
import { spawnService, startKafka, waitFor, type ServiceProcess } from '@samspill/testing';
import { demoCompany, followSetUpGuide } from '@samspill/testing/demo';
import { openPostgres } from '../bench-postgres.js';
import { quiet } from '../quiet.js';

const ROOT = join(import.meta.dirname, '..', '..', '..', '..');
const KAFKA_HEAP_MIB = 1024;

/** Real processes on a real Kafka and a real Postgres, all on this machine. */
export interface Stage extends AsyncDisposable {
  readonly contacts: ServiceProcess;
  readonly contactsUrl: string;
  readonly identityUrl: string;
  readonly brokers: readonly string[];
  readonly versions: string;
  /** Connection string of a database on the stage's server. */
  databaseUrl(name: string): Promise<string>;
  /** One more service, with settings besides those that all have. */
  start(
    app: string,
    database: string,
    more?: Readonly<Record<string, string>>,
  ): Promise<{ readonly service: ServiceProcess; readonly url: string }>;
  /** A registered company that synchronises. */
  company(seed: number): Promise<CompanyId>;
}

export async function openStage(): Promise<Stage> {
  await using opened = new AsyncDisposableStack();
  const postgres = await openPostgres(opened, { shared_buffers: '1GB', max_connections: '200' });
  const kafka = opened.adopt(await startKafka({ heapMiB: KAFKA_HEAP_MIB }), (broker) => broker.stop());
  const log = opened.adopt(
    new KafkaLog({ brokers: kafka.brokers, clientId: 'bench', logger: quiet }),
    (unused) => unused.close(),
  );
  await log.create(Object.values(topics), PARTITIONS);
  await log.create([KEYS_TOPIC], PARTITIONS, 'compacted');
  const masterKey = newMasterKey(new Date());
  const databaseUrl = async (name: string): Promise<string> => {
    await postgres.ensureDatabase(name);
    return postgres.url(name);
  };
  // Services that are started later end with the stage as well.
  const running = opened.use(new AsyncDisposableStack());
  const start: Stage['start'] = async (app, database, more = {}) => {
    const service = await spawnService({
      main: join(ROOT, 'apps', app, 'dist', 'main.js'),
      env: {
        SAMSPILL_DATABASE_URL: await databaseUrl(database),
        SAMSPILL_KAFKA_BROKERS: kafka.brokers.join(','),
        SAMSPILL_HTTP_PORT: '0',
        SAMSPILL_MASTER_KEYS: masterKey,
        SAMSPILL_LOG_LEVEL: 'info',
        ...more,
      },
      ready: /"message":"listening"/,
    });
    running.defer(async () => {
      await service.kill();
    });
    const url = /"url":"([^"]+)"/.exec(service.output())?.[1];
    if (url === undefined) throw new Error(`${app} did not say where it listens`);
    await waitFor(async () => (await fetch(`${url}/health/ready`)).ok, {
      timeoutMs: 60_000,
      describe: `${app} to be ready`,
    });
    return { service, url };
  };
  const identity = await start('identity-registration', 'identity');
  const contacts = await start('contacts-sync', 'contacts');
  const company = async (seed: number): Promise<CompanyId> =>
    await register(identity.url, contacts.url, seed);
  const held = opened.move();
  return {
    contacts: contacts.service,
    contactsUrl: contacts.url,
    identityUrl: identity.url,
    brokers: kafka.brokers,
    versions: `Node ${process.versions.node}, Postgres ${postgres.version} (fsync on), Kafka ${kafka.version} (${kafka.provider}, one broker)`,
    databaseUrl,
    start,
    company,
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

async function register(identityUrl: string, contactsUrl: string, seed: number): Promise<CompanyId> {
  const headers = { 'content-type': 'application/json' };
  const registered = await fetch(`${identityUrl}/api/identity/v1/companies`, {
    method: 'POST',
    headers,
    body: JSON.stringify(demoCompany(seed)),
  });
  const { id } = (await registered.json()) as { id?: string };
  if (id === undefined || !isCompanyId(id)) throw new Error(`registration was answered ${registered.status}`);
  await followSetUpGuide(async (method, path, body) => {
    const response = await fetch(`${identityUrl}${path}`, {
      method,
      ...(body && { headers, body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${path} was answered ${response.status}: ${await response.text()}`);
    return await response.json();
  }, id);
  await waitFor(
    async () => {
      const status = await fetch(`${contactsUrl}/api/contacts/v1/companies/${id}/sync-status`);
      return status.ok && ((await status.json()) as { enabled: boolean }).enabled;
    },
    { timeoutMs: 30_000, describe: 'contacts-sync to hear that synchronisation is on' },
  );
  return id;
}
