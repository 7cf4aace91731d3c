import type { EventCatalogue } from '@samspill/contracts';
import type { Projection, Row } from '@samspill/kernel';
import { Incoming } from '../incoming.js';
import type { EventKeys } from '../keys/event-keys.js';
import type { Log } from '../log.js';
import {
  UnstorableError,
  type ParkedEntry,
  type ParkedEvent,
  type ProjectionStore,
  type ProjectionTransaction,
} from '../projection-store.js';
import { foldStates, park } from '../state-fold.js';
import { emptySteps, foldStep, keyName, stepPlace } from '../step-fold.js';
import { readParkedRecords } from './parked-records.js';

/** Events that are applied in one transaction, which holds up live batches of their partition. */
const AT_ONCE = 200;
/** Parked events are looked up so many at a time. */
const PAGE = 1_000;

export interface RetryDependencies {
  readonly store: ProjectionStore;
  readonly log: Log;
  readonly catalogue: EventCatalogue;
  readonly keys?: EventKeys | undefined;
}

export interface RetryOutcome {
  /** Events that were tried. */
  readonly tried: number;
  /** Of them, those that are still parked. */
  readonly parked: number;
}

/**
 * Tries all that is parked of some streams again, in their order and with the code of today, on the live rows. What can be applied, has
 * been superseded, or was discarded is not parked any more; what cannot stays with its reason of now. Each transaction moves rows and
 * parked events together, so that a try that breaks off has done a part and nothing by half.
 * @throws PlatformError `eventlog.log-replaced`
 */
export async function retryStreams(
  projection: Projection,
  generation: number,
  streams: readonly string[],
  dependencies: RetryDependencies,
): Promise<RetryOutcome> {
  const entries = await parkedOfStreams(projection, generation, streams, dependencies.store);
  const byPartition = Map.groupBy(entries, ({ topic, partition }) => `${topic}/${partition}`);
  let parked = 0;
  for (const group of byPartition.values()) {
    // The last event of a stream decides its row alone; steps are taken from the first on.
    const ordered = projection.fold === 'state' ? group.toReversed() : group;
    for (let from = 0; from < ordered.length; from += AT_ONCE)
      parked += await retryEntries(projection, ordered.slice(from, from + AT_ONCE), dependencies);
  }
  return { tried: entries.length, parked };
}

/** All that is parked of some streams, in the order of their places. */
export async function parkedOfStreams(
  projection: Projection,
  generation: number,
  streams: readonly string[],
  store: ProjectionStore,
): Promise<readonly ParkedEntry[]> {
  const entries: ParkedEntry[] = [];
  if (streams.length === 0) return entries;
  for (;;) {
    const query = { streams, after: entries.at(-1), limit: PAGE };
    const page = await store.parkedPage(projection, generation, query);
    entries.push(...page);
    if (page.length < PAGE) return entries;
  }
}

async function retryEntries(
  projection: Projection,
  entries: readonly ParkedEntry[],
  { store, log, catalogue, keys }: RetryDependencies,
): Promise<number> {
  const records = await readParkedRecords(log, entries);
  const events = entries.flatMap(({ topic, partition, offset }) => {
    const record = records.get(offset);
    return record ? [new Incoming(record, topic, partition, catalogue)] : [];
  });
  await keys?.unlock(events);
  return await applyAgain(projection, events, store);
}

/**
 * Applies events of one partition in one transaction; where the database refuses a value, halves them until the event that holds it is
 * alone.
 * @returns how many are still parked
 */
async function applyAgain(
  projection: Projection,
  events: readonly Incoming[],
  store: ProjectionStore,
): Promise<number> {
  const [first] = events;
  if (!first) return 0;
  try {
    return await transact(projection, first, events, store, (tx, still) => applyStill(projection, tx, still));
  } catch (error) {
    if (!(error instanceof UnstorableError)) throw error;
    if (events.length === 1) {
      const reason = `cannot be stored: ${error.message}`;
      return await transact(projection, first, events, store, (_, still) =>
        Promise.resolve(still.map((event) => park(event, reason))),
      );
    }
    const middle = Math.ceil(events.length / 2);
    return (
      (await applyAgain(projection, events.slice(0, middle), store)) +
      (await applyAgain(projection, events.slice(middle), store))
    );
  }
}

/** @param apply gets those that are still parked, and answers which of them remain so */
async function transact(
  projection: Projection,
  place: Incoming,
  events: readonly Incoming[],
  store: ProjectionStore,
  apply: (tx: ProjectionTransaction, still: readonly Incoming[]) => Promise<readonly ParkedEvent[]>,
): Promise<number> {
  return await store.transaction(projection, 'live', place, async (tx) => {
    const parked = await tx.parkedVersions([...new Set(events.map(({ stream }) => stream))]);
    const still = events.filter(({ stream, version }) => parked.get(stream)?.has(version));
    if (still.length === 0) return 0;
    const remaining = await apply(tx, still);
    await tx.unpark(still);
    await tx.park(remaining);
    return remaining.length;
  });
}

async function applyStill(
  projection: Projection,
  tx: ProjectionTransaction,
  still: readonly Incoming[],
): Promise<readonly ParkedEvent[]> {
  if (projection.fold === 'steps') return await applySteps(projection, tx, still);
  const { changes, parked } = foldStates(projection, still);
  if (changes.length > 0) await tx.writeStates(changes);
  return parked;
}

async function applySteps(
  projection: Projection,
  tx: ProjectionTransaction,
  still: readonly Incoming[],
): Promise<readonly ParkedEvent[]> {
  const keys = new Map<string, Row>();
  for (const event of still) {
    const place = stepPlace(projection, event);
    if (place.kind === 'row') keys.set(place.name, place.key);
  }
  const keyRows = [...keys.values()];
  if (projection.topics.length > 1) await tx.lockKeys(keyRows);
  const state = emptySteps();
  for (const stream of await heldBack(tx, still)) state.parkedStreams.add(stream);
  const rows = await tx.rows(keyRows);
  keyRows.forEach((key, index) => state.rows.set(keyName(projection, key), { key, row: rows[index] }));
  for (const event of still) foldStep(projection, state, event);
  const after = [...state.rows.values()];
  await tx.writeRows(
    after.flatMap(({ row }) => (row ? [row] : [])),
    after.flatMap(({ key, row }) => (row ? [] : [key])),
  );
  return state.parked;
}

/** Streams of which an earlier event than any of these is parked. */
async function heldBack(tx: ProjectionTransaction, still: readonly Incoming[]): Promise<readonly string[]> {
  const first = new Map<string, number>();
  for (const { stream, version } of still)
    first.set(stream, Math.min(first.get(stream) ?? Infinity, version));
  const parked = await tx.parkedVersions([...first.keys()]);
  return [...first].flatMap(([stream, version]) =>
    [...(parked.get(stream) ?? [])].some((other) => other < version) ? [stream] : [],
  );
}
