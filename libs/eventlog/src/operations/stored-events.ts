import type { EventStore } from '../event-store.js';
import type { Log } from '../log.js';

/** How much of a service's own topic has been published from, or taken into, its event store, in events. */
export async function storedEvents(
  store: Pick<EventStore, 'publications'>,
  log: Log,
  topic: string,
): Promise<{ readonly events: number; readonly total: number }> {
  const known = new Map((await store.publications()).map((place) => [place.shard, place]));
  let [events, total] = [0n, 0n];
  for (const [shard, { begin, end, identity }] of (await log.ends(topic)).entries()) {
    total += end - begin;
    const publication = known.get(shard);
    if (publication && publication.log === identity) events += publication.offset + 1n - begin;
  }
  return { events: Number(events), total: Number(total) };
}
