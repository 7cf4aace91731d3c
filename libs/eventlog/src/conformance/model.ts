import { EventCatalogue } from '@samspill/contracts';
import type { Projection, Recorded, Row } from '@samspill/kernel';
import type { StoredEvent } from '../event-store.js';
import { bankEvents, ownerEvents } from './toy/toy-events.js';

const catalogue = new EventCatalogue([...bankEvents, ...ownerEvents]);

/**
 * The rows that events must give, worked out in the plainest way: one event after the other, each stream in its order, no batches,
 * no repeats, nothing that cannot be applied.
 */
export function expectedRows(projection: Projection, events: readonly StoredEvent[]): readonly Row[] {
  const rows = new Map<string, Row>();
  for (const stored of inOrder(events)) {
    if (!projection.reads.includes(stored.type)) continue;
    const event = decoded(stored);
    const key = projection.key(event);
    if (!key) continue;
    const name = JSON.stringify(key);
    const row = projection.project(projection.fold === 'steps' ? rows.get(name) : undefined, event);
    if (row) rows.set(name, row);
    else rows.delete(name);
  }
  return sortedByKey(projection, [...rows.values()]);
}

/** Rows in the order of their keys, which are texts. */
export function sortedByKey(projection: Projection, rows: readonly Row[]): readonly Row[] {
  const keyOf = (row: Row): string => JSON.stringify(projection.table.key.map((name) => row[name]));
  return rows.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

function inOrder(events: readonly StoredEvent[]): readonly StoredEvent[] {
  return events.toSorted((a, b) =>
    a.stream === b.stream ? a.version - b.version : a.stream < b.stream ? -1 : 1,
  );
}

function decoded({ type, schemaVersion, value, ...meta }: StoredEvent): Recorded {
  const reading = catalogue.decode(type, schemaVersion, value.toString());
  if (reading.kind !== 'event') throw new Error(`${meta.stream} version ${meta.version} cannot be read`);
  return { type, data: reading.data, meta };
}
