import type { Projection } from '@samspill/kernel';
import type { Incoming } from './incoming.js';
import type { ParkedEvent, StateChange } from './projection-store.js';
import { unstorable } from './storable.js';

export interface StateFoldResult {
  readonly changes: readonly StateChange[];
  readonly parked: readonly ParkedEvent[];
}

/**
 * Folds state-carrying events: of each stream only the highest version is read. Where that one cannot be, it is parked and the one
 * before it decides, down to the first that can, so that the rows do not depend on where batches were cut.
 */
export function foldStates(projection: Projection, events: readonly Incoming[]): StateFoldResult {
  const byStream = new Map<string, Incoming[]>();
  for (const event of events) {
    const group = byStream.get(event.stored.stream);
    if (group) group.push(event);
    else byStream.set(event.stored.stream, [event]);
  }
  const changes: StateChange[] = [];
  const parked: ParkedEvent[] = [];
  for (const group of byStream.values()) {
    if (group.length > 1) group.sort((a, b) => b.stored.version - a.stored.version);
    for (const event of group) {
      const outcome = projectState(projection, event);
      if (outcome.kind === 'parked') {
        parked.push(outcome.parked);
        continue;
      }
      if (outcome.change) changes.push(outcome.change);
      break;
    }
  }
  return { changes, parked };
}

export type StateOutcome =
  | { readonly kind: 'change'; readonly change: StateChange | undefined }
  | { readonly kind: 'parked'; readonly parked: ParkedEvent };

/** What one event makes of its stream's row. */
export function projectState(projection: Projection, incoming: Incoming): StateOutcome {
  const { stream, version } = incoming.stored;
  const reading = incoming.read();
  if (reading.kind === 'unreadable') return { kind: 'parked', parked: park(incoming, reading.reason) };
  try {
    const key = projection.key(reading.event);
    if (!key) return { kind: 'change', change: undefined };
    const row = projection.project(undefined, reading.event);
    const fault = row && unstorable(projection, row);
    if (fault !== undefined) return { kind: 'parked', parked: park(incoming, fault) };
    return { kind: 'change', change: { stream, version, key, row } };
  } catch (error) {
    return { kind: 'parked', parked: park(incoming, describe(error)) };
  }
}

export function park(incoming: Incoming, reason: string): ParkedEvent {
  const { topic, partition, offset, stored: event } = incoming;
  return { topic, partition, offset, event, reason };
}

export function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
