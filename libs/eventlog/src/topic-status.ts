import type { Keeping, Log, TopicDescription } from './log.js';
import { topicsOf, type LogManifest } from './manifest.js';

/** A topic that a service needs, as it is and as the code wants it. */
export interface TopicStatus {
  readonly topic: string;
  /** `writes`: the service's own one. */
  readonly use: 'writes' | 'reads';
  readonly declaredPartitions: number;
  readonly keeping: Keeping;
  /** Absent where the topic does not exist. */
  readonly found?: Omit<TopicDescription, 'faults'> & { readonly events: number };
  /** What is not as declared, in sentences; a service with any of them does not become ready. */
  readonly faults: readonly string[];
}

/** Looks at topics; never changes one. */
export async function topicStatuses(
  manifest: LogManifest,
  log: Log,
  declaredPartitions: number,
  keysTopic?: string,
): Promise<readonly TopicStatus[]> {
  const kept = topicsOf(manifest);
  const compacted = keysTopic === undefined ? [] : [keysTopic];
  const found = new Map([...(await log.describe(kept)), ...(await log.describe(compacted, 'compacted'))]);
  const statuses: TopicStatus[] = [];
  for (const topic of [...kept, ...compacted]) {
    const use = topic === manifest.topic || topic === keysTopic ? 'writes' : 'reads';
    const keeping = topic === keysTopic ? 'compacted' : 'for-ever';
    const description = found.get(topic);
    if (!description) {
      statuses.push({ topic, use, keeping, declaredPartitions, faults: [`${topic} does not exist.`] });
      continue;
    }
    const { faults, ...asFound } = description;
    const ends = await log.ends(topic);
    const events = ends.reduce((sum, { begin, end }) => sum + Number(end - begin), 0);
    const drift =
      asFound.partitions === declaredPartitions
        ? []
        : [
            `${topic} has ${asFound.partitions} partitions instead of ${declaredPartitions}: keys would move, so that partitions are never added; publish into a new topic.`,
          ];
    statuses.push({
      topic,
      use,
      keeping,
      declaredPartitions,
      found: { ...asFound, events },
      faults: [...drift, ...faults.map((fault) => `${fault}.`)],
    });
  }
  return statuses;
}
