import { PlatformError } from '@samspill/kernel';
import type { Keeping, TopicDescription } from '../log.js';

/**
 * Compares topics with what is declared.
 * @param found those that exist, as a log describes them
 * @throws PlatformError `eventlog.topic-missing`, else `eventlog.topic-drifted`, that names every fault
 */
export function topicsAsDeclared(
  topics: readonly string[],
  found: ReadonlyMap<string, TopicDescription>,
  partitions: number,
): void {
  const missing: string[] = [];
  const drifted: string[] = [];
  for (const topic of topics) {
    const count = found.get(topic)?.partitions;
    if (count === undefined) missing.push(`${topic} does not exist`);
    else if (count !== partitions) drifted.push(`${topic} has ${count} partitions instead of ${partitions}`);
  }
  const others = [...found.values()].flatMap(({ faults }) => faults);
  const faults = [...missing, ...drifted, ...others];
  if (faults.length === 0) return;
  const code = missing.length > 0 ? 'eventlog.topic-missing' : 'eventlog.topic-drifted';
  throw new PlatformError(code, `Topics are not as declared: ${faults.join('; ')}.`, false);
}

/** Another topic has taken a topic's place. What it lacks comes first: whoever publishes has to begin anew. */
export function topicReplaced(topic: string): PlatformError {
  return new PlatformError(
    'eventlog.topic-replaced',
    `${topic} was made anew since it was compared with the event store. Nothing more is published before they are compared again.`,
    true,
  );
}

/** A topic of a log that has no brokers, and keeps records as it was told when the topic was made. */
export function keptByNature(
  topic: string,
  partitions: number,
  keeping: Keeping,
  wanted: Keeping,
): TopicDescription {
  const faults = keeping === wanted ? [] : [`${topic} is kept ${keeping} instead of ${wanted}`];
  return { partitions, replicas: undefined, settings: {}, faults };
}
