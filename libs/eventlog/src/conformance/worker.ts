import { writeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { randomFrom } from '@samspill/testing';
import { KafkaLog } from '../adapters/kafka/kafka-log.js';
import { Database } from '../adapters/postgres/database.js';
import { PostgresEventStore } from '../adapters/postgres/event-store.js';
import { PostgresKeyStore } from '../adapters/postgres/key-store.js';
import { PostgresLog } from '../adapters/postgres/postgres-log.js';
import { PostgresProjectionStore } from '../adapters/postgres/projection-store.js';
import type { EventLogDependencies } from '../event-log-dependencies.js';
import { EventLog } from '../event-log.js';
import { readMasterKeys } from '../keys/master-keys.js';
import type { Log } from '../log.js';
import { silentLogger } from '../logger.js';
import { operateAtRandom } from './random-operating.js';
import { randomWork, type Work } from './random-work.js';
import { ACCOUNT_REACTOR } from './toy/account.reactor.js';
import {
  bankManifest,
  ownersManifest,
  peopleManifest,
  tellingManifest,
  TOY_PARTITIONS,
} from './toy/toy-manifests.js';
import { toyOutside } from './toy/toy-outside.js';
import { context } from './toy/toy-writing.js';

/**
 * A whole process of a toy service, for tests that kill it: it publishes, projects, appends without end, and now and then
 * asks for something that an operator could ask for.
 * Its one argument says where; on its output each line is JSON: `started`, what is about to be tried, and what was
 * acknowledged.
 */
export const workerSettings = z.object({
  service: z.enum(['bank', 'owners', 'people']),
  /** `work`: append without end; `run`: only what is begun by others; `rotate`: seal keys anew, once. */
  task: z.enum(['work', 'run', 'rotate']),
  topics: z.object({ bank: z.string(), owners: z.string(), people: z.string(), keys: z.string() }),
  log: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('kafka'), brokers: z.array(z.string()) }),
    z.object({ kind: z.literal('postgres'), url: z.string() }),
  ]),
  database: z.string(),
  companies: z.array(z.string()),
  seed: z.number(),
  /** Where the bank tells about its accounts, if it does. */
  outside: z.string().optional(),
  /** What people's keys are sealed with, as configuration has it. */
  masterKeys: z.string().optional(),
});
export type WorkerSettings = z.infer<typeof workerSettings>;

/** How often a worker of the bank asks for something as an operator, in tries. */
const OPERATE_EVERY = 10;
const MAX_CONNECTIONS = 5;

export type WorkerLine =
  { readonly tried: Work } | { readonly acknowledged: string } | 'started' | 'rotating' | 'rotated';

const [, , argument] = process.argv;
if (argument !== undefined) await run(workerSettings.parse(JSON.parse(argument)));

async function run(settings: WorkerSettings): Promise<void> {
  say('started');
  const eventLog = await open(settings);
  eventLog.start();
  while (eventLog.status().gate.state !== 'open') await delay(5);
  if (settings.task === 'rotate') await rotate(eventLog);
  if (settings.task === 'work') await work(eventLog, settings);
}

async function rotate(eventLog: EventLog): Promise<void> {
  say('rotating');
  await eventLog.keys?.care.rotate();
  say('rotated');
}

async function work(eventLog: EventLog, settings: WorkerSettings): Promise<void> {
  if (settings.service === 'people') throw new Error('people do not work');
  const random = randomFrom(settings.seed * 1_000_003 + process.pid);
  for (let turn = 1; ; turn += 1) {
    const reference = `${process.pid}.${Date.now()}.${turn}`;
    const task = randomWork(settings.service, random, settings.companies, reference);
    say({ tried: task });
    await append(eventLog, task).then(
      () => say({ acknowledged: reference }),
      () => undefined, // whether it was written is what the test finds out
    );
    if (settings.service === 'bank' && turn % OPERATE_EVERY === 0) {
      operateAtRandom(eventLog, random, settings.companies).catch(() => undefined); // the database may be away
    }
  }
}

async function append(eventLog: EventLog, { company, stream, reference, events }: Work): Promise<void> {
  await eventLog.transact(context(new Date(), reference), async (unit) => {
    const history = await unit.load(stream);
    unit.append({ stream, key: company }, history.length, events);
  });
}

async function open(settings: WorkerSettings): Promise<EventLog> {
  const database = (applicationName: string): Database =>
    new Database({
      url: settings.database,
      applicationName,
      maxConnections: MAX_CONNECTIONS,
      logger: silentLogger,
    });
  return new EventLog({
    ...serviceOf(settings),
    keys: keysOf(settings, database),
    eventStore: new PostgresEventStore(database('worker events'), TOY_PARTITIONS),
    projectionStore: new PostgresProjectionStore(database('worker projections')),
    log: await openLog(settings.log),
    logger: silentLogger,
    partitions: TOY_PARTITIONS,
  });
}

function serviceOf({
  service,
  topics,
  outside,
}: WorkerSettings): Pick<EventLogDependencies, 'manifest' | 'outsides'> {
  if (service === 'owners') return { manifest: ownersManifest(topics) };
  if (service === 'people') return { manifest: peopleManifest(topics) };
  if (outside === undefined) return { manifest: bankManifest(topics) };
  return { manifest: tellingManifest(topics), outsides: { [ACCOUNT_REACTOR]: toyOutside(outside) } };
}

function keysOf(
  { masterKeys: text, topics }: WorkerSettings,
  database: (applicationName: string) => Database,
): EventLogDependencies['keys'] {
  const masterKeys = text === undefined ? undefined : readMasterKeys(text).keys;
  if (!masterKeys) return undefined;
  return { store: new PostgresKeyStore(database('worker keys')), masterKeys, topic: topics.keys };
}

async function openLog(log: WorkerSettings['log']): Promise<Log> {
  if (log.kind === 'postgres') return await PostgresLog.open({ url: log.url, logger: silentLogger });
  return new KafkaLog({ brokers: log.brokers, clientId: 'worker', logger: silentLogger });
}

function say(line: WorkerLine): void {
  // At once, in the kernel's hands: what Node keeps for a reader that is slow dies with the process.
  writeSync(1, `${JSON.stringify(line)}\n`);
}
