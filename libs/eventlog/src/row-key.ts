import type { Projection, Recorded } from '@samspill/kernel';
import { keyAsStored, type Stored } from './storable.js';

/**
 * The key of the row that an event concerns, as a table will give it back, or why no table takes it; undefined where the event concerns
 * none. Where rows are kept by company, the company must be the event's own key: a rebuild reads no other partition for it.
 */
export function rowKeyOf(projection: Projection, event: Recorded): Stored | undefined {
  const named = projection.key(event);
  if (!named) return undefined;
  const key = keyAsStored(projection, named);
  const { company } = projection.table;
  if (key.kind === 'row' && company !== undefined && key.row[company] !== event.meta.key)
    return { kind: 'refused', reason: `column ${company} is not the company that the event was written for` };
  return key;
}
