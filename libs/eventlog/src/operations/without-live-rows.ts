import type { Projection } from '@samspill/kernel';
import type { ProjectionStore } from '../projection-store.js';

/** Those that nobody can read yet: never built, or of a version that has not been built. */
export async function withoutLiveRows(
  projections: readonly Projection[],
  store: Pick<ProjectionStore, 'generations'>,
): Promise<readonly Projection[]> {
  const missing: Projection[] = [];
  for (const projection of projections) {
    const isLive = (await store.generations(projection)).some(({ state }) => state === 'live');
    if (!isLive) missing.push(projection);
  }
  return missing;
}

/** Why one company's rows cannot be rebuilt. */
export function noRowsToExchange({ name }: Projection): string {
  return `${name} has no live rows yet that one company’s could be exchanged in: it is built from the log as a whole first.`;
}
