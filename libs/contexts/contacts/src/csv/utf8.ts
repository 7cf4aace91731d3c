import { isAscii, isUtf8 } from 'node:buffer';

export type CsvEncoding = 'utf-8' | 'windows-1252' | 'utf-16le';

/** How much of a file is read before its encoding is judged: enough to meet the first special letter of any real file. */
export const ENCODING_SAMPLE_BYTES = 64 * 1024;

const UTF8_BOM = Buffer.from([0xef, 0xbb, 0xbf]);
const UTF16LE_BOM = Buffer.from([0xff, 0xfe]);
const WINDOWS_1252 = new TextDecoder('windows-1252');

/**
 * A file's bytes as UTF-8, whatever the ERP wrote, in constant memory.
 *
 * A byte-order mark decides. Otherwise the file is UTF-8 as long as it is valid UTF-8; text in Windows-1252 almost never is
 * by accident. If the first bytes beyond ASCII are not valid, the whole file is Windows-1252. If they were and later ones are
 * not (two exports pasted together), only the invalid bytes are taken as Windows-1252: no byte is ever lost or a fault.
 * Reading the whole file first would decide the same for all but such mixtures, and cost the constant memory.
 */
export class Utf8Stream implements AsyncIterable<Buffer> {
  #encoding: CsvEncoding = 'utf-8';
  /** Only ASCII so far, so that the encoding may still turn out to be Windows-1252 without anything having been misread. */
  #undecided = true;
  readonly #source: AsyncIterable<Uint8Array>;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source;
  }

  /** As far as it has been read; final at the end. */
  get encoding(): CsvEncoding {
    return this.#encoding;
  }

  /** The first chunk has at least {@link ENCODING_SAMPLE_BYTES}, or is the whole file. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer, void, undefined> {
    let sample: Buffer[] | undefined = [];
    let sampled = 0;
    let carried: Buffer = Buffer.alloc(0);
    for await (const bytes of this.#source) {
      let chunk = asBuffer(bytes);
      if (sample !== undefined) {
        sample.push(chunk);
        sampled += chunk.length;
        if (sampled < ENCODING_SAMPLE_BYTES) continue;
        chunk = this.skipMark(Buffer.concat(sample));
        sample = undefined;
      }
      const whole = carried.length === 0 ? chunk : Buffer.concat([carried, chunk]);
      const end = this.#encoding === 'windows-1252' ? whole.length : this.lastBoundary(whole);
      carried = whole.subarray(end);
      if (end > 0) yield this.convert(whole.subarray(0, end));
    }
    const rest = sample === undefined ? carried : this.skipMark(Buffer.concat(sample));
    if (rest.length > 0) yield this.convert(rest);
  }

  private skipMark(start: Buffer): Buffer {
    if (start.subarray(0, 3).equals(UTF8_BOM)) {
      this.#undecided = false;
      return start.subarray(3);
    }
    if (start.subarray(0, 2).equals(UTF16LE_BOM)) {
      this.#encoding = 'utf-16le';
      return start.subarray(2);
    }
    return start;
  }

  private lastBoundary(bytes: Buffer): number {
    return this.#encoding === 'utf-16le' ? bytes.length - (bytes.length % 2) : lastCharacterEnd(bytes);
  }

  private convert(bytes: Buffer): Buffer {
    if (this.#encoding === 'utf-16le') return Buffer.from(bytes.toString('utf16le'));
    if (this.#encoding === 'windows-1252') return fromWindows1252(bytes);
    if (this.#undecided && !isAscii(bytes)) {
      this.#undecided = false;
      if (!isUtf8(bytes)) {
        this.#encoding = 'windows-1252';
        return fromWindows1252(bytes);
      }
    }
    return isUtf8(bytes) ? bytes : mendMixed(bytes);
  }
}

/** Where the last complete character ends, if what follows may be the beginning of another one in UTF-8. */
function lastCharacterEnd(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return bytes.length;
    if (byte >= 0xc0) return back < characterLength(byte) ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}

/** Bytes of the UTF-8 character that begins with this byte; 1 where none does. */
function characterLength(lead: number): number {
  if (lead >= 0xc2 && lead <= 0xdf) return 2;
  if (lead >= 0xe0 && lead <= 0xef) return 3;
  if (lead >= 0xf0 && lead <= 0xf4) return 4;
  return 1;
}

function mendMixed(bytes: Buffer): Buffer {
  const parts: Buffer[] = [];
  let soundFrom = 0;
  let at = 0;
  while (at < bytes.length) {
    const length = characterLength(bytes[at] ?? 0);
    if (isUtf8(bytes.subarray(at, at + length))) {
      at += length;
      continue;
    }
    parts.push(bytes.subarray(soundFrom, at), fromWindows1252(bytes.subarray(at, at + 1)));
    at += 1;
    soundFrom = at;
  }
  parts.push(bytes.subarray(soundFrom));
  return Buffer.concat(parts);
}

function fromWindows1252(bytes: Buffer): Buffer {
  return Buffer.from(WINDOWS_1252.decode(bytes));
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
