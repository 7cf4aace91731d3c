import type { ReceivedRecord } from '../../../log.js';
import { DamagedBytesError, NULL_LENGTH, RecordCursor } from './record-cursor.js';
import { asciiIs, RepeatedTexts } from './repeated-texts.js';

/** What the records of a batch have in common. */
export interface RecordFrame {
  /** The batch's records, decompressed. */
  readonly bytes: Buffer;
  readonly baseOffset: number;
  readonly baseTimestampMs: number;
  /** Where the broker writes the time of arrival instead of the producer's: the same for all records. */
  readonly appendTimeMs: number | undefined;
}

const NOTHING = Buffer.alloc(0);
/** Attributes of a record; none are defined. */
const ATTRIBUTES_BYTES = 1;

/** Headers that say the same in nearly all records of a topic. */
const repeated = new RepeatedTexts([
  'ce_specversion',
  'ce_type',
  'ce_source',
  'ce_dataschema',
  'content-type',
  'ce_actor',
]);

/**
 * A record as it lies in a fetched block. Nothing is made of its bytes before somebody asks, and again each time that somebody
 * does: a fold keeps of most records no more than their stream and version. The record keeps the block that it is a part of.
 */
export class WireRecord implements ReceivedRecord {
  private constructor(
    private readonly frame: RecordFrame,
    /** Place in its batch; offsets of a batch begin at its base offset. */
    readonly delta: number,
    private readonly at: number,
    private readonly headersAt: number,
    private readonly end: number,
  ) {}

  /**
   * The record at the cursor, which is moved behind it. Every length in it has been checked when this returns.
   * @throws DamagedBytesError
   */
  static read(frame: RecordFrame, cursor: RecordCursor): WireRecord {
    const length = cursor.length();
    const outer = cursor.end;
    const at = cursor.at;
    const end = at + length;
    cursor.end = end;
    cursor.byte(); // attributes
    cursor.varlong(); // timestamp
    const delta = cursor.varint();
    cursor.skipBytes(); // key
    cursor.skipBytes(); // value
    const headersAt = cursor.at;
    const headers = cursor.varint();
    if (headers < 0) throw new DamagedBytesError(`it has ${headers} headers`);
    for (let left = headers; left > 0; left -= 1) {
      if (skipShortHeader(cursor)) continue;
      if (cursor.skipBytes() === NULL_LENGTH) throw new DamagedBytesError('a header has no name');
      cursor.skipBytes();
    }
    if (cursor.at !== end) throw new DamagedBytesError('a record is shorter than it says');
    cursor.end = outer;
    return new WireRecord(frame, delta, at, headersAt, end);
  }

  get offset(): bigint {
    return BigInt(this.frame.baseOffset + this.delta);
  }

  get timestampMs(): number {
    const { appendTimeMs, baseTimestampMs } = this.frame;
    return appendTimeMs ?? baseTimestampMs + this.#cursor(this.at + ATTRIBUTES_BYTES).varlong();
  }

  get key(): string {
    const cursor = this.#atKey();
    const length = cursor.skipBytes();
    return length > 0 ? this.#text(cursor.at - length, cursor.at) : '';
  }

  get value(): Buffer {
    const cursor = this.#atKey();
    cursor.skipBytes();
    const length = cursor.skipBytes();
    return length > 0 ? this.frame.bytes.subarray(cursor.at - length, cursor.at) : NOTHING;
  }

  get headers(): Readonly<Record<string, string>> {
    const headers: Record<string, string> = {};
    const cursor = this.#cursor(this.headersAt);
    for (let left = cursor.varint(); left > 0; left -= 1) {
      const nameLength = cursor.skipBytes();
      const name = this.#text(cursor.at - nameLength, cursor.at);
      const length = cursor.skipBytes();
      if (length !== NULL_LENGTH && !Object.hasOwn(headers, name))
        headers[name] = this.#text(cursor.at - length, cursor.at);
    }
    return headers;
  }

  /**
   * Looks through the headers from the first on, and at the bytes of a name only where the length is right: of the headers of our
   * own records that are two names at most. Lengths have been checked, and nearly all take one byte.
   */
  header(name: string): string | undefined {
    const { bytes } = this.frame;
    let at = this.headersAt;
    const count = bytes[at++] ?? 0;
    if (!isShort(count)) return this.#longHeader(name);
    for (let left = count >>> 1; left > 0; left -= 1) {
      const nameLength = bytes[at++] ?? 0;
      if (!isShort(nameLength)) return this.#longHeader(name);
      const nameAt = at;
      at += nameLength >>> 1;
      const length = bytes[at++] ?? 0;
      if (!isShort(length)) return this.#longHeader(name);
      const valueAt = at;
      at += length >>> 1;
      if (nameLength >>> 1 === name.length && asciiIs(bytes, nameAt, name))
        return repeated.text(name, bytes, valueAt, at);
    }
    return undefined;
  }

  /** The same for a record in which some length takes more bytes, or is that of null. */
  #longHeader(name: string): string | undefined {
    const { bytes } = this.frame;
    const cursor = this.#cursor(this.headersAt);
    for (let left = cursor.varint(); left > 0; left -= 1) {
      const nameLength = cursor.skipBytes();
      const isIt = nameLength === name.length && asciiIs(bytes, cursor.at - nameLength, name);
      const length = cursor.skipBytes();
      if (isIt && length !== NULL_LENGTH) return repeated.text(name, bytes, cursor.at - length, cursor.at);
    }
    return undefined;
  }

  detached(): WireRecord {
    const { at, end, frame } = this;
    const bytes = Buffer.allocUnsafeSlow(end - at);
    frame.bytes.copy(bytes, 0, at, end);
    return new WireRecord({ ...frame, bytes }, this.delta, 0, this.headersAt - at, end - at);
  }

  #cursor(at: number): RecordCursor {
    return new RecordCursor(this.frame.bytes, at, this.end);
  }

  #atKey(): RecordCursor {
    const cursor = this.#cursor(this.at + ATTRIBUTES_BYTES);
    cursor.varlong();
    cursor.varint();
    return cursor;
  }

  #text(from: number, to: number): string {
    return this.frame.bytes.toString(undefined, from, to);
  }
}

/** Skips a header whose two lengths take one byte each, as nearly all do, and is whole; false where it is not, and nothing is skipped. */
function skipShortHeader(cursor: RecordCursor): boolean {
  const { bytes, at, end } = cursor;
  const nameLength = bytes[at] ?? 1;
  const lengthAt = at + 1 + (nameLength >>> 1);
  if (!isShort(nameLength) || lengthAt >= end) return false;
  const length = bytes[lengthAt] ?? 1;
  const next = lengthAt + 1 + (length >>> 1);
  if (!isShort(length) || next > end) return false;
  cursor.at = next;
  return true;
}

/** Whether a length is not negative and takes one byte: zigzag makes it even, and seven bits hold it. */
function isShort(byte: number): boolean {
  return (byte & 0x81) === 0;
}
