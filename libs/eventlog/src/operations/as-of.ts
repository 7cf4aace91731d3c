import type { ReceivedRecord } from '../log.js';
import type { PartContent } from './build-part.js';
import type { AsOf } from './operation.js';

/** What of the log belongs to a moment. Times are those of records; partitions are not in the order of time to the millisecond. */
export function contentAsOf(asOf: AsOf): Pick<PartContent, 'selection' | 'isWanted'> {
  if (asOf.kind === 'time') {
    const untilMs = Date.parse(asOf.time);
    return { selection: {}, isWanted: ({ timestampMs }: ReceivedRecord) => timestampMs <= untilMs };
  }
  const bounds = new Map(
    asOf.offsets.map(({ topic, partition, before }) => [`${topic}/${partition}`, BigInt(before)]),
  );
  return { selection: { before: (topic, partition) => bounds.get(`${topic}/${partition}`) } };
}
