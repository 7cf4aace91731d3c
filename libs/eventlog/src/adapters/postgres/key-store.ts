import type {
  ForgottenKey,
  KeptKey,
  KeyCount,
  KeyPositions,
  KeyStore,
  KeysToRewrap,
  StoredKey,
} from '../../keys/key-store.js';
import { bigintArray, bytesArray, integerArray, textArray, timeArray, uuidArray } from './binary-array.js';
import type { Database } from './database.js';
import { KEY_COLUMNS, keptParameters, keyFromRow, type KeyRow } from './key-rows.js';

/**
 * What is forgotten stays forgotten; a record that says otherwise has come late, and others are to be told again. Most are this service's
 * own, which has them: they are left out first, since a row that is in the way of an insert is locked, which writes it.
 */
const TAKE_IN_KEPT_SQL = `
  INSERT INTO eventlog.subject_key AS k (id, topic, subject, master, wrapped, wrapped_at)
  SELECT DISTINCT ON (id) * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bytea[], $6::timestamptz[])
    AS n (id, topic, subject, master, wrapped, wrapped_at)
  WHERE NOT EXISTS (SELECT FROM eventlog.subject_key h WHERE h.id = n.id AND h.wrapped_at >= n.wrapped_at)
  ORDER BY id, wrapped_at DESC
  ON CONFLICT (id) DO UPDATE SET
    master = CASE WHEN k.forgotten_by IS NULL THEN excluded.master END,
    wrapped = CASE WHEN k.forgotten_by IS NULL THEN excluded.wrapped END,
    wrapped_at = CASE WHEN k.forgotten_by IS NULL THEN excluded.wrapped_at END,
    announced = k.forgotten_by IS NULL AND k.announced
  WHERE k.forgotten_by IS NOT NULL OR k.wrapped_at < excluded.wrapped_at`;

const FORGET_SQL = `
  INSERT INTO eventlog.subject_key AS k (id, topic, subject, forgotten_by, forgotten_at, announced)
  SELECT DISTINCT ON (id) id, topic, subject, forgotten_by, clock_timestamp(), $5
  FROM unnest($1::text[], $2::text[], $3::text[], $4::uuid[]) AS n (id, topic, subject, forgotten_by) ORDER BY id
  ON CONFLICT (id) DO UPDATE SET
    master = NULL, wrapped = NULL, wrapped_at = NULL,
    forgotten_by = coalesce(k.forgotten_by, excluded.forgotten_by), forgotten_at = coalesce(k.forgotten_at, excluded.forgotten_at),
    announced = CASE WHEN k.forgotten_by IS NULL THEN excluded.announced ELSE k.announced OR excluded.announced END
  WHERE k.forgotten_by IS NULL OR (excluded.announced AND NOT k.announced)`;

/** Whoever still reads a topic that was replaced moves nothing, nor does whoever is behind another. Who moves it has others wait. */
const MOVE_SQL = `
  UPDATE eventlog.key_position p SET next_offset = n.next_offset
  FROM unnest($1::int4[], $2::int8[]) AS n (partition, next_offset)
  WHERE p.partition = n.partition AND p.log = $3 AND p.next_offset < n.next_offset`;

const READ_ANEW_SQL = `
  INSERT INTO eventlog.key_position (partition, next_offset, log) SELECT partition, 0, $1 FROM generate_series(0, $2 - 1) AS p (partition)
  ON CONFLICT (partition) DO UPDATE SET next_offset = 0, log = excluded.log`;

/** Rows are locked: whoever would forget one of them waits until it is on the topic of keys as it was sealed anew. */
const TO_REWRAP_SQL = `
  SELECT ${KEY_COLUMNS} FROM eventlog.subject_key
  WHERE topic = $1 AND forgotten_by IS NULL AND master <> $2 AND id > $3 ORDER BY id LIMIT $4 FOR UPDATE SKIP LOCKED`;

const REWRAP_SQL = `
  UPDATE eventlog.subject_key k SET master = n.master, wrapped = n.wrapped, wrapped_at = n.wrapped_at
  FROM unnest($1::text[], $2::text[], $3::bytea[], $4::timestamptz[]) AS n (id, master, wrapped, wrapped_at) WHERE k.id = n.id`;

export class PostgresKeyStore implements KeyStore {
  constructor(private readonly database: Database) {}

  async find(ids: readonly string[]): Promise<ReadonlyMap<string, StoredKey>> {
    const text = `SELECT ${KEY_COLUMNS} FROM eventlog.subject_key WHERE id = ANY ($1::text[])`;
    const keys = await this.#keys({ name: 'eventlog-keys', text, values: [textArray(ids)] });
    return new Map(keys.map((key) => [key.id, key]));
  }

  async ofSubjects(
    topic: string,
    subjects: readonly string[],
  ): Promise<ReadonlyMap<string, readonly StoredKey[]>> {
    const text = `SELECT ${KEY_COLUMNS} FROM eventlog.subject_key WHERE topic = $1 AND subject = ANY ($2::text[]) ORDER BY id`;
    const values = [topic, textArray(subjects)];
    const keys = await this.#keys({ name: 'eventlog-keys-of-subjects', text, values });
    return Map.groupBy(keys, ({ subject }) => subject);
  }

