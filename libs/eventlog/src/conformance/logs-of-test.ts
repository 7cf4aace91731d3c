import { randomUUID } from 'node:crypto';
import type { Log, LogRecord, ReceivedRecord, RecordBatch } from '../log.js';

/** Of every topic of these tests. */
export const LOG_PARTITIONS = 4;

/** Logs and topics for the tests of a suite. */
export interface LogsOfTest {
  /** A client of its own; closed after the test. */
  connect(): Promise<Log>;
  /** A client, and a topic that no other test has. */
  withTopic(): Promise<{ readonly log: Log; readonly topic: string }>;
}

export function record(key: string, changes: Partial<LogRecord> = {}): LogRecord {
  return {
    key,
    headers: { ce_id: randomUUID(), ce_subject: `test/${key}`, 'content-type': 'application/json' },
    value: Buffer.from(JSON.stringify({ key })),
    timestampMs: 1_763_000_000_000,
    ...changes,
  };
}

export async function publish(
  log: Log,
  topic: string,
  partition: number,
  ofKeys: readonly string[],
): Promise<void> {
  const writer = await log.writer();
  await writer.publish(topic, new Map([[partition, ofKeys.map((key) => record(key))]]));
  await writer.close();
}

/** Everything that a topic holds now, by partition. */
export async function readAll(
  log: Log,
  topic: string,
): Promise<ReadonlyMap<number, readonly ReceivedRecord[]>> {
  const ends = await log.ends(topic);
  const read = new Map<number, ReceivedRecord[]>();
  await log.read(
    ends.map(({ begin, end }, partition) => ({ topic, partition, from: begin, to: end })),
    ({ partition, records }) => {
      read.set(partition, [...(read.get(partition) ?? []), ...records]);
      return Promise.resolve();
    },
  );
  return read;
}

export function range(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => String(index));
}

export function keys(batch: RecordBatch): readonly string[] {
  return batch.records.map(({ key }) => key);
}
