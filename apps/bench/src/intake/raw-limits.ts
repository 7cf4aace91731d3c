import { PARTITIONS } from '@samspill/contracts';
import {
  Database,
  eventParameters,
  KafkaLog,
  partitionOf,
  INSERT_EVENTS_SQL,
  toRecord,
  type LogRecord,
  type StoredEvent,
} from '@samspill/eventlog';
import { migrateEventLog } from '../bench-postgres.js';
import { quiet } from '../quiet.js';
import { perSecond } from '../table.js';

const BATCH = 2_000;
/** One connection leaves the server's second core idle, more than two only add contention on two cores. */
const CONNECTIONS = 2;

/** Events a second into an empty table of the event store's own shape: `INSERT … SELECT unnest`, nothing else. */
export async function rawInsert(url: string, events: readonly StoredEvent[]): Promise<number> {
  await migrateEventLog(url);
  const database = new Database({
    url,
    applicationName: 'bench',
    maxConnections: CONNECTIONS,
    logger: quiet,
  });
  try {
    return await perSecond(events.length, async () => {
      let next = 0;
      const insert = async (): Promise<void> => {
        while (next < events.length) {
          const batch = events.slice(next, (next += BATCH));
          const shards = batch.map((event) => partitionOf(event.key, PARTITIONS));
          await database.withClient((client) =>
            client.query({ name: 'raw', text: INSERT_EVENTS_SQL, values: eventParameters(batch, shards) }),
          );
        }
      };
      await Promise.all(Array.from({ length: CONNECTIONS }, insert));
    });
  } finally {
    await database.close();
  }
}

/** Events a second with `acks=all` from an idempotent kafkajs producer, one send in flight, the records that the relay writes. */
export async function rawProduce(
  brokers: readonly string[],
  topic: string,
  events: readonly StoredEvent[],
): Promise<number> {
  const log = new KafkaLog({ brokers, clientId: 'bench-raw', logger: quiet });
  try {
    await log.create([topic], PARTITIONS);
    const writer = await log.writer();
    const rate = await perSecond(events.length, async () => {
      for (let next = 0; next < events.length; next += BATCH) {
        const batches = new Map<number, LogRecord[]>();
        for (const event of events.slice(next, next + BATCH)) {
          const partition = partitionOf(event.key, PARTITIONS);
          const batch = batches.get(partition) ?? [];
          batch.push(toRecord(event, 'bench'));
          batches.set(partition, batch);
        }
        await writer.publish(topic, batches);
      }
    });
    await writer.close();
    return rate;
  } finally {
    await log.close();
  }
}
