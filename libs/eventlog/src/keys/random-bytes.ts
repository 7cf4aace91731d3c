import { randomFillSync } from 'node:crypto';

/** A call of the generator costs 4 to 9 µs however little is asked for, and a new key with its first event asks four times. */
const POOL_BYTES = 8 * 1024;

const pool = Buffer.alloc(POOL_BYTES);
let drawn = POOL_BYTES;

/**
 * Bytes of the operating system's generator, drawn for many in one go; no two callers get the same, and what was given is kept nowhere else.
 * @param count at most {@link POOL_BYTES}
 */
export function randomBytes(count: number): Buffer {
  if (count > POOL_BYTES) throw new RangeError(`${count} random bytes are more than are drawn in one go`);
  if (drawn + count > POOL_BYTES) {
    randomFillSync(pool);
    drawn = 0;
  }
  const bytes = Buffer.from(pool.subarray(drawn, drawn + count));
  pool.fill(0, drawn, drawn + count);
  drawn += count;
  return bytes;
}
