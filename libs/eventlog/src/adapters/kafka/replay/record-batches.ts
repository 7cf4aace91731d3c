import { crc32c } from '@node-rs/crc32';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { damaged, unsupported } from './log-faults.js';
import { DamagedBytesError, RecordCursor } from './record-cursor.js';
import { WireRecord, type RecordFrame } from './wire-record.js';

/**
 * Layout of a record batch, format v2 (https://kafka.apache.org/documentation/#recordbatch): offsets of its fields, in bytes from
 * its start.
 */
const AT = {
  baseOffset: 0,
  length: 8,
  magic: 16,
  checksum: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  baseTimestamp: 27,
  maxTimestamp: 35,
  recordCount: 57,
  records: 61,
};
/** The length counts from behind itself. */
const LENGTH_COUNTS_FROM = 12;
const MAGIC = 2;

const COMPRESSION = 0x07;
const APPEND_TIME = 0x08;
const TRANSACTIONAL = 0x10;
const CONTROL = 0x20;
const COMPRESSIONS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];

/**
 * A batch of records may not become larger than this when it is decompressed. Brokers bound only the compressed batch (1 MiB by
 * default), and JSON shrinks to a tenth: what becomes more than this has not been written by us.
 */
export const MAX_DECOMPRESSED_BYTES = 64 * 1024 * 1024;

/** Where bytes were fetched from, and which of their records are wanted. */
export interface WantedRecords {
  readonly topic: string;
  readonly partition: number;
  /** Offsets: inclusive and exclusive. */
  readonly from: number;
  readonly to: number;
}

export interface FetchedRecords {
  readonly records: readonly WireRecord[];
  /** Offset after the last batch that was whole, or `from` where none was. */
  readonly next: number;
}

/**
 * The wanted records of what a broker sent for one partition: record batches one after the other. The first may begin before the
 * offset asked for, and the last be cut off anywhere.
 * @throws PlatformError `eventlog.log-damaged`; `eventlog.log-unsupported` for transactions, snappy, lz4 and formats before v2
 */
export function recordsOf(bytes: Buffer, wanted: WantedRecords): FetchedRecords {
  const records: WireRecord[] = [];
  let [at, reached, next] = [0, 0, wanted.from];
  while (bytes.length - at >= LENGTH_COUNTS_FROM && next < wanted.to) {
    const baseOffset = int64(bytes, at + AT.baseOffset);
    const size = LENGTH_COUNTS_FROM + bytes.readInt32BE(at + AT.length);
    const what = `The record batch at offset ${baseOffset} of ${wanted.topic} partition ${wanted.partition}`;
    if (size < AT.records) throw damaged(what, `it is ${size} bytes long`);
    if (size > bytes.length - at) break;
    const batch = bytes.subarray(at, at + size);
    at += size;
    if (batch[AT.magic] !== MAGIC)
      throw unsupported(what, `it has message format ${batch[AT.magic] ?? 0}, not ${MAGIC}`);
    const end = baseOffset + batch.readInt32BE(AT.lastOffsetDelta) + 1;
    if (baseOffset < reached || end <= baseOffset || !Number.isSafeInteger(end))
      throw damaged(what, `it goes from there to ${end} and comes after ${reached}`);
    reached = end;
    if (end <= wanted.from) continue;
    readBatch(batch, what, wanted, records);
    next = end;
  }
  return { records, next };
}

function readBatch(batch: Buffer, what: string, wanted: WantedRecords, records: WireRecord[]): void {
  if (crc32c(batch.subarray(AT.attributes)) !== batch.readUInt32BE(AT.checksum))
    throw damaged(what, 'its checksum (CRC-32C) is wrong');
  const attributes = batch.readInt16BE(AT.attributes);
  if ((attributes & (TRANSACTIONAL | CONTROL)) !== 0)
    throw unsupported(what, 'it was written in a transaction');
  const frame: RecordFrame = {
    bytes: decompressed(batch.subarray(AT.records), attributes & COMPRESSION, what),
    baseOffset: int64(batch, AT.baseOffset),
    baseTimestampMs: int64(batch, AT.baseTimestamp),
    appendTimeMs: (attributes & APPEND_TIME) === 0 ? undefined : int64(batch, AT.maxTimestamp),
  };
  const lastDelta = batch.readInt32BE(AT.lastOffsetDelta);
  try {
    readRecords(frame, batch.readInt32BE(AT.recordCount), lastDelta, wanted, records);
  } catch (error) {
    throw error instanceof DamagedBytesError ? damaged(what, error.message, { cause: error }) : error;
  }
}

/** Offsets in a batch go up and may have holes where the log was compacted. */
function readRecords(
  frame: RecordFrame,
  count: number,
  lastDelta: number,
  wanted: WantedRecords,
  records: WireRecord[],
): void {
  if (count < 0) throw new DamagedBytesError(`it has ${count} records`);
  const [from, to] = [wanted.from - frame.baseOffset, wanted.to - frame.baseOffset];
  const cursor = new RecordCursor(frame.bytes, 0, frame.bytes.length);
  let previous = -1;
  for (let index = 0; index < count; index += 1) {
    const record = WireRecord.read(frame, cursor);
    const { delta } = record;
    if (delta <= previous || delta > lastDelta) throw new DamagedBytesError('its offsets are out of order');
    previous = delta;
    if (delta >= from && delta < to) records.push(record);
  }
  if (cursor.at !== cursor.end) throw new DamagedBytesError('it holds more than its records');
}

function decompressed(bytes: Buffer, compression: number, what: string): Buffer {
  const limit = { maxOutputLength: MAX_DECOMPRESSED_BYTES };
  try {
    switch (COMPRESSIONS[compression]) {
      case 'none':
        return bytes;
      case 'gzip':
        return gunzipSync(bytes, limit);
      case 'zstd':
        return zstdDecompressSync(bytes, limit);
    }
  } catch (error) {
    throw damaged(what, `it cannot be decompressed (${String(error)})`, { cause: error });
  }
  throw unsupported(what, `it is compressed with ${COMPRESSIONS[compression] ?? 'something unknown'}`);
}

/** Exact up to 2^53, which no offset and no time of ours reaches. */
function int64(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at) * 2 ** 32 + bytes.readUInt32BE(at + 4);
}
