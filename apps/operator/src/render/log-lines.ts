import type { LogVerificationLine } from '@samspill/platform/answers';
import { count, duration } from './quantities.js';
import { indented, table } from './table.js';

/** `contacts  1,234,567 of 5,000,000 events (24.6 %)` */
export function verificationProgress(
  service: string,
  { read, total }: Extract<LogVerificationLine, { kind: 'progress' }>,
): string {
  const percent = total === 0 ? 0 : Math.floor((read * 1_000) / total) / 10;
  return `${service}  ${count(read)} of ${count(total)} events (${percent} %)`;
}

/** What came of it: every fault by name and place. */
export function verificationLines(
  service: string,
  end: Exclude<LogVerificationLine, { kind: 'progress' }>,
): readonly string[] {
  if (end.kind === 'failed') return [`${service}: could not be read to its end: ${end.detail}`];
  const what = `${count(end.events)} events of ${count(end.streams)} streams in ${duration(end.durationMs)}`;
  if (end.faults === 0) return [`${service}: ${end.topic} is what was written (${what})`];
  const rows = end.named.map(({ kind, topic, partition, offset, detail }) => [
    kind,
    `${topic}:${partition}${offset === undefined ? '' : `:${offset}`}`,
    detail,
  ]);
  const more = end.faults - end.named.length;
  return [
    `${service}: ${end.topic} IS NOT WHAT WAS WRITTEN: ${count(end.faults)} faults (${what})`,
    ...indented(table([{ title: 'FAULT' }, { title: 'PLACE' }, { title: 'WHAT' }], rows)),
    ...(more > 0 ? [`  and ${count(more)} more`] : []),
  ];
}
