import { PlatformError } from '@samspill/kernel';
import type { LogRecord } from './log.js';

/**
 * Largest record that a log takes, headers included. Kafka refuses a record batch above 1 MiB (`message.max.bytes`, default
 * 1,048,588); the difference is framing. All adapters keep to it, so that what one log took another can take as well.
 */
export const MAX_RECORD_BYTES = 1_000_000;
/** Lengths, offset and timestamp of a record, and the length of each header's name and value, as varints. */
const RECORD_FRAMING_BYTES = 32;
const HEADER_FRAMING_BYTES = 6;

/** Bytes of a record on the wire, not less than they really are. */
export function recordBytes(record: LogRecord): number {
  let bytes = RECORD_FRAMING_BYTES + Buffer.byteLength(record.key) + record.value.length;
  for (const name in record.headers) {
    bytes += HEADER_FRAMING_BYTES + Buffer.byteLength(name) + Buffer.byteLength(record.headers[name] ?? '');
  }
  return bytes;
}

/** A record that no log takes. */
export function recordTooLarge(topic: string, record: LogRecord, bytes: number): PlatformError {
  return new PlatformError(
    'eventlog.record-too-large',
    `An event of ${record.headers['ce_subject'] ?? record.key} takes ${bytes} bytes on ${topic}; the log takes at most ${MAX_RECORD_BYTES}.`,
    false,
  );
}
