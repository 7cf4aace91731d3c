import {
  Database,
  EventLog,
  KafkaLog,
  PostgresEventStore,
  PostgresProjectionStore,
} from '@samspill/eventlog';
import { quiet } from '../quiet.js';
import { contactsManifest } from './bench-contact.js';
import type { Contender, Course, Run } from './contender.js';

const CONNECTIONS = 4;

export const readOnly: Contender = async ({ brokers, topic, events }) => {
  const log = new KafkaLog({ brokers, clientId: 'bench', logger: quiet });
  const startedMs = performance.now();
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
  const ms = performance.now() - startedMs;
  await log.close();
  if (read !== events) throw new Error(`${read} of ${events} records were read`);
  return { ms, rows: 0 };
};

export const rebuildState: Contender = (course) => rebuild(course, 'bench.contact');

export const rebuildEvery: Contender = (course) => rebuild(course, 'bench.contact-changes');

/** From the call to rows that are indexed and switched to. */
async function rebuild({ brokers, topic, partitions, databaseUrl }: Course, name: string): Promise<Run> {
  const open = (applicationName: string): Database =>
    new Database({ url: databaseUrl, applicationName, maxConnections: CONNECTIONS, logger: quiet });
  const log = new KafkaLog({ brokers, clientId: 'bench', logger: quiet });
  const eventStore = new PostgresEventStore(open('events'), partitions);
  const projectionStore = new PostgresProjectionStore(open('projections'));
  const manifest = contactsManifest(topic);
  const eventLog = new EventLog({ manifest, eventStore, projectionStore, log, logger: quiet, partitions });
  const startedMs = performance.now();
  const { rows } = await eventLog.rebuild(name);
  const ms = performance.now() - startedMs;
  await log.close();
  await Promise.all([eventStore.close(), projectionStore.close()]);
  return { ms, rows };
}
