import type { PoolClient } from 'pg';
import { PlatformError } from '@samspill/kernel';
import {
  ConcurrencyError,
  ForkError,
  type AppendOptions,
  type EventPlace,
  type EventStore,
  type OutboxEntry,
  type Publication,
  type ReservationChange,
  type ShardLease,
  type StoredEvent,
  type StreamAppend,
  type StreamMarks,
  type StreamRange,
  type StreamSummary,
} from '../../event-store.js';
import { keyGone, type AppendKeys } from '../../keys/key-store.js';
import { partitionOf } from '../../partitioner.js';
import { bigintArray, integerArray, textArray } from './binary-array.js';
import { sqlState, type Database } from './database.js';
import {
  EVENT_COLUMNS,
  eventFromRow,
  eventParameters,
  INSERT_EVENTS_SQL,
  UNNESTED_EVENTS,
  type EventRow,
} from './event-rows.js';
import { forgetWithAppend, HELD_KEYS, KEY_ORDINAL_INDEX, MADE_KEYS, madeParameters } from './key-rows.js';
import { Outbox } from './outbox.js';
import { changeReservations, reservationHolder, takeInReservations } from './reservation-rows.js';
import { PostgresShardLease } from './shard-lease.js';
import { summaryFromRow, summaryQuery, type SummaryRow } from './stream-summaries.js';

const REPUBLISH_PAGE = 10_000;

/**
 * The `WHERE` takes the transaction's id before any position is drawn from the sequence (a one-time filter, evaluated before the
 * rows): {@link OutboxFloor} relies on it. Rows are sorted by stream so that two appends cannot wait for each other; positions are
 * drawn in that order, so that those returned are the events' in turn.
 */
const appendSql = (keys: string, areUsable: string): string => `
  WITH ${keys} inserted AS (
    INSERT INTO eventlog.event (${EVENT_COLUMNS}, shard)
    SELECT ${EVENT_COLUMNS}, shard FROM ${UNNESTED_EVENTS}
    WHERE (SELECT pg_current_xact_id()) IS NOT NULL ${areUsable}
    ORDER BY ordinality
    RETURNING shard, position),
  queued AS (INSERT INTO eventlog.outbox (shard, position) SELECT shard, position FROM inserted)
  SELECT position FROM inserted ORDER BY position`;

const APPEND_SQL = appendSql('', '');
const ALL_HELD = 'AND (SELECT count(*) FROM held) = cardinality($15::text[])';
/** Writes no event where any of the keys is not kept any more. */
const APPEND_SEALED_SQL = appendSql(`${HELD_KEYS},`, ALL_HELD);
/** Nor where any of the new ones cannot be added. */
const APPEND_NEWLY_SEALED_SQL = appendSql(
  `${HELD_KEYS}, ${MADE_KEYS},`,
  `${ALL_HELD} AND (SELECT count(*) FROM made) = cardinality($16::text[])`,
);

interface NamedStatement {
  readonly name: string;
  readonly text: string;
  readonly values: Buffer[];
}

/** One probe a stream of the index `event_stream_version`, backwards. */
const HEADS_SQL = `
  SELECT ${EVENT_COLUMNS}
  FROM unnest($1::text[]) AS s (name)
  CROSS JOIN LATERAL (SELECT * FROM eventlog.event e WHERE e.stream = s.name ORDER BY e.version DESC LIMIT 1) e`;

const KNOWN_SQL = `
  SELECT ${EVENT_COLUMNS} FROM eventlog.event JOIN unnest($1::text[], $2::int4[]) AS k (stream, version) USING (stream, version)`;

/** By the index `event_stream_version`. */
const HISTORIES_SQL = `
  SELECT ${EVENT_COLUMNS} FROM eventlog.event WHERE stream = ANY ($1::text[]) ORDER BY stream, version`;

export class PostgresEventStore implements EventStore {
  #permitted: string | undefined;
  readonly #outbox: Outbox;

  constructor(
    private readonly database: Database,
    /** Partitions of the service's topic. */
    private readonly partitions: number,
  ) {
    this.#outbox = new Outbox(database, partitions);
  }

  async incarnation(): Promise<string> {
    return await this.database.withClient((_client, incarnation) => Promise.resolve(incarnation));
  }

  permitAppends(incarnation: string | undefined): void {
    this.#permitted = incarnation;
  }

