import type { RepublishAnswer } from '@samspill/platform/answers';
import { count } from './quantities.js';
import { indented } from './table.js';

/** How many reasons are given: a topic that was made anew differs in all of its partitions. */
const REASONS_SHOWN = 3;

const STATES: Readonly<Record<RepublishAnswer['state'], string>> = {
  missing: 'does not exist',
  'not-as-declared': 'cannot be published to',
  lacking: 'lacks what was published',
  filling: 'is being published to',
  'in-step': 'has everything',
};

export function republishLines(service: string, status: RepublishAnswer): readonly string[] {
  const { topic, state, why, onLog, stored, waiting } = status;
  const counts = [
    `${count(onLog)} events on the log`,
    ...(stored === undefined ? [] : [`${count(stored)} in the event store`]),
    ...(waiting === 0 ? [] : [`${count(waiting)} wait to be published`]),
  ];
  const more = why.length - REASONS_SHOWN;
  return [
    `${service}: ${topic} ${STATES[state]} (${counts.join(', ')})`,
    ...indented([...why.slice(0, REASONS_SHOWN), ...(more > 0 ? [`and ${more} more partitions`] : [])]),
  ];
}

/** @param stored events that there will be, at least */
export function republishProgress(service: string, { onLog }: RepublishAnswer, stored: number): string {
  const percent = stored === 0 ? 0 : Math.min(100, Math.floor((onLog * 1_000) / stored) / 10);
  return `${service}  ${count(onLog)} of ${count(stored)} events published (${percent} %)`;
}
