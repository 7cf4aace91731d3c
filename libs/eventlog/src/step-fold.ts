import { reasonOf, type Projection, type Recorded, type Row } from '@samspill/kernel';
import type { Incoming } from './incoming.js';
import type { ParkedEvent } from './projection-store.js';
import { rowKeyOf } from './row-key.js';
import { park } from './state-fold.js';
import { asStored } from './storable.js';

/** What has been folded so far: rows by key, versions by stream, and streams that are parked. Grows as events are folded. */
export interface StepState {
  readonly rows: Map<string, { readonly key: Row; row: Row | undefined }>;
  readonly versions: Map<string, number>;
  readonly parkedStreams: Set<string>;
  readonly parked: ParkedEvent[];
}

export function emptySteps(): StepState {
  return { rows: new Map(), versions: new Map(), parkedStreams: new Set(), parked: [] };
}

/** Reason of an event that could be applied if the one before it could. */
export const BEHIND_PARKED = 'an earlier event of this stream is parked';

/**
 * Folds events of which each matters, in the order of their streams. A repeat changes nothing; once an event of a stream cannot be
 * applied, it and all behind it in that stream are parked, and other streams go on. What was discarded is passed over.
 */
export function foldStep(projection: Projection, state: StepState, incoming: Incoming): void {
  const { stream, version } = incoming;
  if (version <= (state.versions.get(stream) ?? 0)) return;
  if (projection.isDiscarded?.(incoming)) {
    state.versions.set(stream, version);
    return;
  }
  if (state.parkedStreams.has(stream)) {
    state.parked.push(park(incoming, BEHIND_PARKED));
    state.versions.set(stream, version);
    return;
  }
  const fault = applyStep(projection, state, incoming);
  if (fault !== undefined) {
    state.parkedStreams.add(stream);
    state.parked.push(park(incoming, fault));
  }
  state.versions.set(stream, version);
}

/** Where an event belongs: to a row; to none; or to none because it cannot be applied, whatever rows there are. */
export type StepPlace =
  | { readonly kind: 'row'; readonly name: string; readonly key: Row; readonly event: Recorded }
  | { readonly kind: 'none' }
  | { readonly kind: 'fault'; readonly reason: string };

/** The row that an event concerns; for fetching rows before folding, and for folding rows apart. */
export function stepPlace(projection: Projection, incoming: Incoming): StepPlace {
  if (projection.isDiscarded?.(incoming)) return { kind: 'none' };
  const reading = incoming.read();
  if (reading.kind === 'unreadable') return { kind: 'fault', reason: reading.reason };
  try {
    const key = rowKeyOf(projection, reading.event);
    if (!key) return { kind: 'none' };
    if (key.kind === 'refused') return { kind: 'fault', reason: key.reason };
    return { kind: 'row', name: keyName(projection, key.row), key: key.row, event: reading.event };
  } catch (error) {
    return { kind: 'fault', reason: reasonOf(error) };
  }
}

/** A name for a row that no other row of its projection has. JSON of a list would do as well and takes twice as long. */
export function keyName({ table }: Projection, key: Row): string {
  let all = '';
  for (const column of table.key) {
    const value = key[column] ?? null;
    all += typeof value === 'string' ? `${value.length}:${value}` : `${JSON.stringify(value)};`;
  }
  return all;
}

function applyStep(projection: Projection, state: StepState, incoming: Incoming): string | undefined {
  const place = stepPlace(projection, incoming);
  if (place.kind !== 'row') return place.kind === 'fault' ? place.reason : undefined;
  const { name, key, event } = place;
  try {
    const known = state.rows.get(name);
    const projected = projection.project(known?.row, event);
    const stored = projected && asStored(projection, key, projected);
    if (stored?.kind === 'refused') return stored.reason;
    if (known) known.row = stored?.row;
    else state.rows.set(name, { key, row: stored?.row });
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
}
