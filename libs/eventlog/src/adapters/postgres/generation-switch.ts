import type { PoolClient } from 'pg';
import type { Checkpoint, SwitchOptions } from '../../projection-store.js';
import { textArray } from './binary-array.js';
import { refuseGaps, showToReader } from './company-wall.js';
import { holdLiveBatches } from './live-fence.js';
import { lockCheckpoints, placeOf, selectCheckpoints } from './checkpoint-rows.js';
import type { ReadTable } from './read-table.js';

/**
 * Makes a generation live in the transaction of `client`.
 * @returns since when live batches are held, as `performance.now()`; undefined where it is behind the live one
 * @throws PlatformError `eventlog.wall-has-gaps`: it does not keep companies apart
 */
export async function makeLive(
  client: PoolClient,
  table: ReadTable,
  lockTimeoutMs: number,
  { replaced = [], catchUp }: SwitchOptions,
): Promise<number | undefined> {
  const { projection, generation } = table;
  const { name, version } = projection;
  await refuseGaps(client, table);
  await limitLockWait(client, lockTimeoutMs);
  const heldSinceMs = performance.now();
  await holdLiveBatches(client, projection);
  const fence = await client.query<{ live: number | null }>(
    'SELECT live FROM eventlog.projection WHERE name = $1 AND version = $2 FOR UPDATE',
    [name, version],
  );
  const live = fence.rows[0]?.live ?? null;
  if (live !== null) {
    const gone = new Set(replaced.map(placeOf));
    const read = (await selectCheckpoints(client, projection, live)).filter((c) => !gone.has(placeOf(c)));
    const isThere = async (): Promise<boolean> =>
      isAtOrPast(await selectCheckpoints(client, projection, generation), read);
    if (!(await isThere())) {
      await catchUp?.(read);
      if (!catchUp || !(await isThere())) return undefined;
    }
  }
  await client.query(table.replaceView);
  await showToReader(client, table);
  await client.query(
    `UPDATE eventlog.generation SET state = CASE WHEN number = $3 THEN 'live' ELSE 'old' END
     WHERE name = $1 AND version = $2 AND (state = 'live' OR number = $3)`,
    [name, version, generation],
  );
  await client.query('UPDATE eventlog.projection SET live = $3 WHERE name = $1 AND version = $2', [
    name,
    version,
    generation,
  ]);
  return heldSinceMs;
}

/**
 * Exchanges a company's rows with the live generation in the transaction of `client`.
 * @returns since when its partitions are held, as `performance.now()`; undefined where the two stand at different places
 */
export async function exchangeRows(
  client: PoolClient,
  part: ReadTable,
  tableOf: (generation: number) => ReadTable,
  lockTimeoutMs: number,
  catchUp: SwitchOptions['catchUp'],
): Promise<number | undefined> {
  const { projection, generation } = part;
  await limitLockWait(client, lockTimeoutMs);
  // Shared, as a live batch does it: no switch comes between.
  const found = await client.query<{ live: number | null; company: string | null }>(
    `SELECT p.live, g.company FROM eventlog.projection p JOIN eventlog.generation g USING (name, version)
     WHERE p.name = $1 AND p.version = $2 AND g.number = $3 FOR KEY SHARE OF p`,
    [projection.name, projection.version, generation],
  );
  const { live, company } = found.rows[0] ?? { live: null, company: null };
  if (live === null || company === null) return undefined;
  const places = await selectCheckpoints(client, projection, generation);
  const heldSinceMs = performance.now();
  const held = await lockCheckpoints(client, projection, live, places);
  if (!areSame(places, held)) {
    await catchUp?.(held);
    if (!catchUp || !areSame(await selectCheckpoints(client, projection, generation), held)) return undefined;
  }
  for (const { text, values } of part.exchangeWith(tableOf(live), company))
    await client.query(text, [...values]);
  await exchangeParked(client, part, live, company, held);
  await client.query(
    `UPDATE eventlog.generation SET state = 'old' WHERE name = $1 AND version = $2 AND number = $3`,
    [projection.name, projection.version, generation],
  );
  return heldSinceMs;
}

/** What is set aside of a company goes with its rows. */
async function exchangeParked(
  client: PoolClient,
  { projection, generation }: ReadTable,
  live: number,
  company: string,
  places: readonly Checkpoint[],
): Promise<void> {
  const { name, version } = projection;
  // No generation has this number: a place to stand for what comes from one while the other's goes there.
  const between = -generation;
  const move = async (from: number, to: number): Promise<void> => {
    await client.query(
      `UPDATE eventlog.parked SET generation = $4
       WHERE name = $1 AND version = $2 AND generation = $3 AND event->>'key' = $5 AND topic = ANY ($6::text[])`,
      [name, version, from, to, company, textArray(places.map(({ topic }) => topic))],
    );
  };
  await move(live, between);
  await move(generation, live);
  await move(between, generation);
  await client.query(
    `UPDATE eventlog.checkpoint c SET has_parked = true
     WHERE c.name = $1 AND c.version = $2 AND c.generation = ANY (ARRAY[$3, $4]::int4[]) AND NOT c.has_parked
       AND EXISTS (SELECT FROM eventlog.parked p WHERE p.name = c.name AND p.version = c.version
         AND p.generation = c.generation AND p.topic = c.topic AND p.partition = c.partition)`,
    [name, version, live, generation],
  );
}

async function limitLockWait(client: PoolClient, lockTimeoutMs: number): Promise<void> {
  await client.query(`SET LOCAL lock_timeout = ${Math.max(1, Math.round(lockTimeoutMs))}`);
}

function isAtOrPast(ours: readonly Checkpoint[], theirs: readonly Checkpoint[]): boolean {
  const offsets = new Map(ours.map((checkpoint) => [placeOf(checkpoint), checkpoint.nextOffset]));
  return theirs.every((checkpoint) => (offsets.get(placeOf(checkpoint)) ?? -1n) >= checkpoint.nextOffset);
}

function areSame(ours: readonly Checkpoint[], theirs: readonly Checkpoint[]): boolean {
  const offsets = new Map(theirs.map((checkpoint) => [placeOf(checkpoint), checkpoint]));
  return ours.every((checkpoint) => {
    const other = offsets.get(placeOf(checkpoint));
    return other?.nextOffset === checkpoint.nextOffset && (other.log ?? checkpoint.log) === checkpoint.log;
  });
}
