import { crc32c } from '@node-rs/crc32';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import type { LogRecord } from '../../../log.js';
import { encodeRecords } from '../record-encoder.js';

/** What specifications write into a batch; defaults as our own producer has them. */
export interface BatchSettings {
  readonly baseOffset?: number;
  readonly compression?: 'none' | 'gzip' | 'zstd';
  /** All attribute bits, where they are not to be those of the compression. */
  readonly attributes?: number;
  readonly magic?: number;
  readonly maxTimestampMs?: number;
}

const HEAD_BYTES = 61;
const ATTRIBUTES = { none: 0, gzip: 1, zstd: 4 };
const COMPRESS = { none: (bytes: Buffer) => bytes, gzip: gzipSync, zstd: zstdCompressSync };

/** A record batch of format v2 with a right checksum, for specifications. */
export function writtenBatch(records: readonly LogRecord[], settings: BatchSettings = {}): Buffer {
  const { bytes, count, firstTimestampMs, lastTimestampMs } = encodeRecords(records);
  const { baseOffset = 0, compression = 'none' } = settings;
  const head = Buffer.alloc(HEAD_BYTES);
  const body = COMPRESS[compression](bytes);
  head.writeBigInt64BE(BigInt(baseOffset), 0);
  head.writeInt32BE(HEAD_BYTES - 12 + body.length, 8);
  head.writeInt8(settings.magic ?? 2, 16);
  head.writeInt16BE(settings.attributes ?? ATTRIBUTES[compression], 21);
  head.writeInt32BE(count - 1, 23);
  head.writeBigInt64BE(BigInt(firstTimestampMs), 27);
  head.writeBigInt64BE(BigInt(settings.maxTimestampMs ?? lastTimestampMs), 35);
  head.writeBigInt64BE(-1n, 43);
  head.writeInt32BE(count, 57);
  return withChecksum(Buffer.concat([head, body]));
}

/** The batch with the checksum of what is in it now. */
export function withChecksum(batch: Buffer): Buffer {
  batch.writeUInt32BE(crc32c(batch.subarray(21)), 17);
  return batch;
}
