import type { PoolClient } from 'pg';
import type { Projection } from '@samspill/kernel';
import type { StoredEvent } from '../../event-store.js';
import type { ParkedEntry, ParkedQuery } from '../../projection-store.js';
import { bigintArray, integerArray, textArray } from './binary-array.js';

/** Parked events are few, or something is badly wrong: sorting those of a generation is no hot path. */
const PARKED_PAGE_SQL = `
  SELECT topic, partition, "offset", reason, event, length(value) AS bytes FROM eventlog.parked
  WHERE name = $1 AND version = $2 AND generation = $3
    AND ($4::text[] IS NULL OR stream = ANY ($4::text[]))
    AND ($5::text[] IS NULL OR (topic, partition, "offset") IN (SELECT * FROM unnest($5::text[], $6::int4[], $7::int8[])))
    AND ($8::text IS NULL OR (topic, partition, "offset") > ($8::text COLLATE "C", $9::int4, $10::int8))
  ORDER BY topic, partition, "offset" LIMIT $11`;

interface ParkedPageRow {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly reason: string;
  readonly event: Omit<StoredEvent, 'value'>;
  readonly bytes: number;
}

export async function selectParkedPage(
  client: PoolClient,
  { name, version }: Projection,
  generation: number,
  { streams, places, after, limit }: ParkedQuery,
): Promise<readonly ParkedEntry[]> {
  const { rows } = await client.query<ParkedPageRow>(PARKED_PAGE_SQL, [
    name,
    version,
    generation,
    streams ? textArray(streams) : null,
    places ? textArray(places.map(({ topic }) => topic)) : null,
    integerArray((places ?? []).map(({ partition }) => partition)),
    bigintArray((places ?? []).map(({ offset }) => offset)),
    after?.topic ?? null,
    after?.partition ?? null,
    after?.offset.toString() ?? null,
    limit,
  ]);
  return rows.map((row) => ({ ...row, offset: BigInt(row.offset) }));
}

export async function countParked(
  client: PoolClient,
  { name, version }: Projection,
  generation: number,
): Promise<number> {
  const { rows } = await client.query<{ count: number }>(
    'SELECT count(*)::int4 AS count FROM eventlog.parked WHERE name = $1 AND version = $2 AND generation = $3',
    [name, version, generation],
  );
  return rows[0]?.count ?? 0;
}
