import type { ClientBase } from 'pg';
import type { Projection } from '@samspill/kernel';
import type { StoredEvent } from '../../event-store.js';
import type { ParkedEvent } from '../../projection-store.js';
import { bigintArray, bytesArray, integerArray, textArray } from './binary-array.js';

/** An event parked twice (a repeat on the log) keeps its first reason. */
export async function insertParked(
  client: ClientBase,
  projection: Projection,
  generation: number,
  parked: readonly ParkedEvent[],
): Promise<void> {
  if (parked.length === 0) return;
  await client.query(
    `INSERT INTO eventlog.parked (name, version, generation, stream, stream_version, topic, partition, "offset", reason, event, value)
     SELECT $1, $2, $3, p.stream, p.stream_version, p.topic, p.partition, p."offset", p.reason, p.event::jsonb, p.value
     FROM unnest($4::text[], $5::int4[], $6::text[], $7::int4[], $8::int8[], $9::text[], $10::text[], $11::bytea[])
       AS p (stream, stream_version, topic, partition, "offset", reason, event, value)
     ON CONFLICT DO NOTHING`,
    [
      projection.name,
      projection.version,
      generation,
      textArray(parked.map((entry) => entry.event.stream)),
      integerArray(parked.map((entry) => entry.event.version)),
      textArray(parked.map((entry) => entry.topic)),
      integerArray(parked.map((entry) => entry.partition)),
      bigintArray(parked.map((entry) => entry.offset)),
      textArray(parked.map((entry) => entry.reason)),
      textArray(parked.map((entry) => JSON.stringify({ ...entry.event, value: undefined }))),
      bytesArray(parked.map((entry) => entry.event.value)),
    ],
  );
  await client.query(
    `UPDATE eventlog.checkpoint c SET has_parked = true FROM unnest($4::text[], $5::int4[]) AS p (topic, partition)
     WHERE c.name = $1 AND c.version = $2 AND c.generation = $3 AND c.topic = p.topic AND c.partition = p.partition AND NOT c.has_parked`,
    [
      projection.name,
      projection.version,
      generation,
      textArray(parked.map((entry) => entry.topic)),
      integerArray(parked.map((entry) => entry.partition)),
    ],
  );
}

export interface ParkedRow {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly reason: string;
  readonly event: Omit<StoredEvent, 'value'>;
  readonly value: Buffer;
}

export const SELECT_PARKED = `
  SELECT topic, partition, "offset", reason, event, value FROM eventlog.parked
  WHERE name = $1 AND version = $2 AND generation = $3 ORDER BY topic, partition, "offset"`;

export function parkedFromRow(row: ParkedRow): ParkedEvent {
  return {
    topic: row.topic,
    partition: row.partition,
    offset: BigInt(row.offset),
    reason: row.reason,
    event: { ...row.event, value: row.value },
  };
}
