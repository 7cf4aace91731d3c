import { PARTITIONS } from '@samspill/contracts';
import type { Log, Logger, LogManifest } from '@samspill/eventlog';

export interface MakeTopicsOptions {
  readonly manifest: LogManifest;
  readonly log: Log;
  readonly logger: Logger;
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
  partitions = PARTITIONS,
}: MakeTopicsOptions): Promise<void> {
  const topics = [manifest.topic];
  const before = await log.describe(topics);
  await log.create(topics, partitions);
  await log.check(topics, partitions);
  logger.info('topics are there', {
    topics,
    made: topics.filter((topic) => !before.has(topic)),
  });
}
