import { WHAT_TO_INSTALL } from './needs-kafka.js';
import { startTestPostgres } from '../postgres/postgres-versions.js';
import { canHaveKafka, NEWEST_KAFKA, NoKafka, OLDEST_KAFKA, startKafka } from '../kafka/start-kafka.js';
import { isThere } from '../kafka/wait-for-broker.js';
import { fromRun, tellRun } from '../run-environment.js';

/** Jest runs the set-up of each project in one process; the servers are started by the first and stopped by the last. */
const running: (() => Promise<void>)[] = [];

/**
 * Starts what a run's suites share, unless it is there already, and puts their addresses into the environment.
 * @throws Error without Postgres; with `CI=true` also without Kafka
 */
export async function startSharedServers(): Promise<void> {
  const outcomes = await Promise.allSettled([startPostgres(), startSharedKafka()]);
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed === undefined) return;
  await stopSharedServers();
  throw failed.reason;
}

export async function stopSharedServers(): Promise<void> {
  await Promise.all(running.splice(0).map((stop) => stop()));
}

async function startPostgres(): Promise<void> {
  if (fromRun('postgresUrl') !== undefined) return;
  const server = await startTestPostgres();
  running.push(() => server.stop());
  tellRun('postgresUrl', server.url('postgres'));
}

async function startSharedKafka(): Promise<void> {
  if (fromRun('kafkaProvider') !== undefined || fromRun('kafkaSkipped') !== undefined) return;
  const given = fromRun('kafkaBrokers');
  if (given !== undefined) {
    const brokers = given.split(',');
    const answers = await Promise.all(brokers.map(isThere));
    if (!answers.includes(true)) throw new Error(`KAFKA_BROKERS is ${given}, and no Kafka answers there.`);
    tellRun('kafkaProvider', 'external');
    await tellStartableVersions();
    return;
  }
  try {
    const broker = await startKafka();
    running.push(() => broker.stop());
    tellRun('kafkaBrokers', broker.brokers.join(','));
    tellRun('kafkaProvider', broker.provider);
    await tellStartableVersions();
  } catch (error) {
    if (!(error instanceof NoKafka)) throw error;
    if (process.env['CI'] === 'true')
      throw new Error(`No Kafka: ${error.message}. ${WHAT_TO_INSTALL}`, { cause: error });
    tellRun('kafkaSkipped', error.message);
  }
}

async function tellStartableVersions(): Promise<void> {
  const wanted = [NEWEST_KAFKA, OLDEST_KAFKA];
  const had = await Promise.all(wanted.map(canHaveKafka));
  tellRun('kafkaVersions', wanted.filter((_, at) => had[at] === true).join(','));
}
