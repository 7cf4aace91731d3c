import { isUuid, type ColumnType, type ColumnValue, type Projection, type Row } from '@samspill/kernel';

const INTEGER_MAX = 2_147_483_647;
const INTEGER_MIN = -2_147_483_648;
/** An entry of a B-tree index takes at most 2,704 bytes; keys are indexed. */
const MAX_KEY_BYTES = 2_500;
const NUL = '\u0000';
const RFC_3339 = /^(\d{4})-(\d\d)-(\d\d)T\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;

/** A time as it is read back, on a day that every month has. */
const AS_STORED =
  /^(?!0000)\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/;

export type Stored =
  | { readonly kind: 'row'; readonly row: Row }
  /** No table takes it, so the event that made it is parked. */
  | { readonly kind: 'refused'; readonly reason: string };

/**
 * A row as a table will give it back, or why no table takes it. Applied before writing, live and in a rebuild alike, so that both
 * park the same events, and that a fold goes on from the same values whether or not a batch ended in between.
 */
export function asStored(projection: Projection, key: Row, row: Row): Stored {
  const { columns, key: keyColumns } = projection.table;
  const stored: Record<string, ColumnValue> = {};
  for (const name in columns) {
    const known = key[name];
    if (known !== undefined && known === row[name]) {
      stored[name] = known; // the key is as stored already
      continue;
    }
    const value = columnAsStored(columns[name] ?? 'text', row[name] ?? null, projection.fold);
    if (value instanceof Unstorable) return refused(`column ${name} ${value.reason}`);
    stored[name] = value;
  }
  for (const name of keyColumns) {
    if (stored[name] !== key[name]) return refused(`the row does not have its event's key in column ${name}`);
  }
  return { kind: 'row', row: stored };
}

/** A row's key as a table will give it back, or why no table takes it. */
export function keyAsStored(projection: Projection, key: Row): Stored {
  const stored: Record<string, ColumnValue> = {};
  let bytes = 0;
  for (const name of projection.table.key) {
    const value = columnAsStored(
      projection.table.columns[name] ?? 'text',
      key[name] ?? null,
      projection.fold,
    );
    if (value instanceof Unstorable) return refused(`key column ${name} ${value.reason}`);
    if (value === null) return refused(`key column ${name} has no value`);
    if (typeof value === 'string') bytes += Buffer.byteLength(value);
    stored[name] = value;
  }
  return bytes > MAX_KEY_BYTES
    ? refused(`the key has ${bytes} bytes; ${MAX_KEY_BYTES} are possible`)
    : { kind: 'row', row: stored };
}

class Unstorable {
  constructor(readonly reason: string) {}
}

function refused(reason: string): Stored {
  return { kind: 'refused', reason };
}

function columnAsStored(
  type: ColumnType,
  value: ColumnValue,
  fold: Projection['fold'],
): ColumnValue | Unstorable {
  if (value === null) return null;
  switch (type) {
    case 'text':
      return typeof value === 'string' ? text(value) : new Unstorable('is not text');
    case 'uuid':
      return typeof value === 'string' && isUuid(value)
        ? value
        : new Unstorable('is not a UUID in lower case');
    case 'text[]':
      return texts(value);
    case 'integer[]':
      return Array.isArray(value) && value.every(isStoredInteger)
        ? value
        : new Unstorable('is not a list of 32-bit integers');
    case 'jsonb':
      return json(value, fold);
    case 'integer':
      return isStoredInteger(value) ? value : new Unstorable('is not a 32-bit integer');
    case 'bigint':
      return Number.isSafeInteger(value) ? value : new Unstorable('is not a safe integer');
    case 'boolean':
      return typeof value === 'boolean' ? value : new Unstorable('is not a boolean');
    case 'timestamptz':
      return typeof value === 'string' ? time(value) : new Unstorable('is not a time');
  }
}

function isStoredInteger(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= INTEGER_MIN && Number(value) <= INTEGER_MAX;
}

/** Postgres has no NUL in text, and half a surrogate pair has no UTF-8. */
function text(value: string): string | Unstorable {
  return value.includes(NUL) ? new Unstorable('holds a NUL character') : value.toWellFormed();
}

function texts(value: ColumnValue): ColumnValue | Unstorable {
  if (!Array.isArray(value)) return new Unstorable('is not a list of texts');
  const items: string[] = [];
  for (const item of value) {
    const stored = typeof item === 'string' ? text(item) : new Unstorable('is not a list of texts');
    if (stored instanceof Unstorable) return stored;
    items.push(stored);
  }
  return items;
}

/** Milliseconds in UTC, which is what is read back. */
function time(value: string): string | Unstorable {
  if (AS_STORED.test(value)) return value; // most times are written by us
  const [, year = '', month = '', day = ''] = RFC_3339.exec(value) ?? [];
  const instant = new Date(value);
  const isOnCalendar = new Date(`${year}-${month}-${day}T00:00:00Z`).getUTCDate() === Number(day);
  if (!isOnCalendar || Number.isNaN(instant.getTime())) return new Unstorable('is not a time');
  const stored = instant.toISOString();
  return /^(?:0000|[+-])/.test(stored) ? new Unstorable('is a time outside the years 1 to 9999') : stored;
}

/**
 * Only characters that JSON writes as `\u…` can be what jsonb refuses; looking closer costs a walk through the value. A fold of
 * states never reads its rows back, so that its values may stay what they are.
 */
function json(value: object | string | number | boolean, fold: Projection['fold']): ColumnValue | Unstorable {
  const written: unknown = JSON.stringify(value);
  if (typeof written !== 'string') return new Unstorable('is not JSON');
  const isPlain = !written.includes(String.raw`\u`);
  if (isPlain && fold === 'state') return value;
  const parsed: unknown = JSON.parse(written, isPlain ? undefined : wellFormed);
  return !isPlain && holdsNul(parsed) ? new Unstorable('holds a NUL character') : asColumn(parsed);
}

function wellFormed(_name: string, value: unknown): unknown {
  return typeof value === 'string' ? value.toWellFormed() : value;
}

function holdsNul(value: unknown): boolean {
  if (typeof value === 'string') return value.includes(NUL);
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([name, member]) => name.includes(NUL) || holdsNul(member));
}

function asColumn(value: unknown): ColumnValue | Unstorable {
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'boolean':
    case 'object':
      return value;
    default:
      return new Unstorable('is not JSON');
  }
}
