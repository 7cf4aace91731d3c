import { PARTITIONS } from '@samspill/contracts';
import { KafkaLog, newMasterKey, partitionOf, readMasterKeys, type LogRecord } from '@samspill/eventlog';
import { startKafka } from '@samspill/testing';
import pg from 'pg';
import { migrateEventLog, openPostgres } from '../bench-postgres.js';
import { quiet } from '../quiet.js';
import { contactRecords } from './bench-contact.js';
import type { CourseKeys } from './contender.js';
import { SealedContacts } from './sealed-contact.js';

const KAFKA_HEAP_MIB = 1024;
const PUBLISH_BATCH = 5_000;

/** Kafka with one broker and Postgres, both on this machine. */
export interface RestoreStage extends AsyncDisposable {
  readonly brokers: readonly string[];
  readonly partitions: number;
  readonly versions: string;
  /** A topic with so many events. */
  topic(events: number): Promise<string>;
  /** The same with personal data sealed, and its keys. */
  sealedTopic(events: number): Promise<{ readonly topic: string; readonly keys: CourseKeys }>;
  /** A topic without any. */
  emptyTopic(name: string): Promise<string>;
  /** A database with the event log's tables, to be dropped by {@link drop}. */
  database(name: string): Promise<{ readonly url: string; drop(): Promise<void> }>;
}

export async function openRestoreStage(): Promise<RestoreStage> {
  await using opened = new AsyncDisposableStack();
  const postgres = await openPostgres(opened, { shared_buffers: '1GB' });
  const kafka = opened.adopt(await startKafka({ heapMiB: KAFKA_HEAP_MIB }), (broker) => broker.stop());
  const log = opened.adopt(
    new KafkaLog({ brokers: kafka.brokers, clientId: 'bench', logger: quiet }),
    (unused) => unused.close(),
  );
  const held = opened.move();
  return {
    brokers: kafka.brokers,
    partitions: PARTITIONS,
    versions: `Node ${process.versions.node}, kafkajs 2.2.4, Postgres ${postgres.version} (fsync on), Kafka ${kafka.version} (${kafka.provider}, one broker)`,
    emptyTopic: async (name) => {
      await log.create([name], PARTITIONS);
      return name;
    },
    topic: async (events) => {
      const topic = `bench.restore.${events}`;
      await log.create([topic], PARTITIONS);
      await publish(log, topic, contactRecords(events));
      return topic;
    },
    sealedTopic: async (events) => {
      const [topic, keysTopic] = [`bench.restore.${events}.sealed`, `bench.restore.${events}.keys`];
      await log.create([topic], PARTITIONS);
      await log.create([keysTopic], PARTITIONS, 'compacted');
      const masterKeys = newMasterKey(new Date());
      const { keys } = readMasterKeys(masterKeys);
      if (!keys) throw new Error('a new master key cannot be read');
      const contacts = new SealedContacts(topic, keys);
      await publish(log, topic, contacts.records(events));
      await publish(log, keysTopic, contacts.keys());
      return { topic, keys: { topic: keysTopic, masterKeys } };
    },
    database: async (name) => {
      await postgres.ensureDatabase(name);
      const url = postgres.url(name);
      await migrateEventLog(url);
      return {
        url,
        drop: () => dropDatabase(postgres.url('postgres'), name),
      };
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

async function publish(log: KafkaLog, topic: string, records: Iterable<LogRecord>): Promise<void> {
  const writer = await log.writer();
  let batches = new Map<number, LogRecord[]>();
  let gathered = 0;
  for (const record of records) {
    const partition = partitionOf(record.key, PARTITIONS);
    const batch = batches.get(partition);
    if (batch) batch.push(record);
    else batches.set(partition, [record]);
    gathered += 1;
    if (gathered < PUBLISH_BATCH) continue;
    await writer.publish(topic, batches);
    batches = new Map();
    gathered = 0;
  }
  if (gathered > 0) await writer.publish(topic, batches);
  await writer.close();
}

async function dropDatabase(serverUrl: string, name: string): Promise<void> {
  const client = new pg.Client({ connectionString: serverUrl });
  await client.connect();
  await client.query(`DROP DATABASE ${pg.escapeIdentifier(name)} WITH (FORCE)`);
  await client.end();
}
