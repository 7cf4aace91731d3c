import type { TopicsAnswer } from '@samspill/platform/answers';
import { count } from './quantities.js';
import { table } from './table.js';

type Topic = TopicsAnswer['topics'][number];

export function topicLines(
  topics: readonly { readonly service: string; readonly topic: Topic }[],
): readonly string[] {
  const right = { align: 'right' as const };
  const lines = table(
    [
      { title: 'TOPIC' },
      { title: 'SERVICE' },
      { title: 'PARTITIONS', ...right },
      { title: 'REPLICAS', ...right },
      { title: 'EVENTS', ...right },
      { title: 'KEPT' },
      { title: 'AS DECLARED' },
    ],
    topics.map(({ service, topic }) => [
      topic.topic,
      `${service} ${topic.use}`,
      topic.found === undefined ? 'none' : String(topic.found.partitions),
      topic.found?.replicas === undefined ? '' : String(topic.found.replicas),
      topic.found === undefined ? '' : count(topic.found.events),
      topic.found === undefined ? '' : keptText(topic.found.settings),
      topic.faults.length === 0 ? 'yes' : 'NO',
    ]),
  );
  const faults = new Set(topics.flatMap(({ topic }) => topic.faults));
  return [...lines, ...[...faults].map((fault) => `! ${fault}`)];
}

function keptText(settings: Readonly<Record<string, string>>): string {
  const texts = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  return texts.length === 0 ? 'for ever' : texts.join(' ');
}
