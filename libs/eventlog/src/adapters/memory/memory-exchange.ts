import type { Projection } from '@samspill/kernel';
import type { MemoryGeneration } from './memory-read-tables.js';

/** Exchanges a company's rows, the versions of its streams and what is set aside of it, between the whole generation and its part. */
export function exchange(
  projection: Projection,
  whole: MemoryGeneration,
  part: MemoryGeneration,
  company: string,
): void {
  const column = projection.table.company;
  swap(whole.rows, part.rows, ({ row }) => column !== undefined && row[column] === company);
  swap(whole.parked, part.parked, ({ event }) => event.key === company);
  for (const [stream, version] of part.versions) {
    part.versions.set(stream, whole.versions.get(stream) ?? 0);
    whole.versions.set(stream, version);
  }
}

/** What of `whole` is chosen goes to `part`, and all of `part` goes to `whole`. */
function swap<V>(whole: Map<string, V>, part: Map<string, V>, isChosen: (value: V) => boolean): void {
  const chosen = [...whole].filter(([, value]) => isChosen(value));
  for (const [key] of chosen) whole.delete(key);
  for (const [key, value] of part) whole.set(key, value);
  part.clear();
  for (const [key, value] of chosen) part.set(key, value);
}
