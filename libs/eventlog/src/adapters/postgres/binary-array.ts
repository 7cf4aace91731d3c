/**
 * Array parameters in Postgres's binary format (array_recv). node-postgres sends a Buffer parameter as binary; its own arrays go as
 * escaped text, which for JSON costs more than the insert itself.
 */
const INT2 = 21;
const INT4 = 23;
const INT8 = 20;
const TEXT = 25;
const BYTEA = 17;
const UUID = 2950;
const TIMESTAMPTZ = 1184;

/** Milliseconds from 1970-01-01 to 2000-01-01, where Postgres counts from. */
const POSTGRES_EPOCH_MS = 946_684_800_000;

const HEADER_BYTES = 20;

export function textArray(values: readonly (string | null)[]): Buffer {
  let size = HEADER_BYTES + 4 * values.length;
  for (const value of values) if (value !== null) size += Buffer.byteLength(value);
  const out = start(TEXT, values.length, size);
  let at = HEADER_BYTES;
  for (const value of values) {
    if (value === null) {
      at = out.writeInt32BE(-1, at);
      continue;
    }
    const written = out.write(value, at + 4);
    out.writeInt32BE(written, at);
    at += 4 + written;
  }
  return out;
}

export function bytesArray(values: readonly (Buffer | null)[]): Buffer {
  let size = HEADER_BYTES + 4 * values.length;
  for (const value of values) size += value?.length ?? 0;
  const out = start(BYTEA, values.length, size);
  let at = HEADER_BYTES;
  for (const value of values) {
    at = out.writeInt32BE(value === null ? -1 : value.length, at);
    if (value !== null) at += value.copy(out, at);
  }
  return out;
}

/** UUIDs given as text. */
export function uuidArray(values: readonly string[]): Buffer {
  const out = start(UUID, values.length, HEADER_BYTES + 20 * values.length);
  let at = HEADER_BYTES;
  for (const value of values) {
    at = out.writeInt32BE(16, at);
    if (out.write(value.replaceAll('-', ''), at, 'hex') !== 16) throw new TypeError(`not a UUID: ${value}`);
    at += 16;
  }
  return out;
}

/** Times given as RFC 3339 texts; kept to the millisecond. */
export function timeArray(values: readonly string[]): Buffer {
  return fixed(TIMESTAMPTZ, 8, values, (out, value, at) =>
    out.writeBigInt64BE(BigInt(Date.parse(value) - POSTGRES_EPOCH_MS) * 1000n, at),
  );
}

export function smallintArray(values: readonly number[]): Buffer {
  return fixed(INT2, 2, values, (out, value, at) => out.writeInt16BE(value, at));
}

export function integerArray(values: readonly number[]): Buffer {
  return fixed(INT4, 4, values, (out, value, at) => out.writeInt32BE(value, at));
}

export function bigintArray(values: readonly bigint[]): Buffer {
  return fixed(INT8, 8, values, (out, value, at) => out.writeBigInt64BE(value, at));
}

function fixed<T>(
  oid: number,
  bytes: number,
  values: readonly T[],
  write: (out: Buffer, value: T, at: number) => number,
): Buffer {
  const out = start(oid, values.length, HEADER_BYTES + (4 + bytes) * values.length);
  let at = HEADER_BYTES;
  for (const value of values) {
    at = out.writeInt32BE(bytes, at);
    at = write(out, value, at);
  }
  return out;
}

/** One dimension, lower bound 1, NULLs allowed. */
function start(oid: number, length: number, size: number): Buffer {
  const out = Buffer.allocUnsafe(size);
  out.writeInt32BE(1, 0);
  out.writeInt32BE(1, 4);
  out.writeInt32BE(oid, 8);
  out.writeInt32BE(length, 12);
  out.writeInt32BE(1, 16);
  return out;
}
