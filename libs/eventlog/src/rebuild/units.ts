import { PlatformError, type Projection } from '@samspill/kernel';
import type { Log, PartitionEnds, PartitionRange } from '../log.js';
import { partitionOf } from '../partitioner.js';
import type { Checkpoint } from '../projection-store.js';

/** Small partitions are folded together up to so many events, since each unit costs a transaction. */
export const MIN_UNIT_EVENTS = 100_000;

/** What is read, folded and loaded at once: it is finished or not begun. */
export interface Unit {
  readonly ranges: readonly PartitionRange[];
  /** Where its partitions stand when it is loaded. */
  readonly reached: readonly Checkpoint[];
  /** Where they stand when nothing has been read. */
  readonly beginnings: readonly Checkpoint[];
  readonly events: number;
}

/** Ends of every topic that a projection reads, in the order of its topics. */
export type TopicEnds = ReadonlyMap<string, readonly PartitionEnds[]>;

export async function endsOf(log: Log, projection: Projection): Promise<TopicEnds> {
  const ends = new Map<string, readonly PartitionEnds[]>();
  for (const topic of projection.topics) ends.set(topic, await log.ends(topic));
  return ends;
}

/** The ends as checkpoints. */
export function reachedAt(ends: TopicEnds): readonly Checkpoint[] {
  return [...ends].flatMap(([topic, partitions]) =>
    partitions.map(({ end, identity }, partition) => ({ topic, partition, nextOffset: end, log: identity })),
  );
}

/**
 * Whether the rows of a partition come from that partition of every topic and no other, so that partitions can be folded one by one.
 * Rows must be kept by company, and all topics have the same number of partitions.
 */
export function isByPartition(projection: Projection, ends: TopicEnds): boolean {
  const counts = new Set([...ends.values()].map((partitions) => partitions.length));
  return projection.table.company !== undefined && counts.size <= 1;
}

export interface UnitSelection {
  /** Only the partition that holds this company. */
  readonly company?: string | undefined;
  /** Events up to which partitions are folded together; {@link MIN_UNIT_EVENTS} unless a test says otherwise. */
  readonly unitEvents?: number;
  /** The first offset that is not read, where it is before the end. */
  readonly before?: (topic: string, partition: number) => bigint | undefined;
}

/**
 * The units that are still to be read: partitions without a checkpoint.
 * @throws PlatformError `operation.company-not-possible` for one company of a projection that is not built by partition
 */
export function unitsOf(
  projection: Projection,
  ends: TopicEnds,
  done: readonly Checkpoint[],
  { company, before, unitEvents = MIN_UNIT_EVENTS }: UnitSelection = {},
): readonly Unit[] {
  const byPartition = isByPartition(projection, ends);
  if (company !== undefined && !byPartition) {
    throw new PlatformError(
      'operation.company-not-possible',
      `${projection.name} does not keep its rows by company, or its topics have different numbers of partitions.`,
      false,
    );
  }
  const count = Math.max(0, ...[...ends.values()].map((partitions) => partitions.length));
  const finished = new Set(done.map(({ partition, topic }) => `${topic}/${partition}`));
  const wanted = company === undefined ? undefined : partitionOf(company, count);
  const units: Unit[] = [];
  let open: Unit | undefined;
  for (let partition = 0; partition < count; partition += 1) {
    if (wanted !== undefined && partition !== wanted) continue;
    const unit = unitOf(partition, ends, before);
    if (unit.reached.every(({ topic }) => finished.has(`${topic}/${partition}`))) continue;
    open = open ? together(open, unit) : unit;
    if (byPartition && open.events >= unitEvents) {
      units.push(open);
      open = undefined;
    }
  }
  return open ? [...units, open] : units;
}

function unitOf(partition: number, ends: TopicEnds, before: UnitSelection['before']): Unit {
  const ranges: PartitionRange[] = [];
  const reached: Checkpoint[] = [];
  const beginnings: Checkpoint[] = [];
  for (const [topic, partitions] of ends) {
    const own = partitions[partition];
    if (!own) continue;
    const bound = before?.(topic, partition) ?? own.end;
    const to = bound < own.begin ? own.begin : bound > own.end ? own.end : bound;
    const place = { topic, partition, log: own.identity };
    reached.push({ ...place, nextOffset: to });
    beginnings.push({ ...place, nextOffset: own.begin });
    if (to > own.begin) ranges.push({ topic, partition, from: own.begin, to });
  }
  return { ranges, reached, beginnings, events: eventsIn(ranges) };
}

function together(one: Unit, other: Unit): Unit {
  return {
    ranges: [...one.ranges, ...other.ranges],
    reached: [...one.reached, ...other.reached],
    beginnings: [...one.beginnings, ...other.beginnings],
    events: one.events + other.events,
  };
}

function eventsIn(ranges: readonly PartitionRange[]): number {
  return ranges.reduce((sum, { from, to }) => sum + Number(to - from), 0);
}
