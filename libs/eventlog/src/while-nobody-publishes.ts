import { PlatformError } from '@samspill/kernel';
import type { EventStore } from './event-store.js';
import { pause } from './retry.js';

/** A send into a topic that is gone is tried for some seconds before it fails, and whoever publishes looks at its topic every five. */
const QUIET_WITHIN_MS = 30_000;
const POLL_MS = 50;

/**
 * Does something to a topic while no instance publishes into it. Whoever is sending when a topic is made anew would put events of today
 * before those of the past, and nobody could take them away again.
 * @param partitions of the topic; each is a shard
 * @throws PlatformError `eventlog.publishing-goes-on` where somebody publishes for longer than that
 */
export async function whileNobodyPublishes<T>(
  store: Pick<EventStore, 'lease'>,
  partitions: number,
  work: () => Promise<T>,
): Promise<T> {
  const shards = Array.from({ length: partitions }, (_, shard) => shard);
  const lost = new AbortController();
  const lease = await store.lease((reason) => {
    lost.abort(reason);
  });
  try {
    const giveUpAtMs = Date.now() + QUIET_WITHIN_MS;
    while ((await lease.acquire(shards)).size < partitions) {
      if (Date.now() > giveUpAtMs)
        throw new PlatformError(
          'eventlog.publishing-goes-on',
          'The topic is missing, and yet an instance goes on publishing into it. Nothing was made. Try again.',
          true,
        );
      await pause(POLL_MS, lost.signal);
      lost.signal.throwIfAborted();
    }
    return await work();
  } finally {
    await lease.release();
  }
}
