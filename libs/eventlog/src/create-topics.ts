import { reject, type Rejection } from '@samspill/kernel';
import type { EventStore } from './event-store.js';
import type { Log } from './log.js';
import type { LogManifest } from './manifest.js';
import { topicStatuses, type TopicStatus } from './topic-status.js';
import { whileNobodyPublishes } from './while-nobody-publishes.js';

export interface CreatedTopics {
  readonly created: readonly string[];
  /** Topics that this service reads and that are missing: whoever writes them makes them. */
  readonly missingOfOthers: readonly string[];
}

export interface CreateTopicsDependencies {
  readonly manifest: LogManifest;
  readonly log: Log;
  /** Whoever publishes holds its shards. */
  readonly eventStore: Pick<EventStore, 'lease'>;
  readonly partitions: number;
  /** The topic of keys, where personal data is sealed. */
  readonly keysTopic?: string | undefined;
}

/**
 * Makes the topics that a service writes and that do not exist, its own one while no instance publishes. Those that exist are never
 * altered: where one is not as declared, nothing is made.
 * @throws PlatformError `eventlog.publishing-goes-on`
 */
export async function createMissingTopics(
  dependencies: CreateTopicsDependencies,
): Promise<CreatedTopics | Rejection> {
  const { manifest, log, eventStore, partitions, keysTopic } = dependencies;
  const look = (): Promise<readonly TopicStatus[]> => topicStatuses(manifest, log, partitions, keysTopic);
  const statuses = await look();
  const isThere = statuses.some(({ topic, found }) => topic === manifest.topic && found !== undefined);
  if (isThere) return await createThose(statuses, log, partitions);
  // Another instance may make it while this one waits.
  return await whileNobodyPublishes(
    eventStore,
    partitions,
    async () => await createThose(await look(), log, partitions),
  );
}

async function createThose(
  statuses: readonly TopicStatus[],
  log: Log,
  partitions: number,
): Promise<CreatedTopics | Rejection> {
  const drifted = statuses.filter(
    ({ use, found, faults }) => use === 'writes' && found !== undefined && faults.length > 0,
  );
  if (drifted.length > 0)
    return reject(
      'topics.drift-conflict',
      `Nothing was made, and topics that exist are never altered: ${drifted.flatMap(({ faults }) => faults).join(' ')}`,
    );
  const missing = statuses.filter(({ found }) => found === undefined);
  const created = missing.filter(({ use }) => use === 'writes').map(({ topic }) => topic);
  for (const keeping of ['for-ever', 'compacted'] as const) {
    const alike = missing.filter((status) => status.use === 'writes' && status.keeping === keeping);
    if (alike.length > 0)
      await log.create(
        alike.map(({ topic }) => topic),
        partitions,
        keeping,
      );
  }
  return {
    created,
    missingOfOthers: missing.filter(({ use }) => use === 'reads').map(({ topic }) => topic),
  };
}
