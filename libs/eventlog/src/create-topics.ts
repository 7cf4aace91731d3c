import { reject, type Rejection } from '@samspill/kernel';
import type { Log } from './log.js';
import type { LogManifest } from './manifest.js';
import { topicStatuses } from './topic-status.js';

export interface CreatedTopics {
  readonly created: readonly string[];
  /** Topics that this service reads and that are missing: whoever writes them makes them. */
  readonly missingOfOthers: readonly string[];
}

/**
 * Makes the topics that a service writes and that do not exist. Those that exist are never altered: where one is not as declared, nothing
 * is made.
 */
export async function createMissingTopics(
  manifest: LogManifest,
  log: Log,
  partitions: number,
  keysTopic?: string,
): Promise<CreatedTopics | Rejection> {
  const statuses = await topicStatuses(manifest, log, partitions, keysTopic);
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
