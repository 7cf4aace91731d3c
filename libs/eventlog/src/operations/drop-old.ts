import { reject, type Projection, type Rejection } from '@samspill/kernel';
import type { ProjectionStore } from '../projection-store.js';

export interface DroppedGenerations {
  readonly generations: readonly number[];
  /** Room that they took, with their indexes. */
  readonly bytes: number;
}

/** Drops the former rows that were kept as the way back. Refused while an operation works on the projection, which may need them. */
export async function dropOldGenerations(
  projection: Projection,
  store: ProjectionStore,
): Promise<DroppedGenerations | Rejection> {
  const dropped = await store.exclusively(`rebuild ${projection.name}`, async () => {
    const former = (await store.generations(projection)).filter(({ state }) => state === 'old');
    let bytes = 0;
    for (const { number } of former) {
      bytes += await store.sizeOf(projection, number);
      await store.dropGeneration(projection, number);
    }
    return { generations: former.map(({ number }) => number), bytes };
  });
  return (
    dropped ??
    reject(
      'operation.running-conflict',
      `${projection.name} is being rebuilt or put back just now. Nothing was dropped; see samspill rebuild list.`,
    )
  );
}
