import {
  Database,
  EventLog,
  KafkaLog,
  PostgresEventStore,
  PostgresProjectionStore,
  uuidv7,
} from '@samspill/eventlog';
import { waitFor } from '@samspill/testing';
import { quiet } from '../quiet.js';
import { contactsManifest } from './bench-contact.js';
import type { Contender, Course, Run } from './contender.js';
import { stopwatch } from './stopwatch.js';

const CONNECTIONS = 8;
const FIRST_BUILD_WITHIN_MS = 10 * 60_000;

export const readOnly: Contender = async ({ brokers, topic, events }) => {
  const log = new KafkaLog({ brokers, clientId: 'bench', logger: quiet });
  const elapsed = stopwatch();
  let read = 0;
  const ranges = (await log.ends(topic)).map(({ begin, end }, partition) => ({
    topic,
    partition,
    from: begin,
    to: end,
  }));
  await log.read(ranges, ({ records }) => {
    read += records.length;
    return Promise.resolve();
  });
  const run = { ...elapsed(), rows: 0 };
  await log.close();
  if (read !== events) throw new Error(`${read} of ${events} records were read`);
  return run;
};

export const rebuildState: Contender = (course) => rebuild(course, 'bench.contact');

export const rebuildEvery: Contender = (course) => rebuild(course, 'bench.contact-changes');

/**
 * From the call to rows that are indexed, verified against the live ones and switched to. The first build at start makes the live rows;
 * the service's own topic is another, empty one, so that there is no event store to be filled first.
 */
async function rebuild({ brokers, topic, partitions, databaseUrl }: Course, name: string): Promise<Run> {
  const open = (applicationName: string): Database =>
    new Database({ url: databaseUrl, applicationName, maxConnections: CONNECTIONS, logger: quiet });
  const log = new KafkaLog({ brokers, clientId: 'bench', logger: quiet });
  const eventStore = new PostgresEventStore(open('events'), partitions);
  const projectionStore = new PostgresProjectionStore(open('projections'));
  const own = `${topic}.${uuidv7()}`;
  await log.create([own], partitions);
  const all = contactsManifest(topic);
  const projections = all.projections.filter((projection) => projection.name === name);
  const manifest = { ...all, topic: own, projections };
  const eventLog = new EventLog({ manifest, eventStore, projectionStore, log, logger: quiet, partitions });
  eventLog.start();
  await waitFor(() => eventLog.status().projections.state === 'running', {
    timeoutMs: FIRST_BUILD_WITHIN_MS,
    describe: 'the first build',
  });
  const elapsed = stopwatch();
  const { progress } = await eventLog.rebuild(name, 'benchmark');
  const run = { ...elapsed(), rows: progress.rows };
  await eventLog.stop();
  await log.close();
  await Promise.all([eventStore.close(), projectionStore.close()]);
  return run;
}
