import type { LoadedRow, ParkedEvent, StateChange } from '../projection-store.js';
import { projectState } from '../state-fold.js';
import type { FoldedChunk, UnitFoldOptions } from './unit-fold.js';

/** A stream whose last event says nothing about its row. */
interface Unsettled {
  /** Version of that event. */
  readonly below: number;
  best: StateChange | undefined;
  /** What cannot be applied above the best one, by version. */
  readonly parked: Map<number, ParkedEvent>;
}

/** Memory of one such stream while it is looked for, in bytes, roughly: its best row and what is parked above it. */
const UNSETTLED_BYTES = 4_000;

/**
 * The rare second reading: where the last event of a stream cannot be applied, or has no row, the last one that can decides. As many
 * streams at a time as memory allows.
 */
export async function* lastApplicable(
  unsettled: ReadonlyMap<string, number>,
  options: UnitFoldOptions,
): AsyncGenerator<FoldedChunk> {
  const atOnce = Math.max(1, Math.floor(options.memoryBytes / UNSETTLED_BYTES));
  const streams = [...unsettled];
  for (let from = 0; from < streams.length; from += atOnce)
    yield await settleStreams(streams.slice(from, from + atOnce), options);
}

async function settleStreams(
  streams: readonly (readonly [stream: string, version: number])[],
  { projection, replay, hasAllVersions }: UnitFoldOptions,
): Promise<FoldedChunk> {
  const types = new Set<string>(projection.reads);
  const wanted = new Map(
    streams.map(([stream, below]): [string, Unsettled] => [
      stream,
      { below, best: undefined, parked: new Map() },
    ]),
  );
  await replay((event) => {
    const { stream, version } = event;
    const state = wanted.get(stream);
    if (!state || version >= state.below || version <= (state.best?.version ?? 0)) return;
    if (state.parked.has(version) || !event.concerns(types)) return;
    const outcome = projectState(projection, event);
    if (outcome.kind === 'parked') state.parked.set(version, outcome.parked);
    if (outcome.kind !== 'change') return;
    state.best = outcome.change;
    for (const other of state.parked.keys()) if (other < version) state.parked.delete(other);
  });
  const rows: LoadedRow[] = [];
  const versions: (readonly [string, number])[] = [];
  const parked: ParkedEvent[] = [];
  for (const [stream, { best, parked: above }] of wanted) {
    parked.push(...above.values());
    if (best?.row) rows.push({ row: best.row, version: best.version });
    if (best && (!best.row || hasAllVersions)) versions.push([stream, best.version]);
  }
  return { rows, versions, parked };
}
