import { PlatformError, type Projection } from '@samspill/kernel';
import type { EventStore } from './event-store.js';
import type { Log } from './log.js';
import type { ProjectionStore } from './projection-store.js';
import { pause } from './retry.js';

/** How often a wait for projections looks at the checkpoints. */
const SETTLE_POLL_MS = 20;

export interface SettledDependencies {
  readonly eventStore: EventStore;
  readonly log: Log;
  readonly projectionStore: ProjectionStore;
}

/**
 * Resolves when projections show everything that was appended to a shard of the service's topic before the call.
 * @throws PlatformError `eventlog.not-settled` after `timeoutMs`
 */
export async function settled(
  { topic, shard }: { readonly topic: string; readonly shard: number },
  projections: readonly Projection[],
  { eventStore, log, projectionStore }: SettledDependencies,
  timeoutMs: number,
): Promise<void> {
  const signal = AbortSignal.timeout(timeoutMs);
  const until = async (what: string, done: () => Promise<boolean>): Promise<void> => {
    while (!(await done())) {
      if (signal.aborted)
        throw new PlatformError('eventlog.not-settled', `${what} after ${timeoutMs} ms.`, true);
      await pause(SETTLE_POLL_MS, signal);
    }
  };
  const newest = await eventStore.newestPending(shard);
  if (newest !== undefined) {
    await until(`${topic} has unpublished events`, async () => {
      const [oldest] = await eventStore.pending([shard], 1);
      return !oldest || oldest.position > newest;
    });
  }
  const end = (await log.ends(topic))[shard]?.end ?? 0n;
  for (const projection of projections) {
    await until(`${projection.name} has not caught up`, async () => {
      const live = (await projectionStore.generations(projection)).find(({ state }) => state === 'live');
      if (!live) return false;
      const checkpoints = await projectionStore.checkpoints(projection, live.number);
      const ours = checkpoints.find((place) => place.topic === topic && place.partition === shard);
      return ours !== undefined && ours.nextOffset >= end;
    });
  }
}
