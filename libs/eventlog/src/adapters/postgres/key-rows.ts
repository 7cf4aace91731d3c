import type { PoolClient } from 'pg';
import { keyGone, type AppendKeys, type KeptKey, type NewKey, type StoredKey } from '../../keys/key-store.js';
import { bytesArray, integerArray, textArray, timeArray, uuidArray } from './binary-array.js';

export const KEY_COLUMNS = 'id, topic, subject, master, wrapped, wrapped_at, forgotten_by';

export interface KeyRow {
  readonly id: string;
  readonly topic: string;
  readonly subject: string;
  readonly master: string | null;
  readonly wrapped: Buffer | null;
  readonly wrapped_at: Date | null;
  readonly forgotten_by: string | null;
}

export function keyFromRow(row: KeyRow): StoredKey {
  const { id, topic, subject, master, wrapped, wrapped_at: wrappedAt, forgotten_by: by } = row;
  if (master === null || wrapped === null) return { id, topic, subject, state: 'forgotten', by: by ?? '' };
  return {
    id,
    topic,
    subject,
    state: 'kept',
    wrapped: { master, bytes: wrapped },
    wrappedAt: (wrappedAt ?? new Date(0)).toISOString(),
  };
}

/** Keys that the events of an append are sealed with, held until it commits: whoever would forget one waits, or has been first. */
export const HELD_KEYS = `held AS (
    SELECT id FROM eventlog.subject_key WHERE id = ANY ($15::text[]) AND forgotten_by IS NULL ORDER BY id FOR SHARE)`;

/**
 * Keys made for the events of an append, except those whose subject has got or lost a key since. Of two processes that make a subject's
 * next key at the same moment one fails, since both give it the same ordinal. One that the topic of keys has brought meanwhile is taken
 * as it is, unless it has been forgotten already.
 */
export const MADE_KEYS = `made AS (
    INSERT INTO eventlog.subject_key AS k (id, topic, subject, master, wrapped, wrapped_at, ordinal)
    SELECT * FROM unnest($16::text[], $17::text[], $18::text[], $19::text[], $20::bytea[], $21::timestamptz[], $22::int4[])
      AS m (id, topic, subject, master, wrapped, wrapped_at, ordinal)
    WHERE ordinal = (
      SELECT count(*) FROM eventlog.subject_key o WHERE o.topic = m.topic AND o.subject = m.subject AND o.id <> m.id)
    ORDER BY id
    ON CONFLICT (id) DO UPDATE SET ordinal = excluded.ordinal WHERE k.forgotten_by IS NULL
    RETURNING id)`;

/** The unique index that two keys with the same ordinal meet in. */
export const KEY_ORDINAL_INDEX = 'subject_key_ordinal';

export function keptParameters(keys: readonly KeptKey[]): Buffer[] {
  return [
    textArray(keys.map(({ id }) => id)),
    textArray(keys.map(({ topic }) => topic)),
    textArray(keys.map(({ subject }) => subject)),
    textArray(keys.map(({ wrapped }) => wrapped.master)),
    bytesArray(keys.map(({ wrapped }) => wrapped.bytes)),
    timeArray(keys.map(({ wrappedAt }) => wrappedAt)),
  ];
}

/** Parameters of {@link MADE_KEYS}. */
export function madeParameters(keys: readonly NewKey[]): Buffer[] {
  return [...keptParameters(keys), integerArray(keys.map(({ others }) => others))];
}

const FORGET_SUBJECTS_SQL = `
  WITH gone AS (SELECT * FROM unnest($1::text[], $2::uuid[]) AS g (id, by))
  UPDATE eventlog.subject_key k
  SET master = NULL, wrapped = NULL, wrapped_at = NULL, forgotten_by = gone.by, forgotten_at = clock_timestamp(), announced = false
  FROM gone WHERE k.id = gone.id AND k.forgotten_by IS NULL`;

const KEPT_OF_SUBJECTS_SQL = `
  SELECT count(*)::int AS kept FROM eventlog.subject_key k JOIN unnest($1::text[], $2::text[]) AS s (topic, subject) USING (topic, subject)
  WHERE k.forgotten_by IS NULL`;

/**
 * Forgets keys in the transaction of the event that forgets them.
 * @throws ConcurrencyError where they are not all the keys of their subjects: one has come or gone since
 */
export async function forgetWithAppend(
  client: PoolClient,
  { forgotten, subjects }: AppendKeys,
): Promise<void> {
  if (subjects.length === 0) return;
  const changed = await client.query(FORGET_SUBJECTS_SQL, [
    textArray(forgotten.map(({ id }) => id)),
    uuidArray(forgotten.map(({ by }) => by)),
  ]);
  const left = await client.query<{ kept: number }>(KEPT_OF_SUBJECTS_SQL, [
    textArray(subjects.map(({ topic }) => topic)),
    textArray(subjects.map(({ subject }) => subject)),
  ]);
  if (changed.rowCount !== forgotten.length || left.rows[0]?.kept !== 0) throw keyGone();
}
