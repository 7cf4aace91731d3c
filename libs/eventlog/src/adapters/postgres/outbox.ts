import type { PoolClient } from 'pg';
import type { OutboxEntry, Publication, StoredEvent } from '../../event-store.js';
import { bigintArray, smallintArray, textArray, uuidArray } from './binary-array.js';
import type { Database } from './database.js';
import { EVENT_COLUMNS, eventFromRow, type EventRow } from './event-rows.js';
import { OutboxFloor } from './outbox-floor.js';
import { RecentEvents } from './recent-events.js';

/** An outbox longer than this is reported as «at least»; counting further would cost what it measures. */
const BACKLOG_COUNT_LIMIT = 100_000;

/** Primary key of the outbox, one short range a shard. */
const PENDING_SQL = `
  SELECT o.shard, o.position
  FROM unnest($1::int2[]) AS s (shard)
  CROSS JOIN LATERAL (
    SELECT shard, position FROM eventlog.outbox WHERE shard = s.shard AND position > $2 ORDER BY position LIMIT $3) o
  ORDER BY o.shard, o.position`;

/** Primary key of the events. */
const AT_POSITIONS_SQL = `
  SELECT ${EVENT_COLUMNS}, position FROM eventlog.event JOIN unnest($1::int8[]) AS k (position) USING (position)`;

const BACKLOG_SQL = `
  SELECT (SELECT count(*)::int FROM (SELECT FROM eventlog.outbox LIMIT ${BACKLOG_COUNT_LIMIT}) o) AS count,
    (SELECT extract(epoch FROM now() - min(e.time)) * 1000
     FROM (SELECT DISTINCT ON (shard) position FROM eventlog.outbox ORDER BY shard, position) o
     JOIN eventlog.event e USING (position)) AS oldest_ms`;

/** What has been appended and is not on the log yet, and how far the log is known to go. */
export class Outbox {
  /** What this process has appended lately. */
  readonly recent = new RecentEvents();
  readonly #floor: OutboxFloor;

  /** @param partitions of the service's topic */
  constructor(
    private readonly database: Database,
    partitions: number,
  ) {
    this.#floor = new OutboxFloor(database, partitions);
  }

  /** To be called when rows may have been put back by others. */
  lookFromTheBottom(): void {
    this.#floor.reset();
  }

  async pending(shards: readonly number[], limitPerShard: number): Promise<readonly OutboxEntry[]> {
    const floor = await this.#floor.current();
    return await this.database.withClient(async (client, incarnation) => {
      const { rows } = await client.query<[shard: number, position: string]>({
        name: 'eventlog-pending',
        text: PENDING_SQL,
        values: [smallintArray(shards), floor, limitPerShard],
        rowMode: 'array',
      });
      const events = new Map<string, StoredEvent>();
      const others: string[] = [];
      const recent = this.recent.in(incarnation);
      for (const [, position] of rows) {
        const event = recent.get(position);
        if (event) events.set(position, event);
        else others.push(position);
      }
      if (others.length > 0) await readInto(events, client, others);
      return rows.map(([shard, position]) => {
        const event = events.get(position);
        if (!event) throw new Error(`position ${position} is in the outbox, but there is no event`);
        return { shard, position: BigInt(position), event };
      });
    });
  }

  async acknowledge(entries: readonly OutboxEntry[], publications: readonly Publication[]): Promise<void> {
    await this.database.withClient(async (client) => {
      await client.query({
        name: 'eventlog-acknowledge',
        text: `
          WITH gone AS (
            DELETE FROM eventlog.outbox o USING unnest($1::int2[], $2::int8[]) AS k (shard, position)
            WHERE o.shard = k.shard AND o.position = k.position)
          INSERT INTO eventlog.publication (shard, log, "offset", event_id)
          SELECT p.* FROM unnest($3::int2[], $4::text[], $5::int8[], $6::uuid[]) AS p
          -- A lost acknowledgement is a repeat on the log, which readers drop: not worth waiting for the disk.
          CROSS JOIN (SELECT set_config('synchronous_commit', 'off', true)) AS unhurried
          WHERE true ON CONFLICT (shard) DO UPDATE SET log = excluded.log, "offset" = excluded."offset", event_id = excluded.event_id`,
        values: [
          smallintArray(entries.map((entry) => entry.shard)),
          bigintArray(entries.map((entry) => entry.position)),
          smallintArray(publications.map((publication) => publication.shard)),
          textArray(publications.map((publication) => publication.log)),
          bigintArray(publications.map((publication) => publication.offset)),
          uuidArray(publications.map((publication) => publication.eventId)),
        ],
      });
    });
    for (const { position } of entries) this.recent.remove(position.toString());
  }

  async publications(): Promise<readonly Publication[]> {
    const text = 'SELECT shard, log, "offset", event_id FROM eventlog.publication ORDER BY shard';
    const rows = await this.#rows<[number, string, string, string]>({ text, values: [] });
    return rows.map(([shard, log, offset, eventId]) => ({ shard, log, offset: BigInt(offset), eventId }));
  }

  async newestPending(shard: number): Promise<bigint | undefined> {
    const text = 'SELECT position FROM eventlog.outbox WHERE shard = $1 ORDER BY position DESC LIMIT 1';
    const [row] = await this.#rows<[string]>({ text, values: [shard] });
    return row ? BigInt(row[0]) : undefined;
  }

  async backlog(): Promise<{ readonly oldestMs: number; readonly count: number }> {
    const [row] = await this.#rows<[number, string | null]>({ text: BACKLOG_SQL, values: [] });
    return { count: row?.[0] ?? 0, oldestMs: Math.max(0, Math.round(Number(row?.[1] ?? 0))) };
  }

  async #rows<R extends unknown[]>(query: { name?: string; text: string; values: unknown[] }): Promise<R[]> {
    return await this.database.withClient(async (client) => {
      const result = await client.query<R>({ ...query, rowMode: 'array' });
      return result.rows;
    });
  }
}

async function readInto(
  events: Map<string, StoredEvent>,
  client: PoolClient,
  positions: readonly string[],
): Promise<void> {
  const { rows } = await client.query<[...EventRow, position: string]>({
    name: 'eventlog-at-positions',
    text: AT_POSITIONS_SQL,
    values: [bigintArray(positions.map(BigInt))],
    rowMode: 'array',
  });
  for (const row of rows) events.set(row[13], eventFromRow(row.slice(0, 13) as EventRow));
}
