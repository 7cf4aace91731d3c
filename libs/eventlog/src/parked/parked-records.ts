import { PlatformError } from '@samspill/kernel';
import { identityOf } from '../codec.js';
import type { Log, PartitionRange, ReceivedRecord } from '../log.js';
import type { ParkedEntry, RecordPlace } from '../projection-store.js';

/** Records between two that are wanted are read along with them where they are at most so many: cheaper than asking twice. */
const READ_ALONG = 500n;

/**
 * The records of parked events, as they are on the log: what is written beside rows is what could be made of them, and trying them again
 * must do what a rebuild would do.
 * @returns by offset
 * @throws PlatformError `eventlog.log-replaced` where the log has something else there
 */
export async function readParkedRecords(
  log: Log,
  entries: readonly ParkedEntry[],
): Promise<ReadonlyMap<bigint, ReceivedRecord>> {
  const records = new Map<bigint, ReceivedRecord>();
  const wanted = new Map(entries.map((entry) => [entry.offset, entry]));
  for (const range of rangesOf(entries)) {
    await log.read([range], ({ records: batch }) => {
      for (const record of batch) if (wanted.has(record.offset)) records.set(record.offset, record);
      return Promise.resolve();
    });
  }
  for (const [offset, entry] of wanted) {
    const record = records.get(offset);
    if (!record || !isRecordOf(record, entry)) throw recordGone(entry);
  }
  return records;
}

/** Ranges of one partition, from neighbour to neighbour. */
function rangesOf(places: readonly RecordPlace[]): readonly PartitionRange[] {
  const ranges: { topic: string; partition: number; from: bigint; to: bigint }[] = [];
  for (const { topic, partition, offset } of places.toSorted((a, b) => (a.offset < b.offset ? -1 : 1))) {
    const last = ranges.at(-1);
    if (last && offset - last.to <= READ_ALONG) last.to = offset + 1n;
    else ranges.push({ topic, partition, from: offset, to: offset + 1n });
  }
  return ranges;
}

/** A record that does not say which event it is was parked under the name of its place. */
function isRecordOf(record: ReceivedRecord, { event }: ParkedEntry): boolean {
  const identity = identityOf(record);
  return !identity || (identity.stream === event.stream && identity.version === event.version);
}

function recordGone({ topic, partition, offset, event }: ParkedEntry): PlatformError {
  return new PlatformError(
    'eventlog.log-replaced',
    `${topic} partition ${partition} offset ${offset} does not hold ${event.stream} version ${event.version} any more: the log is another one. Rebuild the projection from the log that is there.`,
    false,
  );
}
