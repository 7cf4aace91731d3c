import { reasonOf, type Projection } from '@samspill/kernel';
import type { Incoming } from './incoming.js';
import type { ParkedEvent, StateChange } from './projection-store.js';
import { rowKeyOf } from './row-key.js';
import { asStored } from './storable.js';

export interface StateFoldResult {
  readonly changes: readonly StateChange[];
  readonly parked: readonly ParkedEvent[];
}

/**
 * Folds state-carrying events: of each stream only the highest version is read. Where that one cannot be, it is parked and the one
 * before it decides, down to the first that can, so that the rows do not depend on where batches were cut. One without a key says
 * nothing about a row, so the one before it decides as well; nor does one that was discarded.
 */
export function foldStates(projection: Projection, events: readonly Incoming[]): StateFoldResult {
  const byStream = new Map<string, Incoming[]>();
  for (const event of events) {
    const group = byStream.get(event.stream);
    if (group) group.push(event);
    else byStream.set(event.stream, [event]);
  }
  const changes: StateChange[] = [];
  const parked: ParkedEvent[] = [];
  for (const group of byStream.values()) {
    if (group.length > 1) group.sort((a, b) => b.version - a.version);
    for (const event of group) {
      const outcome = projectState(projection, event);
      if (outcome.kind === 'parked') parked.push(outcome.parked);
      if (outcome.kind !== 'change') continue;
      changes.push(outcome.change);
      break;
    }
  }
  return { changes, parked };
}

export type StateOutcome =
  | { readonly kind: 'change'; readonly change: StateChange }
  | { readonly kind: 'none' }
  | { readonly kind: 'parked'; readonly parked: ParkedEvent };

/** What one event makes of its stream's row. */
export function projectState(projection: Projection, incoming: Incoming): StateOutcome {
  if (projection.isDiscarded?.(incoming)) return { kind: 'none' };
  const { stream, version } = incoming;
  const reading = incoming.read();
  if (reading.kind === 'unreadable') return { kind: 'parked', parked: park(incoming, reading.reason) };
  try {
    const key = rowKeyOf(projection, reading.event);
    if (!key) return { kind: 'none' };
    if (key.kind === 'refused') return { kind: 'parked', parked: park(incoming, key.reason) };
    const projected = projection.project(undefined, reading.event);
    if (!projected) return { kind: 'change', change: { stream, version, key: key.row, row: undefined } };
    const stored = asStored(projection, key.row, projected);
    if (stored.kind === 'refused') return { kind: 'parked', parked: park(incoming, stored.reason) };
    return { kind: 'change', change: { stream, version, key: key.row, row: stored.row } };
  } catch (error) {
    return { kind: 'parked', parked: park(incoming, reasonOf(error)) };
  }
}

/** A reason may quote what could not be read, whatever and however long that is. */
const MAX_REASON_CHARACTERS = 2_000;

export function park(incoming: Incoming, reason: string): ParkedEvent {
  const { topic, partition, offset, stored: event } = incoming;
  const printable = reason.slice(0, MAX_REASON_CHARACTERS).replaceAll('\u0000', '\ufffd').toWellFormed();
  return { topic, partition, offset, event, reason: printable };
}
