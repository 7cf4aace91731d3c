import type { ClientBase } from 'pg';
import { PlatformError, type Projection } from '@samspill/kernel';
import type { Checkpoint, PartitionOf } from '../../projection-store.js';
import { bigintArray, integerArray, textArray } from './binary-array.js';
import { sqlState } from './database.js';

const UNIQUE_VIOLATION = '23505';

interface CheckpointRow {
  readonly topic: string;
  readonly partition: number;
  readonly next_offset: string;
  readonly log: string | null;
}

/** In the order of topic and partition, in which everybody locks them who locks several. */
const SELECT_CHECKPOINTS = `
  SELECT topic, partition, next_offset, log FROM eventlog.checkpoint
  WHERE name = $1 AND version = $2 AND generation = $3 ORDER BY topic, partition`;

export async function selectCheckpoints(
  client: ClientBase,
  { name, version }: Projection,
  generation: number,
): Promise<Checkpoint[]> {
  const { rows } = await client.query<CheckpointRow>(SELECT_CHECKPOINTS, [name, version, generation]);
  return rows.map(checkpointOf);
}

/** Keeps live batches of these partitions out until the transaction ends. */
export async function lockCheckpoints(
  client: ClientBase,
  { name, version }: Projection,
  generation: number,
  places: readonly PartitionOf[],
): Promise<Checkpoint[]> {
  const { rows } = await client.query<CheckpointRow>(
    `SELECT c.topic, c.partition, c.next_offset, c.log
     FROM eventlog.checkpoint c JOIN unnest($4::text[], $5::int4[]) AS p (topic, partition) USING (topic, partition)
     WHERE c.name = $1 AND c.version = $2 AND c.generation = $3 ORDER BY c.topic, c.partition FOR UPDATE OF c`,
    [
      name,
      version,
      generation,
      textArray(places.map(({ topic }) => topic)),
      integerArray(places.map(({ partition }) => partition)),
    ],
  );
  return rows.map(checkpointOf);
}

/** @throws PlatformError `eventlog.already-loaded` where another has been here */
export async function insertCheckpoints(
  client: ClientBase,
  projection: Projection,
  generation: number,
  checkpoints: readonly Checkpoint[],
): Promise<void> {
  try {
    await client.query(
      `INSERT INTO eventlog.checkpoint (name, version, generation, topic, partition, next_offset, log)
       SELECT $1, $2, $3, * FROM unnest($4::text[], $5::int4[], $6::int8[], $7::text[])`,
      [
        projection.name,
        projection.version,
        generation,
        textArray(checkpoints.map((checkpoint) => checkpoint.topic)),
        integerArray(checkpoints.map((checkpoint) => checkpoint.partition)),
        bigintArray(checkpoints.map((checkpoint) => checkpoint.nextOffset)),
        textArray(checkpoints.map((checkpoint) => checkpoint.log ?? null)),
      ],
    );
  } catch (error) {
    if (sqlState(error) !== UNIQUE_VIOLATION) throw error;
    throw new PlatformError(
      'eventlog.already-loaded',
      `${projection.name} generation ${generation}: another instance has loaded these partitions.`,
      true,
      { cause: error },
    );
  }
}

export function placeOf({ topic, partition }: PartitionOf): string {
  return `${topic}/${partition}`;
}

function checkpointOf(row: CheckpointRow): Checkpoint {
  return {
    topic: row.topic,
    partition: row.partition,
    nextOffset: BigInt(row.next_offset),
    log: row.log ?? undefined,
  };
}
