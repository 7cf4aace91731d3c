import type { PoolClient } from 'pg';
import type { Projection } from '@samspill/kernel';
import { murmur2 } from '../../partitioner.js';

/** First key of the advisory locks that live batches share and a switch has alone; any number that nothing else here uses. */
const FENCE_LOCKS = 0x5a3e;

/**
 * Begins the transaction of a live batch behind the projection's fence. The lock on the projection's row alone would keep a switch and a
 * batch apart, but a row that is shared by ever new batches is never free; advisory locks are given in the order in which they are asked for.
 */
export function beginBehindFence(projection: Projection, begin: string): string {
  return `${begin}; SELECT pg_advisory_xact_lock_shared(${FENCE_LOCKS}, ${fenceOf(projection)})`;
}

/** Waits for the live batches that have begun, and holds others until the transaction of `client` ends. */
export async function holdLiveBatches(client: PoolClient, projection: Projection): Promise<void> {
  await client.query('SELECT pg_advisory_xact_lock($1, $2)', [FENCE_LOCKS, fenceOf(projection)]);
}

/** A signed 32-bit number. Two projections with the same one would wait for each other now and then, no more. */
function fenceOf({ name, version }: Projection): number {
  return murmur2(Buffer.from(`${name}@${version}`)) | 0;
}
