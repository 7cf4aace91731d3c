import type { EventCatalogue } from '@samspill/contracts';
import { applyRecords, logReplaced, type ApplyTarget } from '../apply-records.js';
import { Incoming } from '../incoming.js';
import type { EventKeys } from '../keys/event-keys.js';
import type { Log, PartitionRange, ReceivedRecord } from '../log.js';
import type { Checkpoint } from '../projection-store.js';

/** A generation that is not live, on its way to somewhere on the log. */
export interface AdvanceTarget extends Pick<ApplyTarget, 'store' | 'projection'> {
  readonly generation: number;
  /** Only this company's events count. */
  readonly company: string | undefined;
  /** Whether a record counts; others are passed over. */
  readonly isWanted?: (record: ReceivedRecord) => boolean;
  readonly log: Log;
  readonly catalogue: EventCatalogue;
  readonly keys?: EventKeys | undefined;
}

/**
 * Applies to a generation what the log has up to a goal, as live batches would, and no more. Partitions that it does not have are left
 * out, and those where it is further on.
 * @param passed comes after every batch
 * @returns events read
 * @throws PlatformError `eventlog.log-replaced` where it stands on a log that is gone
 */
export async function advance(
  target: AdvanceTarget,
  goal: readonly Checkpoint[],
  signal: AbortSignal,
  passed: (events: number) => Promise<void> = () => Promise.resolve(),
): Promise<number> {
  const { store, projection, generation, log, catalogue, keys } = target;
  const counts = (record: ReceivedRecord): boolean =>
    (target.company === undefined || record.key === target.company) && target.isWanted?.(record) !== false;
  const goals = new Map(
    goal.map((checkpoint) => [`${checkpoint.topic}/${checkpoint.partition}`, checkpoint]),
  );
  const ranges: PartitionRange[] = [];
  for (const own of await store.checkpoints(projection, generation)) {
    const { topic, partition, nextOffset } = own;
    const to = goals.get(`${topic}/${partition}`);
    if (!to) continue;
    if (nextOffset > 0n && own.log !== to.log) throw logReplaced(projection, own);
    if (to.nextOffset > nextOffset) ranges.push({ topic, partition, from: nextOffset, to: to.nextOffset });
  }
  if (ranges.length === 0) return 0;
  let events = 0;
  await log.read(
    ranges,
    async ({ topic, partition, records }) => {
      const incoming = records.map((record) => new Incoming(record, topic, partition, catalogue));
      const wanted = new Set(records.filter(counts).map(({ offset }) => offset));
      const isWanted = (event: Incoming): boolean => wanted.has(event.offset);
      await keys?.forget(incoming);
      const applied = { store, projection, generation, isWanted, keys };
      await applyRecords(applied, incoming, goals.get(`${topic}/${partition}`)?.log ?? '');
      events += records.length;
      await passed(records.length);
    },
    signal,
  );
  signal.throwIfAborted();
  return events;
}
