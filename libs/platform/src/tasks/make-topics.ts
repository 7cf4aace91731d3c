import { KEYS_TOPIC, PARTITIONS } from '@samspill/contracts';
import type { Log, Logger, LogManifest } from '@samspill/eventlog';

export interface MakeTopicsOptions {
  readonly manifest: LogManifest;
  readonly log: Log;
  readonly logger: Logger;
  /** Whether the service seals personal data, so that the topic of keys has to be there. */
  readonly withKeys: boolean;
  /** Those of the contracts unless a test says otherwise. */
  readonly partitions?: number;
}

/**
 * Makes the topic that a service writes where it does not exist; those that it reads are made by who writes them. One that is
 * there is never altered.
 * @throws PlatformError `eventlog.topic-drifted` that names what is not as declared
 */
export async function makeTopics({
  manifest,
  log,
  logger,
  withKeys,
  partitions = PARTITIONS,
}: MakeTopicsOptions): Promise<void> {
  const own = [manifest.topic];
  const compacted = withKeys ? [KEYS_TOPIC] : [];
  const topics = [...own, ...compacted];
  const before = await log.describe(topics);
  await log.create(own, partitions);
  await log.check(own, partitions);
  if (withKeys) {
    await log.create(compacted, partitions, 'compacted');
    await log.check(compacted, partitions, 'compacted');
  }
  logger.info('topics are there', {
    topics,
    made: topics.filter((topic) => !before.has(topic)),
  });
}
