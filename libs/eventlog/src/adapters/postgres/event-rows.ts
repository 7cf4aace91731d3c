import { isActor } from '../../codec.js';
import type { StoredEvent } from '../../event-store.js';
import { bytesArray, integerArray, smallintArray, textArray, timeArray, uuidArray } from './binary-array.js';

/** Columns of `eventlog.event` that make up a stored event, in the order of {@link eventParameters} and {@link eventFromRow}. */
export const EVENT_COLUMNS =
  'stream, version, id, type, schema_version, key, time, actor, correlation_id, causation_id, traceparent, previous_hash, value';

/** `unnest` of the parameters made by {@link eventParameters}, from `$1` on, in the caller's order. */
export const UNNESTED_EVENTS = `unnest($1::text[], $2::int4[], $3::uuid[], $4::text[], $5::int2[], $6::text[], $7::timestamptz[], $8::text[],
  $9::text[], $10::text[], $11::text[], $12::text[], $13::bytea[], $14::int2[])
  WITH ORDINALITY AS e (${EVENT_COLUMNS}, shard, ordinality)`;

/** Events alone, without outbox rows: those that are on the log already; also the limit that benchmarks compare with. */
export const INSERT_EVENTS_SQL = `
  INSERT INTO eventlog.event (${EVENT_COLUMNS}, shard)
  SELECT ${EVENT_COLUMNS}, shard FROM ${UNNESTED_EVENTS} ORDER BY ordinality`;

export function eventParameters(events: readonly StoredEvent[], shards: readonly number[]): Buffer[] {
  return [
    textArray(events.map((event) => event.stream)),
    integerArray(events.map((event) => event.version)),
    uuidArray(events.map((event) => event.id)),
    textArray(events.map((event) => event.type)),
    smallintArray(events.map((event) => event.schemaVersion)),
    textArray(events.map((event) => event.key)),
    timeArray(events.map((event) => event.time)),
    textArray(events.map((event) => event.actor)),
    textArray(events.map((event) => event.correlationId)),
    textArray(events.map((event) => event.causationId)),
    textArray(events.map((event) => event.traceparent ?? null)),
    textArray(events.map((event) => event.previousHash ?? null)),
    bytesArray(events.map((event) => event.value)),
    smallintArray(shards),
  ];
}

export type EventRow = [
  stream: string,
  version: number,
  id: string,
  type: string,
  schemaVersion: number,
  key: string,
  time: Date,
  actor: string,
  correlationId: string,
  causationId: string,
  traceparent: string | null,
  previousHash: string | null,
  value: Buffer,
];

export function eventFromRow(row: EventRow): StoredEvent {
  const actor = row[7];
  return {
    stream: row[0],
    version: row[1],
    id: row[2],
    type: row[3],
    schemaVersion: row[4],
    key: row[5],
    time: row[6].toISOString(),
    actor: isActor(actor) ? actor : 'service:unknown',
    correlationId: row[8],
    causationId: row[9],
    ...(row[10] === null ? {} : { traceparent: row[10] }),
    ...(row[11] === null ? {} : { previousHash: row[11] }),
    value: row[12],
  };
}
