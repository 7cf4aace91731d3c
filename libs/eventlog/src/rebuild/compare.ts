import type { Projection, Row } from '@samspill/kernel';
import { PlatformError } from '@samspill/kernel';
import {
  MAX_DIFF_SAMPLES,
  type DiffSample,
  type RebuildDiff,
  type RowsVerdict,
} from '../operations/operation.js';
import { inTurn } from '../in-turn.js';
import type { Checkpoint, GenerationView, RowHash } from '../projection-store.js';
import { pause } from '../retry.js';
import { advance, type AdvanceTarget } from './advance.js';

/** How long the live rows are waited for where they are behind what was built; they follow the log within moments, or stand still. */
const LIVE_WITHIN_MS = 60_000;
const LOOK_AGAIN_MS = 50;

export interface Comparison {
  readonly verdict: RowsVerdict;
  readonly diff: RebuildDiff | undefined;
}

/**
 * Holds a built generation against the live one at the very same place of the log, while writing goes on and nobody is held up: the live
 * rows are looked at as they are at one moment, and the built ones are brought to where those stood then.
 */
export async function compareWithLive(
  target: AdvanceTarget,
  live: number | undefined,
  signal: AbortSignal,
): Promise<Comparison> {
  const { store, projection, generation, company } = target;
  if (live === undefined) return notComparable('There are no live rows yet.');
  const giveUpAtMs = Date.now() + LIVE_WITHIN_MS;
  for (;;) {
    signal.throwIfAborted();
    const comparison = await ofTables(() =>
      store.snapshot(projection, live, async (liveView) => {
        const place = whereToMeet(await store.checkpoints(projection, generation), liveView.checkpoints);
        if (place.kind === 'gone')
          return notComparable('The live rows were made from a log that is not there any more.');
        if (place.kind === 'behind') return undefined;
        await advance(target, place.checkpoints, signal);
        return await store.snapshot(projection, generation, (built) =>
          compareViews(projection, liveView, built, company),
        );
      }),
    );
    if (comparison) return comparison;
    if (Date.now() > giveUpAtMs) return notComparable('The live rows do not follow the log at present.');
    await pause(LOOK_AGAIN_MS, signal);
  }
}

/** Live rows may have been dropped with their tables: then there is nothing to compare with, which is what a rebuild is for. */
async function ofTables(compare: () => Promise<Comparison | undefined>): Promise<Comparison | undefined> {
  try {
    return await compare();
  } catch (error) {
    if (!(error instanceof PlatformError) || error.code !== 'eventlog.table-missing') throw error;
    return notComparable('The tables of the live rows are not there.');
  }
}

/** Compares two generations as they are, whatever of the log they have read. */
export async function compareViews(
  projection: Projection,
  before: GenerationView,
  after: GenerationView,
  company: string | undefined,
): Promise<Comparison> {
  const [live, built] = await inTurn(before.fingerprint(company), after.fingerprint(company));
  if (live.rows === built.rows && live.hash === built.hash) {
    const diff = {
      projection: projection.name,
      added: 0,
      changed: 0,
      gone: 0,
      unchanged: live.rows,
      samples: [],
    };
    return { verdict: { outcome: 'equal', live, built }, diff };
  }
  const diff = await diffOf(projection, before, after, company);
  return { verdict: { outcome: 'different', live, built }, diff };
}

function notComparable(reason: string): Comparison {
  return { verdict: { outcome: 'not-comparable', reason }, diff: undefined };
}

type Meeting =
  | { readonly kind: 'at'; readonly checkpoints: readonly Checkpoint[] }
  /** The live one has to come further first. */
  | { readonly kind: 'behind' }
  | { readonly kind: 'gone' };

function whereToMeet(own: readonly Checkpoint[], live: readonly Checkpoint[]): Meeting {
  const places = new Map(
    live.map((checkpoint) => [`${checkpoint.topic}/${checkpoint.partition}`, checkpoint]),
  );
  const checkpoints: Checkpoint[] = [];
  for (const { topic, partition, nextOffset, log } of own) {
    const there = places.get(`${topic}/${partition}`);
    if (!there) return { kind: 'gone' };
    if (there.nextOffset > 0n && nextOffset > 0n && there.log !== log) return { kind: 'gone' };
    if (there.nextOffset < nextOffset) return { kind: 'behind' };
    checkpoints.push(there);
  }
  return { kind: 'at', checkpoints };
}

/** Goes through the rows of both in the order of their keys; holds no more than one row's hash of each. */
async function diffOf(
  projection: Projection,
  before: GenerationView,
  after: GenerationView,
  company: string | undefined,
): Promise<RebuildDiff> {
  const counts = { added: 0, changed: 0, gone: 0, unchanged: 0 };
  const found: { readonly kind: DiffSample['kind']; readonly key: Row }[] = [];
  const left = before.rowHashes(company)[Symbol.asyncIterator]();
  const right = after.rowHashes(company)[Symbol.asyncIterator]();
  let [one, other] = [await next(left), await next(right)];
  while (one || other) {
    const kind = kindOf(one, other);
    counts[kind] += 1;
    const key = one && kind !== 'added' ? one.key : (other?.key ?? '[]');
    if (kind !== 'unchanged' && found.filter((sample) => sample.kind === kind).length < MAX_DIFF_SAMPLES)
      found.push({ kind, key: keyFrom(projection, key) });
    const [movesLeft, movesRight] = [kind !== 'added', kind !== 'gone'];
    if (movesLeft) one = await next(left);
    if (movesRight) other = await next(right);
  }
  return { projection: projection.name, ...counts, samples: await named(projection, before, after, found) };
}

async function next(hashes: AsyncIterator<RowHash>): Promise<RowHash | undefined> {
  const result = await hashes.next();
  return result.done === true ? undefined : result.value;
}

function kindOf(before: RowHash | undefined, after: RowHash | undefined): DiffSample['kind'] | 'unchanged' {
  if (!before) return 'added';
  if (!after) return 'gone';
  if (before.key === after.key) return before.hash === after.hash ? 'unchanged' : 'changed';
  return Buffer.compare(Buffer.from(before.key), Buffer.from(after.key)) < 0 ? 'gone' : 'added';
}

/** Says which columns of a changed row differ. */
async function named(
  projection: Projection,
  before: GenerationView,
  after: GenerationView,
  found: readonly { readonly kind: DiffSample['kind']; readonly key: Row }[],
): Promise<readonly DiffSample[]> {
  const keys = found.filter(({ kind }) => kind === 'changed').map(({ key }) => key);
  const [old, made] = keys.length > 0 ? [await before.rows(keys), await after.rows(keys)] : [[], []];
  let index = -1;
  return found.map(({ kind, key }) => {
    if (kind !== 'changed') return { kind, key, columns: [] };
    index += 1;
    const [a, b] = [old[index], made[index]];
    const columns = Object.keys(projection.table.columns).filter(
      (name) => JSON.stringify(a?.[name]) !== JSON.stringify(b?.[name]),
    );
    return { kind, key, columns };
  });
}

/** A key as a store writes it in {@link RowHash}. */
function keyFrom(projection: Projection, text: string): Row {
  const values: unknown = JSON.parse(text);
  if (!Array.isArray(values))
    throw new PlatformError('eventlog.key-unreadable', `${text} is not a row's key.`, false);
  return Object.fromEntries(
    projection.table.key.map((name, index): [string, Row[string]] => [name, valueOf(values[index])]),
  );
}

function valueOf(value: unknown): Row[string] {
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'boolean':
      return value;
    default:
      return null;
  }
}
