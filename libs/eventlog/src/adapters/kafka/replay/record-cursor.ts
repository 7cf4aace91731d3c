/** Why a stretch of bytes is not what it should be; whoever knows where the bytes are from says so. */
export class DamagedBytesError extends Error {
  override readonly name = 'DamagedBytesError';
}

/** A null key, value or header is written as this length. */
export const NULL_LENGTH = -1;
/** A 32-bit varint has up to five bytes, a 64-bit one up to ten. */
const LAST_SHIFT_32 = 28;
const MAX_BYTES_64 = 10;

/**
 * Reads Kafka's variable-length numbers (https://kafka.apache.org/protocol#protocol_types: zigzag, seven bits a byte, low ones first).
 * No number, length or skip leads past `end`: the bytes may be anybody's.
 */
export class RecordCursor {
  /** @param bytes of which those from `at` up to and without `end` are read */
  constructor(
    readonly bytes: Buffer,
    public at: number,
    public end: number,
  ) {}

  byte(): number {
    if (this.at >= this.end) throw new DamagedBytesError('it ends too early');
    return this.bytes[this.at++] ?? 0;
  }

  varint(): number {
    let byte = this.byte();
    if (byte < 0x80) return (byte >>> 1) ^ -(byte & 1);
    let raw = byte & 0x7f;
    for (let shift = 7; shift <= LAST_SHIFT_32; shift += 7) {
      byte = this.byte();
      raw |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (raw >>> 1) ^ -(raw & 1);
    }
    throw new DamagedBytesError('a number has more than five bytes');
  }

  /** Exact up to 2^53, the nearest number beyond. */
  varlong(): number {
    let byte = this.byte();
    let raw = byte & 0x7f;
    for (let shift = 7; byte >= 0x80 && shift < LAST_SHIFT_32; shift += 7) {
      byte = this.byte();
      raw |= (byte & 0x7f) << shift;
    }
    return byte < 0x80 ? (raw >>> 1) ^ -(raw & 1) : this.#large(raw);
  }

  /** A number of more than four bytes, whose first 28 bits have been read. */
  #large(low: number): number {
    let raw = BigInt(low);
    for (let index = 4; index < MAX_BYTES_64; index += 1) {
      const byte = this.byte();
      raw |= BigInt(byte & 0x7f) << BigInt(7 * index);
      if (byte < 0x80) return Number(BigInt.asIntN(64, (BigInt.asUintN(64, raw) >> 1n) ^ -(raw & 1n)));
    }
    throw new DamagedBytesError('a number has more than ten bytes');
  }

  /** A length whose bytes are all there; {@link NULL_LENGTH} where there is nothing. */
  length(): number {
    const length = this.varint();
    if (length < NULL_LENGTH) throw new DamagedBytesError(`a length is ${length}`);
    if (length > this.end - this.at) throw new DamagedBytesError('it ends too early');
    return length;
  }

  /** Skips bytes with their length before them, and returns the length. */
  skipBytes(): number {
    const length = this.length();
    if (length > 0) this.at += length;
    return length;
  }
}
