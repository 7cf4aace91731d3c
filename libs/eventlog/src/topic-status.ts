import type { Log, TopicDescription } from './log.js';
import { topicsOf, type LogManifest } from './manifest.js';

/** A topic that a service needs, as it is and as the code wants it. */
export interface TopicStatus {
  readonly topic: string;
  /** `writes`: the service's own one. */
  readonly use: 'writes' | 'reads';
  readonly declaredPartitions: number;
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
): Promise<readonly TopicStatus[]> {
  const topics = topicsOf(manifest);
  const found = await log.describe(topics);
  const statuses: TopicStatus[] = [];
  for (const topic of topics) {
    const use = topic === manifest.topic ? 'writes' : 'reads';
    const description = found.get(topic);
    if (!description) {
      statuses.push({ topic, use, declaredPartitions, faults: [`${topic} does not exist.`] });
      continue;
    }
    const { faults, ...kept } = description;
    const ends = await log.ends(topic);
    const events = ends.reduce((sum, { begin, end }) => sum + Number(end - begin), 0);
    const drift =
      kept.partitions === declaredPartitions
        ? []
        : [
            `${topic} has ${kept.partitions} partitions instead of ${declaredPartitions}: keys would move, so that partitions are never added; publish into a new topic.`,
          ];
    statuses.push({
      topic,
      use,
      declaredPartitions,
      found: { ...kept, events },
      faults: [...drift, ...faults.map((fault) => `${fault}.`)],
    });
  }
  return statuses;
}
