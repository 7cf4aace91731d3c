import {
  Database,
  EventLog,
  KafkaLog,
  PostgresEventStore,
  PostgresKeyStore,
  PostgresProjectionStore,
  readMasterKeys,
  type LogManifest,
  type PersonalDataOptions,
} from '@samspill/eventlog';
import { waitFor } from '@samspill/testing';
import { quiet } from '../quiet.js';
import type { Course, CourseKeys } from './contender.js';

const CONNECTIONS = 8;
const FIRST_BUILD_WITHIN_MS = 10 * 60_000;

/** Starts a service's event log and waits for the first build of its rows. */
export async function startService(
  { brokers, partitions, databaseUrl, keys }: Course,
  manifest: LogManifest,
): Promise<{ readonly eventLog: EventLog; stop(): Promise<void> }> {
  const open = (applicationName: string): Database =>
    new Database({ url: databaseUrl, applicationName, maxConnections: CONNECTIONS, logger: quiet });
  const log = new KafkaLog({ brokers, clientId: 'bench', logger: quiet });
  const eventStore = new PostgresEventStore(open('events'), partitions);
  const projectionStore = new PostgresProjectionStore(open('projections'));
  await log.create([manifest.topic], partitions);
  const opened = keys && openKeys(keys, open('keys'));
  const eventLog = new EventLog({
    manifest,
    eventStore,
    projectionStore,
    log,
    logger: quiet,
    partitions,
    keys: opened?.options,
  });
  eventLog.start();
  await waitFor(() => eventLog.status().projections.state === 'running', {
    timeoutMs: FIRST_BUILD_WITHIN_MS,
    describe: 'the first build',
  });
  return {
    eventLog,
    stop: async () => {
      await eventLog.stop();
      await log.close();
      await Promise.all([eventStore.close(), projectionStore.close(), opened?.close()]);
    },
  };
}

function openKeys(
  { topic, masterKeys: text }: CourseKeys,
  database: Database,
): { readonly options: PersonalDataOptions; close(): Promise<void> } {
  const { keys: masterKeys } = readMasterKeys(text);
  if (!masterKeys) throw new Error('the master key of the course cannot be read');
  return {
    options: { store: new PostgresKeyStore(database), masterKeys, topic },
    close: () => database.close(),
  };
}
