import type { Recorded } from '@samspill/kernel';
import type { StreamRange, StreamSummary } from '../event-store.js';
import type { CommandContext, Unit } from '../unit.js';
import { isolating } from './one-by-one.js';
import type { RevertDependencies } from './revert-dependencies.js';
import type { RevertRule } from './revert-rule.js';
import type { PreviewPage, PreviewProgress } from './revert-store.js';
import {
  NOTHING_YET,
  type Revert,
  type RevertCounts,
  type RevertItem,
  type RevertVerdict,
} from './revert.js';
import { inGroups, thenAndNow, type Span } from './then-and-now.js';

/** Streams of one page: one query's worth, and what a killed instance has to look at again. */
const PAGE_STREAMS = 1_000;

type Verdict = Omit<RevertItem, 'outcome'> | { readonly stream: string; readonly verdict: 'unchanged' };
interface Candidate extends Span {
  readonly isEditedSince: boolean;
}

export interface PreviewStep extends PreviewPage {
  readonly isLast: boolean;
}

/** Looks at the next streams of a selection: what would be done to each, and what stands in the way. Nothing is written. */
export async function nextPreviewPage(
  revert: Revert,
  progress: PreviewProgress | undefined,
  dependencies: RevertDependencies,
): Promise<PreviewStep> {
  const { rule: index, after } = progress ?? { rule: 0, after: undefined };
  const rule = dependencies.reverting.rules[index];
  if (!rule) {
    return { items: [], counts: revert.counts, progress: { rule: index, after }, isLast: true };
  }
  const range = rangeOf(revert, rule, after);
  const summaries = await dependencies.eventStore.streams(range, {
    upTo: revert.selection.kind === 'import' ? undefined : revert.selection.to,
    causationId: revert.causationId,
    types: dependencies.forgetting,
  });
  const verdicts = await verdictsOn(revert, rule, summaries, dependencies);
  const isEnd = 'names' in range || summaries.length < range.limit;
  return {
    items: verdicts.flatMap((each) =>
      each.verdict === 'unchanged' ? [] : [{ ...each, outcome: undefined }],
    ),
    counts: counted(revert.counts, verdicts),
    progress: isEnd
      ? { rule: index + 1, after: undefined }
      : { rule: index, after: summaries.at(-1)?.stream },
    isLast: false,
  };
}

function rangeOf({ company, selection }: Revert, { category }: RevertRule, after?: string): StreamRange {
  if (selection.kind === 'streams')
    return { names: selection.streams.filter((name) => name.startsWith(`${category}/`)) };
  return { under: `${category}/${company}`, after, limit: PAGE_STREAMS };
}

async function verdictsOn(
  revert: Revert,
  rule: RevertRule,
  summaries: readonly StreamSummary[],
  dependencies: RevertDependencies,
): Promise<readonly Verdict[]> {
  const verdicts: Verdict[] = [];
  const candidates: Candidate[] = [];
  for (const summary of summaries) {
    const { stream, version } = summary;
    const then = thenOf(revert, summary);
    if (then === version) verdicts.push({ stream, verdict: 'unchanged' });
    else if (summary.hasType)
      verdicts.push({ stream, version, then, verdict: 'forgotten', reason: FORGOTTEN });
    else candidates.push({ stream, version, then, isEditedSince: isEditedSince(revert, summary) });
  }
  const context: CommandContext = {
    actor: dependencies.self,
    correlationId: revert.id,
    now: new Date(),
  };
  for (const group of inGroups(rule, candidates)) {
    const decided = await isolating(
      group,
      (some) => dependencies.transact(context, (unit) => decideOn(unit, rule, some)),
      ({ stream, version, then }, { message: reason }): Verdict => ({
        ...{ stream, version, then, reason },
        verdict: 'impossible',
      }),
    );
    verdicts.push(...decided);
  }
  return verdicts;
}

const FORGOTTEN = 'The person was forgotten, and stays so.';

/** The version that a stream goes back to; its last one where it stays as it is. */
function thenOf({ selection }: Revert, { version, upTo, causedFirst }: StreamSummary): number {
  if (selection.kind !== 'import') return upTo;
  return causedFirst === 0 ? version : causedFirst - 1;
}

function isEditedSince({ selection }: Revert, { version, causedLast }: StreamSummary): boolean {
  return selection.kind === 'import' && !selection.includeEdited && causedLast < version;
}

async function decideOn(
  unit: Unit,
  rule: RevertRule,
  candidates: readonly Candidate[],
): Promise<readonly Verdict[]> {
  const events = await thenAndNow(unit, rule, candidates);
  return candidates.map(({ stream, version, then, isEditedSince: isEdited }): Verdict => {
    const { then: before = [], now = [] } = events.get(stream) ?? {};
    const decided = rule.decide(stream, before, now);
    if (decided.does === 'nothing') return { stream, verdict: 'unchanged' };
    if (isEdited) return { stream, version, then, verdict: 'edited-since', reason: editOf(now.at(-1)) };
    const reason = 'reason' in decided ? decided.reason : undefined;
    return { stream, version, then, verdict: decided.does, reason };
  });
}

function editOf(last: Recorded | undefined): string {
  return last ? `Changed by ${last.meta.actor} at ${last.meta.time}, after the import.` : '';
}

function counted(counts: RevertCounts, verdicts: readonly Verdict[]): RevertCounts {
  const by = { ...NOTHING_YET.verdicts, ...counts.verdicts } satisfies Record<RevertVerdict, number>;
  let { unchanged } = counts;
  for (const { verdict } of verdicts) {
    if (verdict === 'unchanged') unchanged += 1;
    else by[verdict] += 1;
  }
  return { ...counts, seen: counts.seen + verdicts.length, unchanged, verdicts: by };
}
