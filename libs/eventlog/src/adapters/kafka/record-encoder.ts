import type { LogRecord } from '../../log.js';
import { recordBytes } from '../../record-size.js';

/**
 * Records of one batch in Kafka's record format v2, one after the other (https://kafka.apache.org/documentation/#record).
 * Deltas are to the batch's first offset and to its earliest timestamp.
 */
export interface EncodedRecords {
  readonly bytes: Buffer;
  readonly count: number;
  readonly firstTimestampMs: number;
  readonly lastTimestampMs: number;
}

export function encodeRecords(records: readonly LogRecord[]): EncodedRecords {
  let size = 0;
  let [firstTimestampMs, lastTimestampMs] = [Number.POSITIVE_INFINITY, 0];
  for (const record of records) {
    size += recordBytes(record);
    firstTimestampMs = Math.min(firstTimestampMs, record.timestampMs);
    lastTimestampMs = Math.max(lastTimestampMs, record.timestampMs);
  }
  const writer = new RecordWriter(size);
  records.forEach((record, index) => {
    writer.write(record, index, record.timestampMs - firstTimestampMs);
  });
  return { bytes: writer.bytes(), count: records.length, firstTimestampMs, lastTimestampMs };
}

/** Below this, a number takes one byte as a zigzag varint; below the next, two; and so on. */
const ONE_BYTE = 64;
const TWO_BYTES = 8_192;
/** Up to here bit operations, which are on 32 bits, hold. */
const SMALL = 2 ** 30;

class RecordWriter {
  readonly #buffer: Buffer;
  #at = 0;

  constructor(size: number) {
    this.#buffer = Buffer.allocUnsafe(size);
  }

  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#at);
  }

  write(record: LogRecord, offsetDelta: number, timestampDelta: number): void {
    const start = this.#at;
    const reserved = 2; // what the length of nearly all records takes
    this.#at += reserved;
    this.#buffer[this.#at] = 0; // attributes: none
    this.#at += 1;
    this.#number(timestampDelta);
    this.#number(offsetDelta);
    this.#text(record.key);
    this.#number(record.value.length);
    this.#at += record.value.copy(this.#buffer, this.#at);
    const names = Object.keys(record.headers);
    this.#number(names.length);
    for (const name of names) {
      this.#text(name);
      this.#text(record.headers[name] ?? '');
    }
    this.#putLength(start, reserved);
  }

  #text(text: string): void {
    const start = this.#at;
    const reserved = text.length < ONE_BYTE ? 1 : text.length < TWO_BYTES ? 2 : 3;
    this.#at += reserved;
    this.#at += this.#buffer.write(text, this.#at);
    this.#putLength(start, reserved);
  }

  /** Puts the length of what has been written since `start` before it; moves it where more or fewer bytes were reserved. */
  #putLength(start: number, reserved: number): void {
    const length = this.#at - start - reserved;
    const needed = length < ONE_BYTE ? 1 : length < TWO_BYTES ? 2 : varintBytes(length);
    if (needed !== reserved) this.#buffer.copyWithin(start + needed, start + reserved, this.#at);
    this.#at = start;
    this.#number(length);
    this.#at += length;
  }

  /** A zigzag varint of a number that is not negative. */
  #number(value: number): void {
    if (value >= SMALL) {
      this.#large(value);
      return;
    }
    let zigzag = value << 1;
    while (zigzag > 0x7f || zigzag < 0) {
      this.#buffer[this.#at] = (zigzag & 0x7f) | 0x80;
      this.#at += 1;
      zigzag >>>= 7;
    }
    this.#buffer[this.#at] = zigzag;
    this.#at += 1;
  }

  #large(value: number): void {
    let zigzag = BigInt(value) * 2n;
    while (zigzag > 0x7fn) {
      this.#buffer[this.#at] = Number(zigzag & 0x7fn) | 0x80;
      this.#at += 1;
      zigzag >>= 7n;
    }
    this.#buffer[this.#at] = Number(zigzag);
    this.#at += 1;
  }
}

function varintBytes(value: number): number {
  return Math.max(1, Math.ceil(Math.log2(value * 2 + 1) / 7));
}
