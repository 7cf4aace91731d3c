import type { Projection, Row } from '@samspill/kernel';
import type { Incoming } from '../incoming.js';
import type { Generation, ProjectionStore, ProjectionTransaction } from '../projection-store.js';
import { foldStates } from '../state-fold.js';
import { keyName, stepPlace } from '../step-fold.js';
import { asStored } from '../storable.js';

/**
 * Applies events that forget somebody to the rows that nobody feeds at the moment: former ones, which are the way back, those of another
 * moment, and those that wait to be switched to. A generation that is still being read into comes to these events by itself.
 *
 * They come before their turn there. Where events carry the state, what comes later in its turn is older and changes nothing. Where every
 * event counts they come a second time in their turn: a fold of such an event takes away what is personal, and does so twice without harm.
 * @param live the generation that is live, and stays so until this resolves
 */
export async function forgetElsewhere(
  projection: Projection,
  events: readonly Incoming[],
  store: ProjectionStore,
  live: number,
): Promise<void> {
  for (const generation of await store.generations(projection)) {
    if (generation.number === live || !generation.isIndexed) continue;
    await forgetIn(projection, generation, events, store);
  }
}

async function forgetIn(
  projection: Projection,
  { number, company }: Generation,
  events: readonly Incoming[],
  store: ProjectionStore,
): Promise<void> {
  const concerned = events.filter(({ stored }) => company === undefined || stored.key === company);
  const [first] = concerned;
  if (!first) return;
  await store.transaction(projection, number, first, async (tx) => {
    if (projection.fold === 'steps') await foldAlone(projection, concerned, tx);
    else await tx.writeStates(foldStates(projection, concerned).changes);
  });
}

/** Each event on the row as it is, whatever it has seen of the event's stream. */
async function foldAlone(
  projection: Projection,
  events: readonly Incoming[],
  tx: ProjectionTransaction,
): Promise<void> {
  const places = events.flatMap((event) => {
    const place = stepPlace(projection, event);
    return place.kind === 'row' ? [place] : [];
  });
  const keys = [...new Map(places.map(({ name, key }) => [name, key])).values()];
  await tx.lockKeys(keys);
  const rows = new Map<string, Row | undefined>();
  const found = await tx.rows(keys);
  keys.forEach((key, index) => rows.set(keyName(projection, key), found[index]));
  for (const { name, key, event } of places) {
    const before = rows.get(name);
    const projected = before && projection.project(before, event);
    const stored = projected && asStored(projection, key, projected);
    // A row that cannot be what it should be without the person is better gone: a rebuild makes it again.
    rows.set(name, stored?.kind === 'row' ? stored.row : undefined);
  }
  await tx.writeRows(
    [...rows.values()].flatMap((row) => (row ? [row] : [])),
    keys.filter((key) => rows.get(keyName(projection, key)) === undefined),
  );
}