  async takeIn(keys: readonly StoredKey[], positions: KeyPositions): Promise<void> {
    const kept = keys.flatMap((key) => (key.state === 'kept' ? [key] : []));
    // What the topic says last of a key is what compaction leaves there.
    const last = new Map(keys.map((key) => [key.id, key.state]));
    const forgotten = keys.flatMap((key) => (key.state === 'forgotten' ? [key] : []));
    const byTold = Map.groupBy(forgotten, ({ id }) => last.get(id) === 'forgotten');
    await this.database.transaction(async (client) => {
      if (positions.next.size > 0) {
        const { rowCount } = await client.query(MOVE_SQL, [
          integerArray([...positions.next.keys()]),
          bigintArray([...positions.next.values()]),
          positions.log,
        ]);
        if (rowCount === 0) return;
      }
      if (kept.length > 0) await client.query(TAKE_IN_KEPT_SQL, keptParameters(kept));
      for (const [isTold, some] of byTold) await client.query(FORGET_SQL, forgottenParameters(some, isTold));
    });
  }

  async positions(log: string): Promise<KeyPositions | undefined> {
    const { rows } = await this.database.withClient((client) =>
      client.query<{ partition: number; next_offset: string }>(
        'SELECT partition, next_offset FROM eventlog.key_position WHERE log = $1',
        [log],
      ),
    );
    if (rows.length === 0) return undefined;
    return { log, next: new Map(rows.map(({ partition, next_offset: next }) => [partition, BigInt(next)])) };
  }

  async readAnew(log: string, partitions: number): Promise<void> {
    await this.database.withClient((client) => client.query(READ_ANEW_SQL, [log, partitions]));
  }

  async forget(keys: readonly ForgottenKey[], announced: boolean): Promise<void> {
    await this.database.withClient((client) =>
      client.query(FORGET_SQL, forgottenParameters(keys, announced)),
    );
  }

  async unannounced(topic: string, after: string, limit: number): Promise<readonly ForgottenKey[]> {
    const text = `
      SELECT ${KEY_COLUMNS} FROM eventlog.subject_key WHERE NOT announced AND topic = $1 AND id > $2 ORDER BY id LIMIT $3`;
    const keys = await this.#keys({ name: 'eventlog-keys-unannounced', text, values: [topic, after, limit] });
    return keys.flatMap((key) => (key.state === 'forgotten' ? [key] : []));
  }

  async isAnyForgottenSince(time: string): Promise<boolean> {
    const { rows } = await this.database.withClient((client) =>
      client.query<{ found: boolean }>(
        'SELECT EXISTS (SELECT FROM eventlog.subject_key WHERE forgotten_at >= $1) AS found',
        [time],
      ),
    );
    return rows[0]?.found === true;
  }

  async page(topic: string, after: string, limit: number): Promise<readonly StoredKey[]> {
    const text = `SELECT ${KEY_COLUMNS} FROM eventlog.subject_key WHERE topic = $1 AND id > $2 ORDER BY id LIMIT $3`;
    return await this.#keys({ text, values: [topic, after, limit] });
  }

  async rewrap(
    { topic, master, after, limit }: KeysToRewrap,
    work: (keys: readonly KeptKey[]) => Promise<readonly KeptKey[]>,
  ): Promise<string | undefined> {
    return await this.database.transaction(async (client) => {
      const { rows } = await client.query<KeyRow>(TO_REWRAP_SQL, [topic, master, after, limit]);
      if (rows.length === 0) return undefined;
      const old = rows.map(keyFromRow).flatMap((key) => (key.state === 'kept' ? [key] : []));
      const anew = await work(old);
      await client.query(REWRAP_SQL, [
        textArray(anew.map(({ id }) => id)),
        textArray(anew.map(({ wrapped }) => wrapped.master)),
        bytesArray(anew.map(({ wrapped }) => wrapped.bytes)),
        timeArray(anew.map(({ wrappedAt }) => wrappedAt)),
      ]);
      return rows.at(-1)?.id;
    });
  }

  async counts(): Promise<readonly KeyCount[]> {
    const { rows } = await this.database.withClient((client) =>
      client.query<{ topic: string; master: string | null; keys: number }>(
        'SELECT topic, master, count(*)::int AS keys FROM eventlog.subject_key GROUP BY topic, master ORDER BY topic, master',
      ),
    );
    return rows.map(({ topic, master, keys }) => ({
      topic,
      state: master === null ? 'forgotten' : 'kept',
      master: master ?? undefined,
      keys,
    }));
  }

  async #keys(query: { name?: string; text: string; values: unknown[] }): Promise<readonly StoredKey[]> {
    const { rows } = await this.database.withClient((client) => client.query<KeyRow>(query));
    return rows.map(keyFromRow);
  }
}

function forgottenParameters(keys: readonly ForgottenKey[], announced: boolean): unknown[] {
  return [
    textArray(keys.map(({ id }) => id)),
    textArray(keys.map(({ topic }) => topic)),
    textArray(keys.map(({ subject }) => subject)),
    uuidArray(keys.map(({ by }) => by)),
    announced,
  ];
}
