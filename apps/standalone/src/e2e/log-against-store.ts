import { Database, fromRecord, KafkaLog, silentLogger, type StoredEvent } from '@samspill/eventlog';

/** What a comparison of a service's event store with its topic came to. */
export interface LogAgainstStore {
  readonly events: number;
  /** Everything that is not as promised, in words; none when all is well. */
  readonly faults: readonly string[];
}

interface StoreRow {
  readonly id: string;
  readonly stream: string;
  readonly version: number;
  readonly value: Buffer;
}

const EVENTS_SQL = 'SELECT id::text, stream, version, value FROM eventlog.event ORDER BY position';

/**
 * Compares the event store with the topic: each event once in the store, versions of a stream without holes, every event on the
 * topic with the same bytes, nothing on the topic that is not in the store, streams in their order. Repeats on the topic are allowed.
 */
export async function compareLogWithStore(
  store: string,
  brokers: readonly string[],
  topic: string,
): Promise<LogAgainstStore> {
  const stored = await storedEvents(store);
  const published = await publishedEvents(brokers, topic);
  const faults: string[] = [];
  checkVersions(stored, faults);
  checkOrder(published, faults);
  const byId = new Map(published.map((event) => [event.id, event]));
  for (const { id, stream, version, value } of stored) {
    const found = byId.get(id);
    if (!found) faults.push(`${stream} ${version} is not on the topic`);
    else if (found.stream !== stream || found.version !== version || !found.value.equals(value))
      faults.push(`${stream} ${version} is otherwise on the topic`);
    byId.delete(id);
  }
  for (const { stream, version } of byId.values()) faults.push(`${stream} ${version} is on the topic alone`);
  return { events: stored.length, faults };
}

async function storedEvents(url: string): Promise<readonly StoreRow[]> {
  const database = new Database({ url, applicationName: 'test', maxConnections: 1, logger: silentLogger });
  try {
    return await database.withClient(async (client) => (await client.query<StoreRow>(EVENTS_SQL)).rows);
  } finally {
    await database.pool.end();
  }
}

async function publishedEvents(brokers: readonly string[], topic: string): Promise<readonly StoredEvent[]> {
  const log = new KafkaLog({ brokers, clientId: 'test', logger: silentLogger });
  try {
    const ends = await log.ends(topic);
    const ranges = ends.map(({ begin, end }, partition) => ({ topic, partition, from: begin, to: end }));
    const events: StoredEvent[] = [];
    await log.read(ranges, ({ records }) => {
      events.push(...records.map((record) => fromRecord(record)));
      return Promise.resolve();
    });
    return events;
  } finally {
    await log.close();
  }
}

function checkVersions(stored: readonly StoreRow[], faults: string[]): void {
  const heads = new Map<string, number>();
  for (const { stream, version } of stored) {
    const expected = (heads.get(stream) ?? 0) + 1;
    if (version !== expected)
      faults.push(`${stream} has version ${version} in the store where ${expected} is due`);
    heads.set(stream, version);
  }
}

/** A version may come again, never too early. */
function checkOrder(published: readonly StoredEvent[], faults: string[]): void {
  const heads = new Map<string, number>();
  for (const { stream, version } of published) {
    const head = heads.get(stream) ?? 0;
    if (version > head + 1) faults.push(`${stream} ${version} is on the topic before ${head + 1}`);
    heads.set(stream, Math.max(head, version));
  }
}
