import type { Projection } from '@samspill/kernel';
import type { Log } from './log.js';
import { isReplaced } from './apply-records.js';
import type { PartitionOf, ProjectionStore } from './projection-store.js';

/** How a projection's live rows stand to the log. */
export interface ProjectionStatus {
  readonly name: string;
  readonly version: number;
  /** Absent where it has not been built yet. */
  readonly liveGeneration?: number;
  /** Size of the live tables with their indexes; 0 where that is not known. */
  readonly bytes: number;
  /** Events that are set aside. */
  readonly parked: number;
  /** Events that the live rows are behind, over all partitions. */
  readonly lag: number;
  /** Only partitions that are behind. */
  readonly lagging: readonly (PartitionOf & { readonly events: number })[];
  /** Partitions whose log is not the one that the live rows were made from: they stand still until the projection is rebuilt. */
  readonly replaced: readonly PartitionOf[];
}

export async function projectionStatus(
  projection: Projection,
  store: ProjectionStore,
  log: Log,
): Promise<ProjectionStatus> {
  const { name, version, topics } = projection;
  const live = (await store.generations(projection)).find(({ state }) => state === 'live')?.number;
  if (live === undefined) return { name, version, bytes: 0, parked: 0, lag: 0, lagging: [], replaced: [] };
  const checkpoints = await store.checkpoints(projection, live);
  const lagging: (PartitionOf & { events: number })[] = [];
  const replaced: PartitionOf[] = [];
  for (const topic of topics) {
    for (const [partition, { begin, end, identity }] of (await log.ends(topic)).entries()) {
      const own = checkpoints.find((place) => place.topic === topic && place.partition === partition);
      if (own && isReplaced(own, { end, identity })) replaced.push({ topic, partition });
      const next = own && own.nextOffset > begin ? own.nextOffset : begin;
      if (next < end) lagging.push({ topic, partition, events: Number(end - next) });
    }
  }
  return {
    name,
    version,
    liveGeneration: live,
    bytes: await store.sizeOf(projection, live),
    parked: await store.parkedCount(projection, live),
    lag: lagging.reduce((sum, { events }) => sum + events, 0),
    lagging,
    replaced,
  };
}
