import type { ReceivedRecord } from '../../../log.js';
import { DamagedBytesError, NULL_LENGTH, RecordCursor } from './record-cursor.js';

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

/**
 * A record as it lies in a fetched block. Nothing is made of its bytes before somebody asks, and again each time that somebody
 * does: a fold keeps of most records no more than their stream and version. The record keeps the block that it is a part of.
 */
export class WireRecord implements ReceivedRecord {
  private constructor(
    private readonly frame: RecordFrame,
    private readonly offsetDelta: number,
    private readonly timestampDelta: number,
    private readonly keyAt: number,
    private readonly keyLength: number,
    private readonly valueAt: number,
    private readonly valueLength: number,
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
    const end = cursor.at + length;
    cursor.end = end;
    cursor.byte(); // attributes: none are defined
    const timestampDelta = cursor.varlong();
    const offsetDelta = cursor.varint();
    const keyLength = cursor.skipBytes();
    const keyAt = cursor.at - Math.max(keyLength, 0);
    const valueLength = cursor.skipBytes();
    const valueAt = cursor.at - Math.max(valueLength, 0);
    const headersAt = cursor.at;
    const headers = cursor.varint();
    if (headers < 0) throw new DamagedBytesError(`it has ${headers} headers`);
    for (let index = 0; index < headers; index += 1) {
      if (cursor.skipBytes() === NULL_LENGTH) throw new DamagedBytesError('a header has no name');
      cursor.skipBytes();
    }
    if (cursor.at !== end) throw new DamagedBytesError('a record is shorter than it says');
    cursor.end = outer;
    return new WireRecord(
      frame,
      offsetDelta,
      timestampDelta,
      keyAt,
      keyLength,
      valueAt,
      valueLength,
      headersAt,
      end,
    );
  }

  /** Place in its batch; offsets of a batch begin at its base offset. */
  get delta(): number {
    return this.offsetDelta;
  }

  get offset(): bigint {
    return BigInt(this.frame.baseOffset + this.offsetDelta);
  }

  get timestampMs(): number {
    return this.frame.appendTimeMs ?? this.frame.baseTimestampMs + this.timestampDelta;
  }

  get key(): string {
    return this.keyLength > 0
      ? this.frame.bytes.toString('utf8', this.keyAt, this.keyAt + this.keyLength)
      : '';
  }

  get value(): Buffer {
    return this.valueLength > 0
      ? this.frame.bytes.subarray(this.valueAt, this.valueAt + this.valueLength)
      : NOTHING;
  }

  get headers(): Readonly<Record<string, string>> {
    const headers: Record<string, string> = {};
    const { bytes } = this.frame;
    const cursor = new RecordCursor(bytes, this.headersAt, this.end);
    for (let left = cursor.varint(); left > 0; left -= 1) {
      const nameLength = cursor.skipBytes();
      const name = bytes.toString('utf8', cursor.at - nameLength, cursor.at);
      const length = cursor.skipBytes();
      if (length !== NULL_LENGTH && !Object.hasOwn(headers, name))
        headers[name] = bytes.toString('utf8', cursor.at - length, cursor.at);
    }
    return headers;
  }

  /**
   * Looks through the headers from the first on, and at the bytes of a name only where the length is right: of the headers of our
   * own records that are two names at most.
   */
  header(name: string): string | undefined {
    const { bytes } = this.frame;
    const cursor = new RecordCursor(bytes, this.headersAt, this.end);
    for (let left = cursor.varint(); left > 0; left -= 1) {
      const nameLength = cursor.skipBytes();
      const isIt = nameLength === name.length && isAt(bytes, cursor.at - nameLength, name);
      const length = cursor.skipBytes();
      if (isIt && length !== NULL_LENGTH) return bytes.toString('utf8', cursor.at - length, cursor.at);
    }
    return undefined;
  }
}

function isAt(bytes: Buffer, at: number, ascii: string): boolean {
  for (let index = 0; index < ascii.length; index += 1) {
    if (bytes[at + index] !== ascii.charCodeAt(index)) return false;
  }
  return true;
}
