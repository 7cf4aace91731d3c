import type { Projection, Row } from '@samspill/kernel';
import type { Incoming } from './incoming.js';
import type { ParkedEvent } from './projection-store.js';
import { describe, park } from './state-fold.js';
import { asStored, keyAsStored } from './storable.js';

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

/**
 * Folds events of which each matters, in the order of their streams. A repeat changes nothing; once an event of a stream cannot be
 * applied, it and all behind it in that stream are parked, and other streams go on.
 */
export function foldStep(projection: Projection, state: StepState, incoming: Incoming): void {
  const { stream, version } = incoming;
  if (version <= (state.versions.get(stream) ?? 0)) return;
  if (state.parkedStreams.has(stream)) {
    state.parked.push(park(incoming, 'an earlier event of this stream is parked'));
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

/** The key that an event concerns, as text, if it can be read; for fetching rows before folding. */
export function stepKey(
  projection: Projection,
  incoming: Incoming,
): { readonly name: string; readonly key: Row } | undefined {
  const reading = incoming.read();
  if (reading.kind !== 'event') return undefined;
  try {
    const named = projection.key(reading.event);
    const key = named && keyAsStored(projection, named);
    return key?.kind === 'row' ? { name: keyName(projection, key.row), key: key.row } : undefined;
  } catch {
    return undefined; // folding meets the same error and parks the event
  }
}

export function keyName(projection: Projection, key: Row): string {
  return JSON.stringify(projection.table.key.map((name) => key[name] ?? null));
}

function applyStep(projection: Projection, state: StepState, incoming: Incoming): string | undefined {
  const reading = incoming.read();
  if (reading.kind === 'unreadable') return reading.reason;
  try {
    const named = projection.key(reading.event);
    if (!named) return undefined;
    const key = keyAsStored(projection, named);
    if (key.kind === 'refused') return key.reason;
    const name = keyName(projection, key.row);
    const projected = projection.project(state.rows.get(name)?.row, reading.event);
    const stored = projected && asStored(projection, key.row, projected);
    if (stored?.kind === 'refused') return stored.reason;
    state.rows.set(name, { key: key.row, row: stored?.row });
    return undefined;
  } catch (error) {
    return describe(error);
  }
}
