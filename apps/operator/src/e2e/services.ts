import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { PARTITIONS, topics } from '@samspill/contracts';
import {
  newMasterKey,
  partitionOf,
  PostgresLog,
  silentLogger,
  toRecord,
  type StoredEvent,
} from '@samspill/eventlog';
import {
  CommandLine,
  createTestDatabase,
  spawnService,
  waitFor,
  type ServiceProcess,
} from '@samspill/testing';

const APPS = join(import.meta.dirname, '../../..');
const SAMSPILL = join(APPS, 'operator', 'bin', 'samspill.mjs');
const READY_TIMEOUT_MS = 60_000;

/** identity-registration and contacts-sync as processes of their own, with a log in Postgres, and a command line that knows them. */
export interface RunningServices extends AsyncDisposable {
  readonly samspill: CommandLine;
  readonly contacts: ServiceProcess;
  /** Where the services are. */
  readonly urls: { readonly identity: string; readonly contacts: string };
  /** Writes events to the contacts topic past every service: what somebody else's mistake would look like. */
  publish(...events: readonly StoredEvent[]): Promise<void>;
}

export async function startServices(): Promise<RunningServices> {
  await using opened = new AsyncDisposableStack();
  const database = async (prefix: string): Promise<string> =>
    opened.adopt(await createTestDatabase({ prefix }), (unused) => unused.drop()).url;
  const logUrl = await database('log');
  const log = opened.adopt(await PostgresLog.open({ url: logUrl, logger: silentLogger }), (unused) =>
    unused.close(),
  );
  await log.create(Object.values(topics), PARTITIONS);
  const masterKey = newMasterKey(new Date());
  const start = async (app: string, url: string): Promise<ServiceProcess> =>
    opened.adopt(
      await spawnService({
        main: join(APPS, app, 'dist', 'main.js'),
        env: {
          SAMSPILL_HTTP_PORT: '0',
          SAMSPILL_DATABASE_URL: url,
          SAMSPILL_LOG: 'postgres',
          SAMSPILL_LOG_DATABASE_URL: logUrl,
          SAMSPILL_MASTER_KEYS: masterKey,
        },
        ready: /"message":"listening"/,
      }),
      async (service) => {
        await service.kill();
      },
    );
  const identity = await start('identity-registration', await database('identity'));
  const contacts = await start('contacts-sync', await database('contacts'));
  for (const service of [identity, contacts]) {
    await waitFor(async () => (await fetch(`${urlOf(service)}/health/ready`)).ok, {
      describe: 'a service to be ready',
      timeoutMs: READY_TIMEOUT_MS,
    });
  }
  const urls = { identity: urlOf(identity), contacts: urlOf(contacts) };
  const samspill = new CommandLine(SAMSPILL, () => ({
    SAMSPILL_OPERATOR_URLS: `contacts=${urls.contacts},identity=${urls.identity}`,
  }));
  const held = opened.move();
  return {
    samspill,
    contacts,
    urls,
    publish: (...events) => publish(log, events),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

function urlOf(service: ServiceProcess): string {
  return /"message":"listening".*?"url":"(http:[^"]+)"/.exec(service.output())?.[1] ?? '';
}

async function publish(log: PostgresLog, events: readonly StoredEvent[]): Promise<void> {
  const writer = await log.writer();
  try {
    for (const event of events) {
      const record = toRecord(event, 'somebody');
      await writer.publish(topics.contacts, new Map([[partitionOf(event.key, PARTITIONS), [record]]]));
    }
  } finally {
    await writer.close();
  }
}

/** A customer's event as some service would have written it. */
export function customerEvent(
  company: string,
  number: string,
  version: number,
  name: string,
  schemaVersion = 1,
): StoredEvent {
  return {
    id: randomUUID(),
    stream: `contacts.customer/${company}/${number}`,
    version,
    type: 'contacts.customer.changed',
    schemaVersion,
    key: company,
    time: new Date().toISOString(),
    actor: 'agent:somebody',
    correlationId: 'test',
    causationId: 'test',
    value: Buffer.from(
      JSON.stringify({ record: { kind: 'customer', number, name }, changed: ['number', 'name'] }),
    ),
  };
}
