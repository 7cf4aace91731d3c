import RequestQueue from 'kafkajs/src/network/requestQueue/index.js';
import Decoder from 'kafkajs/src/protocol/decoder.js';

/**
 * Two repairs of kafkajs 2.2.4, whose version is pinned and which has had no release since 2023. Both keep what it does and change
 * what it costs. Importing this file applies them.
 */

/** How soon a request that waits behind others looks again; kafkajs's own figure. */
const PENDING_CHECK_MS = 10;

/**
 * kafkajs sets this timer to `throttledUntil - now`, which without throttling lies in the past: Node runs it after 1 ms, it sets
 * itself again, and so every connection wakes the process a thousand times a second, and Node 24 prints `TimeoutNegativeWarning`.
 * Nothing has to be looked at while nothing is pending: a response sends the next request by itself.
 */
RequestQueue.prototype.scheduleCheckPendingRequests = function (this: RequestQueue): void {
  if (this.throttleCheckTimeoutId !== null || this.pending.length === 0) return;
  const throttledMs = this.throttledUntil - Date.now();
  this.throttleCheckTimeoutId = setTimeout(
    () => {
      this.throttleCheckTimeoutId = null;
      this.checkPendingRequests();
    },
    throttledMs > 0 ? throttledMs : PENDING_CHECK_MS,
  );
};

/**
 * kafkajs reads a record's headers into an array of pairs and copies the object made of them once for each further header: with
 * the thirteen headers of an event that is two thirds of all time spent reading (53,000 records a second on one core, 110,000
 * with this). `readVarIntArray` is used for headers only, and its result only for `reduce`.
 */
Decoder.prototype.readVarIntArray = function (this: Decoder): RecordHeaders {
  const count = this.readVarInt();
  const headers: Record<string, string> = {};
  for (let index = 0; index < count; index += 1) {
    const name = readName(this, index);
    const length = this.readVarInt();
    if (length < 0) continue;
    // Of several with one name the first counts, as everywhere where records are read.
    if (!Object.hasOwn(headers, name))
      headers[name] = this.buffer.toString('utf8', this.offset, this.offset + length);
    this.offset += length;
  }
  return new RecordHeaders(headers);
};

class RecordHeaders {
  constructor(private readonly headers: Record<string, string>) {}

  reduce(): Record<string, string> {
    return this.headers;
  }
}

/** The names that the record before had at each place: nearly always the same again, so no new string has to be made. */
const expectedNames: string[] = [];
/** Records of strangers with ever new header names must not fill memory. */
const MAX_EXPECTED_NAMES = 64;

function readName(decoder: Decoder, index: number): string {
  const length = decoder.readVarInt();
  const start = decoder.offset;
  decoder.offset += length;
  const expected = expectedNames[index];
  if (expected?.length === length && matches(decoder.buffer, start, expected)) return expected;
  const name = decoder.buffer.toString('utf8', start, start + length);
  if (index < MAX_EXPECTED_NAMES) expectedNames[index] = name;
  return name;
}

function matches(buffer: Buffer, start: number, ascii: string): boolean {
  for (let index = 0; index < ascii.length; index += 1) {
    if (buffer[start + index] !== ascii.charCodeAt(index)) return false;
  }
  return true;
}
