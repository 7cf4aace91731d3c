import type { ListedRevertAnswer, RevertAnswer } from '@samspill/platform/answers';
import { count } from './quantities.js';
import { indented, table } from './table.js';

type Verdict = keyof ListedRevertAnswer['counts']['verdicts'];

/** Each with what it says of so many streams, in the order of a preview. */
const VERDICTS: readonly (readonly [verdict: Verdict, text: string])[] = [
  ['put-back', 'put back as they were'],
  ['make-again', 'made again'],
  ['remove', 'removed, since they were not there then'],
  ['refused', 'refused by a rule'],
  ['impossible', 'cannot be put back'],
  ['edited-since', 'edited since the import: left alone (--include-edited takes them too)'],
  ['forgotten', 'of people who were forgotten: left alone'],
];
const DEEDS: readonly Verdict[] = ['put-back', 'make-again', 'remove'];

/** Streams that a revert would put back, or has. */
export function deedsOf({ counts }: Pick<ListedRevertAnswer, 'counts'>): number {
  return DEEDS.reduce((sum, deed) => sum + counts.verdicts[deed], 0);
}

/** Streams that did not come out as the preview said. */
export function leftAlone({ counts }: Pick<ListedRevertAnswer, 'counts'>): number {
  return counts.outcomes['moved-on'] + counts.outcomes.refused;
}

/** `company 7f2c… to 2026-03-01T12:00:00.000Z` */
export function selectionText(selection: RevertAnswer['selection']): string {
  switch (selection.kind) {
    case 'company':
      return `company ${selection.company} to ${selection.to}`;
    case 'streams':
      return `${count(selection.streams.length)} streams to ${selection.to}`;
    case 'import':
      return `import ${selection.import}${selection.includeEdited ? ', with what was edited since' : ''}`;
  }
}

/** What would be done, what stands in the way, and what is not touched. */
export function previewLines(service: string, revert: RevertAnswer): readonly string[] {
  const { counts, samples } = revert;
  const verdicts = VERDICTS.filter(([verdict]) => counts.verdicts[verdict] > 0);
  const rows = [
    ...verdicts.map(([verdict, text]) => [count(counts.verdicts[verdict]), text]),
    [count(counts.unchanged), 'as they were'],
  ];
  const width = Math.max(...rows.map(([n = '']) => n.length));
  return [
    `Revert of ${selectionText(revert.selection)} in ${service}: ${count(counts.seen)} streams looked at`,
    ...indented(rows.map(([n = '', text = '']) => `${n.padStart(width)}  ${text}`)),
    ...(samples.length === 0 ? [] : indented(sampleTable(samples))),
    ...indented(revert.leaves.map((sentence) => `not touched: ${sentence}`)),
  ];
}

/** What has come of it. */
export function revertLines(service: string, revert: RevertAnswer): readonly string[] {
  const { id, state, counts, reason, startedBy, failure, hold, samples } = revert;
  const odd = samples.filter(({ outcome }) => outcome !== undefined && outcome !== 'done');
  return [
    `Revert ${id}: ${selectionText(revert.selection)} in ${service}, ${state}`,
    ...indented([
      ...(reason === undefined ? [] : [`because: ${reason} (${startedBy ?? ''})`]),
      ...(failure === undefined ? [] : [`${state === 'failed' ? 'failed' : 'trouble'}: ${failure}`]),
      `${count(counts.outcomes.done)} of ${count(deedsOf(revert))} put back, ${count(counts.outcomes['moved-on'])} had moved on, ${count(counts.outcomes.refused)} refused`,
      ...(odd.length === 0 ? [] : sampleTable(odd)),
      ...(hold === undefined ? [] : [`intake held since ${hold.since}: nothing comes in for the company`]),
    ]),
  ];
}

export function revertProgress({ state, counts, failure }: RevertAnswer, deeds: number): string {
  const settled = Object.values(counts.outcomes).reduce((sum, n) => sum + n, 0);
  const trouble = failure === undefined ? '' : `; waits: ${failure}`;
  if (state === 'planning') return `planning  ${count(counts.seen)} streams looked at${trouble}`;
  return `${state}  ${count(settled)} of ${count(deeds)} streams${trouble}`;
}

export function revertTable(
  reverts: readonly { readonly service: string; readonly revert: ListedRevertAnswer }[],
): readonly string[] {
  const rows = reverts.map(({ service, revert }) => [
    revert.id,
    service,
    selectionText(revert.selection),
    revert.state,
    `${count(revert.counts.outcomes.done)} of ${count(deedsOf(revert))}`,
    revert.createdAt,
    revert.reason === undefined ? '' : `${revert.reason} (${revert.startedBy ?? ''})`,
  ]);
  const titles = ['ID', 'SERVICE', 'WHAT', 'STATE', 'PUT BACK', 'PLANNED', 'BECAUSE'];
  return table(
    titles.map((title) => ({ title })),
    rows,
  );
}

function sampleTable(samples: RevertAnswer['samples']): readonly string[] {
  return table(
    ['WHAT', 'STREAM', 'VERSION', ''].map((title) => ({ title })),
    samples.map(({ verdict, outcome, stream, version, then, reason }) => [
      outcome === undefined || outcome === 'done' ? verdict : `${verdict}: ${outcome}`,
      stream,
      `${version} → ${then}`,
      reason ?? '',
    ]),
  );
}
