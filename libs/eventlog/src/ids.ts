import { createHash, randomFillSync } from 'node:crypto';

/**
 * UUIDv7 (RFC 9562 §5.7): 48 bits of milliseconds, then a counter that makes the ids of one process ascend strictly (§6.2,
 * method 1), then randomness. Node's own `randomUUIDv7` is faster but does not ascend within a millisecond, and takes no time.
 *
 *   tttttttt-tttt-7ccc-{10cccccc}rr-rrrrrrrrrrrr      t time, c counter (18 bits), r random (56 bits)
 */
const COUNTER_BITS = 18;
const COUNTER_END = 1 << COUNTER_BITS;
/** Bits of the counter in the last byte that it shares with the variant. */
const LOW_BITS = 6;
const LOW_MASK = (1 << LOW_BITS) - 1;
const VARIANT = 0x80;
/** The counter starts anywhere in the lower half of its range, so that at least the other half is left for a millisecond. */
const START_MASK = (COUNTER_END >> 1) - 1;
const RANDOM_BYTES_EACH = 7;
const POOL_BYTES = RANDOM_BYTES_EACH * 1024;

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

const pool = new Uint8Array(POOL_BYTES);
let drawn = POOL_BYTES;
let lastMs = -1;
let timePart = '';
let counter = 0;

/**
 * A new UUIDv7, greater than every one this process has made. A clock that goes back does not lead ids back: they go on from
 * the latest time seen.
 * @param nowMs milliseconds since 1970, at most 2^48 − 1
 */
export function uuidv7(nowMs: number = Date.now()): string {
  if (nowMs > lastMs) startMillisecond(nowMs);
  else if (++counter === COUNTER_END) startMillisecond(lastMs + 1);
  const at = draw();
  const high = (counter >>> LOW_BITS).toString(16).padStart(3, '0');
  const low = hex(VARIANT | (counter & LOW_MASK));
  return `${timePart}${high}-${low}${random(at)}-${random(at + 1)}${random(at + 2)}${random(at + 3)}${random(at + 4)}${random(at + 5)}${random(at + 6)}`;
}

function startMillisecond(ms: number): void {
  lastMs = ms;
  const time = ms.toString(16).padStart(12, '0');
  timePart = `${time.slice(0, 8)}-${time.slice(8)}-7`;
  const at = draw();
  counter = (((pool[at] ?? 0) << 16) | ((pool[at + 1] ?? 0) << 8) | (pool[at + 2] ?? 0)) & START_MASK;
}

/** Index of the next unused random bytes. One call of the generator for a thousand ids is what makes this fast. */
function draw(): number {
  if (drawn === POOL_BYTES) {
    randomFillSync(pool);
    drawn = 0;
  }
  const at = drawn;
  drawn += RANDOM_BYTES_EACH;
  return at;
}

function random(index: number): string {
  return hex(pool[index] ?? 0);
}

function hex(byte: number): string {
  return HEX[byte] ?? '00';
}

/**
 * A UUIDv7 that is the same for the same time and names: what is done again under it is known for what it is.
 * @param timeMs milliseconds since 1970, at most 2^48 − 1
 */
export function derivedUuid(timeMs: number, ...names: readonly string[]): string {
  const time = timeMs.toString(16).padStart(12, '0');
  const hash = createHash('sha256').update(JSON.stringify(names)).digest('hex');
  const variant = ((Number.parseInt(hash.slice(3, 5), 16) & LOW_MASK) | VARIANT).toString(16);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${hash.slice(0, 3)}-${variant}${hash.slice(5, 7)}-${hash.slice(7, 19)}`;
}
