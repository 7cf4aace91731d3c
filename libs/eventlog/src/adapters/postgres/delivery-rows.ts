import type { DeliveryState, LedgerEntry } from '../../reactors/delivery.js';
import { bigintArray, integerArray, textArray, timeArray } from './binary-array.js';

export const DELIVERY_COLUMNS =
  'thing, key, stream, version, content, state, is_changed, is_in_doubt, topic, partition, "offset", attempts, due_at, code, words, confirmed_version, confirmed_content, confirmed_at, reference';

export interface DeliveryRow {
  readonly thing: string;
  readonly key: string;
  readonly stream: string;
  readonly version: number;
  readonly content: string;
  readonly state: DeliveryState;
  readonly is_changed: boolean;
  readonly is_in_doubt: boolean;
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly attempts: number;
  readonly due_at: Date;
  readonly code: string | null;
  readonly words: string | null;
  readonly confirmed_version: number | null;
  readonly confirmed_content: string | null;
  readonly confirmed_at: Date | null;
  readonly reference: string | null;
}

/** Ordered by thing, in which everybody locks who locks several. */
export const PUT_DELIVERIES_SQL = `
  INSERT INTO eventlog.delivery (reactor, ${DELIVERY_COLUMNS})
  SELECT $1, thing, key, stream, version, content, state, is_changed = 1, is_in_doubt = 1, topic, partition, "offset", attempts, due_at, code, words,
    nullif(confirmed_version, 0), confirmed_content, CASE WHEN confirmed_version > 0 THEN confirmed_at END, reference
  FROM unnest($2::text[], $3::text[], $4::text[], $5::int4[], $6::text[], $7::text[], $8::int4[], $9::int4[], $10::text[], $11::int4[],
    $12::int8[], $13::int4[], $14::timestamptz[], $15::text[], $16::text[], $17::int4[], $18::text[], $19::timestamptz[], $20::text[])
    AS d (thing, key, stream, version, content, state, is_changed, is_in_doubt, topic, partition, "offset", attempts, due_at, code, words,
      confirmed_version, confirmed_content, confirmed_at, reference)
  ORDER BY thing
  ON CONFLICT (reactor, thing) DO UPDATE SET
    key = excluded.key, stream = excluded.stream, version = excluded.version, content = excluded.content, state = excluded.state,
    is_changed = excluded.is_changed, is_in_doubt = excluded.is_in_doubt, topic = excluded.topic, partition = excluded.partition, "offset" = excluded."offset",
    attempts = excluded.attempts, due_at = excluded.due_at, code = excluded.code, words = excluded.words,
    confirmed_version = excluded.confirmed_version, confirmed_content = excluded.confirmed_content,
    confirmed_at = excluded.confirmed_at, reference = excluded.reference`;

/** Parameters from $2 on. */
export function deliveryParameters(entries: readonly LedgerEntry[]): readonly Buffer[] {
  const texts = (of: (entry: LedgerEntry) => string | undefined): Buffer =>
    textArray(entries.map((entry) => of(entry) ?? null));
  const integers = (of: (entry: LedgerEntry) => number): Buffer => integerArray(entries.map(of));
  return [
    texts(({ thing }) => thing),
    texts(({ key }) => key),
    texts(({ stream }) => stream),
    integers(({ version }) => version),
    texts(({ content }) => content),
    texts(({ state }) => state),
    integers(({ isChanged }) => (isChanged ? 1 : 0)),
    integers(({ isInDoubt }) => (isInDoubt ? 1 : 0)),
    texts(({ place }) => place.topic),
    integers(({ place }) => place.partition),
    bigintArray(entries.map(({ place }) => place.offset)),
    integers(({ attempts }) => attempts),
    timeArray(entries.map(({ dueAt }) => dueAt)),
    texts(({ code }) => code),
    texts(({ words }) => words),
    integers(({ confirmed }) => confirmed?.version ?? 0),
    texts(({ confirmed }) => confirmed?.content),
    timeArray(entries.map(({ confirmed, dueAt }) => confirmed?.at ?? dueAt)),
    texts(({ confirmed }) => confirmed?.reference),
  ];
}

export function entryFromRow(row: DeliveryRow): LedgerEntry {
  const { thing, key, stream, version, content, state, topic, partition, attempts, code, words } = row;
  const { confirmed_version, confirmed_content, confirmed_at, reference } = row;
  const confirmed = confirmed_version !== null &&
    confirmed_at !== null && {
      version: confirmed_version,
      content: confirmed_content ?? '',
      at: confirmed_at.toISOString(),
      ...(reference !== null && { reference }),
    };
  return {
    thing,
    key,
    stream,
    version,
    content,
    state,
    isChanged: row.is_changed,
    isInDoubt: row.is_in_doubt,
    place: { topic, partition, offset: BigInt(row.offset) },
    attempts,
    dueAt: row.due_at.toISOString(),
    ...(code !== null && { code }),
    ...(words !== null && { words }),
    ...(confirmed && { confirmed }),
  };
}
