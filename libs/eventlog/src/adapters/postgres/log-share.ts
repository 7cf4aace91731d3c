import { randomInt } from 'node:crypto';
import type { Client } from 'pg';
import { murmur2 } from '../../partitioner.js';
import { integerArray } from './binary-array.js';

/** Keys of locks are two 32-bit numbers; the second of a partition's is made of its topic's id and its own number. */
const PARTITIONS_PER_TOPIC = 4_096;
const MAX_MEMBER = 2 ** 31 - 1;

export interface Place {
  readonly topicId: number;
  readonly topic: string;
  readonly partition: number;
}

/**
 * This process's share of a group's partitions, held as advisory locks on a connection of its own: when the process dies, the
 * connection ends and its share is free at once. Each member holds a lock that only shows that it is there, so that all can
 * reckon what a fair share is.
 */
export class LogShare {
  readonly #members: number;
  readonly #partitions: number;
  readonly #held = new Map<number, Place>();

  private constructor(
    private readonly client: Client,
    group: string,
  ) {
    this.#members = murmur2(Buffer.from(`members of ${group}`));
    this.#partitions = murmur2(Buffer.from(`partitions of ${group}`));
  }

  static async join(client: Client, group: string): Promise<LogShare> {
    const share = new LogShare(client, group);
    await client.query('SELECT pg_advisory_lock($1, $2)', [share.#members, randomInt(MAX_MEMBER)]);
    return share;
  }

  /** Tries for free partitions up to a fair share. Returns those that are new, and those that are too many. */
  async balance(
    places: readonly Place[],
  ): Promise<{ readonly gained: readonly Place[]; readonly surplus: readonly Place[] }> {
    const fair = Math.ceil(places.length / Math.max(1, await this.#countMembers()));
    if (this.#held.size > fair) return { gained: [], surplus: [...this.#held.values()].slice(fair) };
    const free = new Map(places.map((place) => [lockKey(place), place]));
    for (const key of this.#held.keys()) free.delete(key);
    const wanted = fair - this.#held.size;
    if (wanted === 0 || free.size === 0) return { gained: [], surplus: [] };
    const gained = await this.#lock([...free.keys()], wanted);
    return { gained: gained.flatMap((key) => this.#hold(key, free.get(key))), surplus: [] };
  }

  /** Lets others have a partition. */
  async release(place: Place): Promise<void> {
    const key = lockKey(place);
    if (!this.#held.delete(key)) return;
    await this.client.query('SELECT pg_advisory_unlock($1, $2)', [this.#partitions, key]);
  }

  #hold(key: number, place: Place | undefined): Place[] {
    if (!place) return [];
    this.#held.set(key, place);
    return [place];
  }

  async #countMembers(): Promise<number> {
    const { rows } = await this.client.query<{ count: number }>(
      `SELECT count(*)::int4 FROM pg_locks
       WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
         AND classid = $1::int8::oid AND objsubid = 2 AND granted`,
      [this.#members >>> 0],
    );
    return rows[0]?.count ?? 1;
  }

  /** `LIMIT` stops trying once enough are held: the scan takes one key after the other. */
  async #lock(keys: readonly number[], limit: number): Promise<readonly number[]> {
    const { rows } = await this.client.query<{ key: number }>(
      'SELECT key FROM unnest($2::int4[]) AS k (key) WHERE pg_try_advisory_lock($1, key) LIMIT $3',
      [this.#partitions, integerArray(keys), limit],
    );
    return rows.map(({ key }) => key);
  }
}

function lockKey({ topicId, partition }: Place): number {
  return topicId * PARTITIONS_PER_TOPIC + partition;
}
