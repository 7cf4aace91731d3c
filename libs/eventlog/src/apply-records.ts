import { PlatformError, type Projection, type Row } from '@samspill/kernel';
import { inTurn } from './in-turn.js';
import type { Incoming } from './incoming.js';
import type { EventKeys } from './keys/event-keys.js';
import { forgetElsewhere } from './keys/forget-elsewhere.js';
import {
  UnstorableError,
  type Checkpoint,
  type ProjectionStore,
  type ProjectionTransaction,
} from './projection-store.js';
import { foldStates, park } from './state-fold.js';
import { emptySteps, foldStep, keyName, stepPlace } from './step-fold.js';

/** Where records are applied to, and what of them. */
export interface ApplyTarget {
  readonly store: ProjectionStore;
  readonly projection: Projection;
  /** `live`, or a generation that is brought up to the log. */
  readonly generation: 'live' | number;
  /** Whether an event counts; others are passed over. */
  readonly isWanted?: (event: Incoming) => boolean;
  /** Whether offsets from `from` to `to` have been looked at and are of no concern, though the checkpoint has not been moved over them. */
  readonly hasPassed?: (from: bigint, to: bigint) => boolean;
  readonly keys?: EventKeys | undefined;
}

/**
 * Applies consecutive records of one partition, rows and checkpoint in one transaction; where the database refuses a value, halves them
 * until the event that holds it is alone, and sets that one aside.
 * @param log identity of the partition's log
 * @throws PlatformError `eventlog.gap` where the checkpoint is before the first record, `eventlog.log-replaced`
 */
export async function applyRecords(
  target: ApplyTarget,
  events: readonly Incoming[],
  log: string,
): Promise<void> {
  const types = new Set<string>(target.projection.reads);
  await target.keys?.unlock(events.filter((event) => event.concerns(types)));
  try {
    await transact(target, events, log, applyEvents);
  } catch (error) {
    if (!(error instanceof UnstorableError)) throw error;
    if (events.length === 1) {
      await transact(target, events, log, (tx, _, alone) =>
        parkUnstorable(target.projection, tx, alone, error.message),
      );
      return;
    }
    const middle = Math.ceil(events.length / 2);
    await applyRecords(target, events.slice(0, middle), log);
    await applyRecords(target, events.slice(middle), log);
  }
}

async function transact(
  { store, projection, generation, isWanted, hasPassed, keys }: ApplyTarget,
  events: readonly Incoming[],
  log: string,
  write: (tx: ProjectionTransaction, projection: Projection, events: readonly Incoming[]) => Promise<void>,
): Promise<void> {
  const last = events.at(-1);
  if (!last) return;
  const types = new Set<string>(projection.reads);
  await store.transaction(projection, generation, last, async (tx) => {
    const { checkpoint } = tx;
    const { nextOffset } = checkpoint;
    const fresh = events.filter((event) => event.offset >= nextOffset);
    const first = fresh[0];
    if (!first) return; // another instance has been here
    if (first.offset > nextOffset && hasPassed?.(nextOffset, first.offset) !== true)
      throw gap(projection, checkpoint, first.offset);
    if (checkpoint.log !== undefined && checkpoint.log !== log) throw logReplaced(projection, checkpoint);
    const concerning = fresh.filter((event) => event.concerns(types) && isWanted?.(event) !== false);
    const forgetting = generation === 'live' ? concerning.filter(({ type }) => keys?.forgets(type)) : [];
    // While this transaction keeps the live generation live: none can be switched to in between.
    if (forgetting.length > 0) await forgetElsewhere(projection, forgetting, store, tx.generation);
    await inTurn(
      concerning.length > 0 ? write(tx, projection, concerning) : Promise.resolve(),
      tx.moveTo(last.offset + 1n, log),
    );
  });
}

async function applyEvents(
  tx: ProjectionTransaction,
  projection: Projection,
  events: readonly Incoming[],
): Promise<void> {
  if (projection.fold === 'state') {
    const { changes, parked } = foldStates(projection, events);
    await inTurn(tx.park(parked), changes.length > 0 ? tx.writeStates(changes) : Promise.resolve());
    return;
  }
  await applySteps(tx, projection, events);
}

async function applySteps(
  tx: ProjectionTransaction,
  projection: Projection,
  events: readonly Incoming[],
): Promise<void> {
  const keys = new Map<string, Row>();
  for (const event of events) {
    const place = stepPlace(projection, event);
    if (place.kind === 'row') keys.set(place.name, place.key);
  }
  const keyRows = [...keys.values()];
  // Two topics may bring the same row to two instances at once.
  if (projection.topics.length > 1) await tx.lockKeys(keyRows);
  const streams = [...new Set(events.map((event) => event.stream))];
  const [before, parkedStreams, rows] = await inTurn(
    tx.versions(streams),
    tx.hasParked ? tx.parkedStreams(streams) : Promise.resolve(new Set<string>()),
    tx.rows(keyRows),
  );
  const state = emptySteps();
  for (const [stream, version] of before) state.versions.set(stream, version);
  for (const stream of parkedStreams) state.parkedStreams.add(stream);
  keyRows.forEach((key, index) => state.rows.set(keyName(projection, key), { key, row: rows[index] }));

  for (const event of events) foldStep(projection, state, event);

  const after = [...state.rows.values()];
  await inTurn(
    tx.park(state.parked),
    tx.writeRows(
      after.flatMap(({ row }) => (row ? [row] : [])),
      after.flatMap(({ key, row }) => (row ? [] : [key])),
    ),
    tx.writeVersions(state.versions),
  );
}

async function parkUnstorable(
  projection: Projection,
  tx: ProjectionTransaction,
  events: readonly Incoming[],
  reason: string,
): Promise<void> {
  await tx.park(events.map((event) => park(event, `cannot be stored: ${reason}`)));
  if (projection.fold === 'steps') {
    await tx.writeVersions(new Map(events.map((event) => [event.stream, event.version])));
  }
}

function gap(projection: Projection, checkpoint: Checkpoint, offset: bigint): PlatformError {
  return new PlatformError(
    'eventlog.gap',
    `${projection.name} stands at ${checkpoint.topic} partition ${checkpoint.partition} offset ${checkpoint.nextOffset} but was given ${offset}; it reads again from where it stands.`,
    true,
  );
}

/** Whether what has been read is of a log that is not there any more. */
export function isReplaced(
  { nextOffset, log }: Checkpoint,
  now: { readonly end: bigint; readonly identity: string | undefined },
): boolean {
  return nextOffset > 0n && (log !== now.identity || nextOffset > now.end);
}

export function logReplaced(projection: Projection, checkpoint: Checkpoint): PlatformError {
  return new PlatformError(
    'eventlog.log-replaced',
    `${projection.name} has read ${checkpoint.topic} partition ${checkpoint.partition} up to ${checkpoint.nextOffset} of a log that is not there any more; rebuild it from the log that is.`,
    false,
  );
}
