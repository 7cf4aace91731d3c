import type { ReceivedRecord } from '../log.js';
import { DecodedRecord } from '../received-record.js';

/** A record, and the topic and partition that it came from. */
export interface PlacedRecord {
  readonly record: ReceivedRecord;
  readonly topic: string;
  readonly partition: number;
}

/**
 * A record in bytes of its own, for memory and for spill files: kept, a record as it was read would hold all that was fetched with it.
 *
 *   u16 topic | u32 partition | i64 offset | f64 timestamp | u32 length + key | u32 length + headers as JSON | value
 *
 * @param topic its place among the topics that {@link readFrame} is given
 */
export function writeFrame({ record, partition }: Omit<PlacedRecord, 'topic'>, topic: number): Buffer {
  const key = Buffer.from(record.key);
  const headers = Buffer.from(JSON.stringify(record.headers));
  const frame = Buffer.allocUnsafeSlow(FIXED_BYTES + key.length + headers.length + record.value.length);
  let at = frame.writeUInt16BE(topic, 0);
  at = frame.writeUInt32BE(partition, at);
  at = frame.writeBigInt64BE(record.offset, at);
  at = frame.writeDoubleBE(record.timestampMs, at);
  at = frame.writeUInt32BE(key.length, at);
  at += key.copy(frame, at);
  at = frame.writeUInt32BE(headers.length, at);
  at += headers.copy(frame, at);
  record.value.copy(frame, at);
  return frame;
}

const FIXED_BYTES = 2 + 4 + 8 + 8 + 4 + 4;
const KEY_LENGTH_AT = 2 + 4 + 8 + 8;

export function readFrame(frame: Buffer, topics: readonly string[]): PlacedRecord {
  const keyAt = KEY_LENGTH_AT + 4;
  const headersAt = keyAt + frame.readUInt32BE(KEY_LENGTH_AT) + 4;
  const valueAt = headersAt + frame.readUInt32BE(headersAt - 4);
  const headers = JSON.parse(frame.toString('utf8', headersAt, valueAt)) as Record<string, string>;
  return {
    topic: topics[frame.readUInt16BE(0)] ?? '',
    partition: frame.readUInt32BE(2),
    record: new DecodedRecord(
      {
        timestampMs: frame.readDoubleBE(14),
        key: frame.toString('utf8', keyAt, headersAt - 4),
        headers,
        value: frame.subarray(valueAt),
      },
      frame.readBigInt64BE(6),
    ),
  };
}
