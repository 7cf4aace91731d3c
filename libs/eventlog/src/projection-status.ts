import type { Projection } from '@samspill/kernel';
import type { Log } from './log.js';
import type { PartitionOf, ProjectionStore } from './projection-store.js';

/** How a projection's live rows stand to the log. */
export interface ProjectionStatus {
  readonly name: string;
  readonly version: number;
  /** Absent where it has not been built yet. */
  readonly liveGeneration?: number;
  /** Events that are set aside. */
  readonly parked: number;
  /** Events that the live rows are behind, over all partitions. */
  readonly lag: number;
  /** Only partitions that are behind. */
  readonly lagging: readonly (PartitionOf & { readonly events: number })[];
}

export async function projectionStatus(
  projection: Projection,
  store: ProjectionStore,
  log: Log,
): Promise<ProjectionStatus> {
  const { name, version, topics } = projection;
  const live = (await store.generations(projection)).find(({ state }) => state === 'live')?.number;
  if (live === undefined) return { name, version, parked: 0, lag: 0, lagging: [] };
  const checkpoints = await store.checkpoints(projection, live);
  const lagging: (PartitionOf & { events: number })[] = [];
  for (const topic of topics) {
    for (const [partition, { begin, end }] of (await log.ends(topic)).entries()) {
      const own = checkpoints.find((place) => place.topic === topic && place.partition === partition);
      const next = own && own.nextOffset > begin ? own.nextOffset : begin;
      if (next < end) lagging.push({ topic, partition, events: Number(end - next) });
    }
  }
  return {
    name,
    version,
    liveGeneration: live,
    parked: await store.parkedCount(projection, live),
    lag: lagging.reduce((sum, { events }) => sum + events, 0),
    lagging,
  };
}