  async append(appends: readonly StreamAppend[], options: AppendOptions = {}): Promise<void> {
    const sorted = appends.toSorted((a, b) => (a.stream < b.stream ? -1 : a.stream > b.stream ? 1 : 0));
    const events = sorted.flatMap((append) => append.events);
    const { keys } = options;
    const extras =
      (options.reservations?.length ?? 0) + (options.alongside?.length ?? 0) + (keys?.subjects.length ?? 0);
    if (events.length === 0 && extras === 0) return;
    checkVersions(sorted);
    await this.database.withClient(async (client, incarnation) => {
      if (incarnation !== this.#permitted) throw unverified();
      try {
        if (extras === 0) {
          await this.#insert(client, incarnation, events, keys);
          return;
        }
        await client.query('BEGIN');
        for (const statement of options.alongside ?? [])
          await client.query(statement.text, [...statement.values]);
        await changeReservations(client, options.reservations ?? []);
        if (events.length > 0) await this.#insert(client, incarnation, events, keys);
        if (keys) await forgetWithAppend(client, keys);
        await client.query('COMMIT');
      } catch (error) {
        if (extras > 0) await client.query('ROLLBACK').catch(() => undefined);
        throw asConcurrency(error);
      }
    });
  }

  async holder(scope: string, name: string): Promise<string | undefined> {
    return await this.database.withClient((client) => reservationHolder(client, scope, name));
  }

  async heads(streams: readonly string[]): Promise<ReadonlyMap<string, StoredEvent>> {
    const rows = await this.#rows<EventRow>({
      name: 'eventlog-heads',
      text: HEADS_SQL,
      values: [textArray(streams)],
    });
    return new Map(rows.map((row) => [row[0], eventFromRow(row)]));
  }

  async read(stream: string, fromVersion = 1, limit: number | null = null): Promise<readonly StoredEvent[]> {
    const text = `SELECT ${EVENT_COLUMNS} FROM eventlog.event WHERE stream = $1 AND version >= $2 ORDER BY version LIMIT $3`;
    const rows = await this.#rows<EventRow>({
      name: 'eventlog-read',
      text,
      values: [stream, fromVersion, limit],
    });
    return rows.map(eventFromRow);
  }

  async lease(onLost: (reason: Error) => void): Promise<ShardLease> {
    // Whoever had these shards before may have put rows back below our floor.
    const onGained = (): void => this.#outbox.lookFromTheBottom();
    return new PostgresShardLease(await this.database.dedicated(), onLost, onGained);
  }

  async pending(shards: readonly number[], limitPerShard: number): Promise<readonly OutboxEntry[]> {
    return await this.#outbox.pending(shards, limitPerShard);
  }

  async acknowledge(entries: readonly OutboxEntry[], publications: readonly Publication[]): Promise<void> {
    await this.#outbox.acknowledge(entries, publications);
  }

  async publications(): Promise<readonly Publication[]> {
    return await this.#outbox.publications();
  }

  async newestPending(shard: number): Promise<bigint | undefined> {
    return await this.#outbox.newestPending(shard);
  }

  async backlog(): Promise<{ readonly oldestMs: number; readonly count: number }> {
    return await this.#outbox.backlog();
  }

  async count(): Promise<number> {
    const [row] = await this.#rows<[string]>({ text: 'SELECT count(*) FROM eventlog.event', values: [] });
    return Number(row?.[0] ?? 0);
  }

  async known(events: readonly EventPlace[]): Promise<ReadonlyMap<string, StoredEvent>> {
    const values = [
      textArray(events.map((event) => event.stream)),
      integerArray(events.map((event) => event.version)),
    ];
    const rows = await this.#rows<EventRow>({ name: 'eventlog-known', text: KNOWN_SQL, values });
    return new Map(rows.map((row) => [`${row[0]}@${row[1]}`, eventFromRow(row)]));
  }

  async streams(range: StreamRange, marks: StreamMarks): Promise<readonly StreamSummary[]> {
    return (await this.#rows<SummaryRow>(summaryQuery(range, marks))).map(summaryFromRow);
  }

  async histories(streams: readonly string[]): Promise<ReadonlyMap<string, readonly StoredEvent[]>> {
    const rows = await this.#rows<EventRow>({ text: HISTORIES_SQL, values: [textArray(streams)] });
    return Map.groupBy(rows.map(eventFromRow), ({ stream }) => stream);
  }

  async takeIn(
    shard: number,
    events: readonly StoredEvent[],
    reservations: readonly ReservationChange[],
  ): Promise<void> {
    const known = await this.known(events);
    const missing: StoredEvent[] = [];
    const present: StoredEvent[] = [];
    for (const event of events) {
      const stored = known.get(`${event.stream}@${event.version}`);
      if (!stored) missing.push(event);
      else if (stored.id === event.id && stored.value.equals(event.value)) present.push(event);
      else throw new ForkError(event.stream, event.version, stored.id, event.id);
    }
    await this.database.transaction(async (client) => {
      await takeInReservations(client, reservations);
      if (missing.length > 0)
        await client.query(
          INSERT_EVENTS_SQL,
          eventParameters(
            missing,
            missing.map(() => shard),
          ),
        );
      await client.query(
        `DELETE FROM eventlog.outbox o USING eventlog.event e, unnest($2::text[], $3::int4[]) AS k (stream, version)
         WHERE o.shard = $1 AND o.position = e.position AND e.stream = k.stream AND e.version = k.version`,
        [
          shard,
          textArray(present.map((event) => event.stream)),
          integerArray(present.map((event) => event.version)),
        ],
      );
    });
  }

  async republishMissing(shard: number, onLog: ReadonlySet<string>): Promise<number> {
    let republished = 0;
    let after = '0';
    for (;;) {
      const page = await this.#rows<[string, string]>({
        text: 'SELECT position, id FROM eventlog.event WHERE shard = $1 AND position > $2 ORDER BY position LIMIT $3',
        values: [shard, after, REPUBLISH_PAGE],
      });
      const last = page.at(-1);
      if (!last) return republished;
      after = last[0];
      const missing = page.filter(([, id]) => !onLog.has(id)).map(([position]) => BigInt(position));
      republished += missing.length;
      await this.database.withClient((client) =>
        client.query(
          'INSERT INTO eventlog.outbox (shard, position) SELECT $1, * FROM unnest($2::int8[]) ON CONFLICT DO NOTHING',
          [shard, bigintArray(missing)],
        ),
      );
      this.#outbox.lookFromTheBottom();
    }
  }

  async close(): Promise<void> {
    await this.database.close();
  }

  async #insert(
    client: PoolClient,
    incarnation: string,
    events: readonly StoredEvent[],
    keys: AppendKeys | undefined,
  ): Promise<void> {
    const shards = events.map((event) => partitionOf(event.key, this.partitions));
    const statement = appendStatement(eventParameters(events, shards), keys);
    const { rows } = await client.query<[position: string]>({ ...statement, rowMode: 'array' });
    if (rows.length < events.length) throw keyGone();
    const recent = this.#outbox.recent.in(incarnation);
    rows.forEach(([position], index) => {
      const event = events[index];
      if (event) recent.add(position, event);
    });
  }

  async #rows<R extends unknown[]>(query: { name?: string; text: string; values: unknown[] }): Promise<R[]> {
    return await this.database.withClient(async (client) => {
      const result = await client.query<R>({ ...query, rowMode: 'array' });
      return result.rows;
    });
  }
}

