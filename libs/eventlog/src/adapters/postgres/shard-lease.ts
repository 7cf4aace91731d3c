import type { Client } from 'pg';
import type { ShardLease } from '../../event-store.js';
import { smallintArray } from './binary-array.js';

/** First key of the advisory locks that make a process the one publisher of a shard; any number that nothing else here uses. */
export const RELAY_LOCKS = 0x5a31;

/** Advisory locks on a connection of their own: they end with it, so a killed process frees its shards at once. */
export class PostgresShardLease implements ShardLease {
  readonly #held = new Set<number>();
  #released = false;

  constructor(
    private readonly client: Client,
    onLost: (reason: Error) => void,
    private readonly onGained: () => void,
  ) {
    const lost = (reason: Error): void => {
      if (this.#released) return;
      this.#released = true;
      this.#held.clear();
      onLost(reason);
    };
    client.on('error', lost);
    client.on('end', () => lost(new Error('the connection that held the shards has ended')));
  }

  async acquire(shards: readonly number[]): Promise<ReadonlySet<number>> {
    const wanted = shards.filter((shard) => !this.#held.has(shard));
    if (wanted.length > 0 && !this.#released) {
      const result = await this.client.query<{ shard: number }>(
        'SELECT shard FROM unnest($1::int2[]) AS s (shard) WHERE pg_try_advisory_lock($2, shard)',
        [smallintArray(wanted), RELAY_LOCKS],
      );
      for (const row of result.rows) this.#held.add(row.shard);
      if (result.rows.length > 0) this.onGained();
    } else if (!this.#released) {
      await this.client.query('SELECT 1');
    }
    return this.#held;
  }

  async release(): Promise<void> {
    if (this.#released) return;
    this.#released = true;
    this.#held.clear();
    await this.client.end();
  }
}