function appendStatement(events: Buffer[], keys: AppendKeys | undefined): NamedStatement {
  if (!keys || (keys.used.length === 0 && keys.made.length === 0))
    return { name: 'eventlog-append', text: APPEND_SQL, values: events };
  const used = textArray(keys.used);
  if (keys.made.length === 0)
    return { name: 'eventlog-append-sealed', text: APPEND_SEALED_SQL, values: [...events, used] };
  return {
    name: 'eventlog-append-newly-sealed',
    text: APPEND_NEWLY_SEALED_SQL,
    values: [...events, used, ...madeParameters(keys.made)],
  };
}

function checkVersions(appends: readonly StreamAppend[]): void {
  for (const append of appends) {
    append.events.forEach((event, index) => {
      if (event.version !== append.expectedVersion + index + 1 || event.stream !== append.stream) {
        throw new TypeError(
          `${append.stream}: event ${event.id} does not follow version ${append.expectedVersion}`,
        );
      }
    });
  }
}

function asConcurrency(error: unknown): unknown {
  const state = sqlState(error);
  const constraint = error instanceof Error && 'constraint' in error ? error.constraint : undefined;
  if (state === '23505' && constraint === 'event_stream_version') {
    return new ConcurrencyError('A stream has moved on since it was read.', { cause: error });
  }
  if (state === '23505' && constraint === KEY_ORDINAL_INDEX) return keyGone();
  if (state === '40P01' || state === '40001')
    return new ConcurrencyError('Two appends met.', { cause: error });
  return error;
}

function unverified(): PlatformError {
  return new PlatformError(
    'eventlog.store-unverified',
    'The event store is being compared with the end of the log; writing opens when they match.',
    true,
  );
}
