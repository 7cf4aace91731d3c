import { PlatformError, type Projection } from '@samspill/kernel';
import type { Checkpoint, PartitionOf } from '../projection-store.js';
import { pause } from '../retry.js';
import { advance, type AdvanceTarget } from './advance.js';
import { endsOf, reachedAt, type TopicEnds } from './units.js';

/** How long a try to switch may wait for live batches and readers before it lets them pass and tries again. */
const SWITCH_LOCK_MS = 100;
const SWITCH_PAUSE_MS = 20;
/** Tries that hold nobody up; after them, the last events are applied while the live rows are held still. */
const FREE_TRIES = 5;
/** The most that is applied while live rows are held still: some tens of milliseconds of work. */
const HELD_EVENTS = 2_000n;
/** A generation that cannot be switched to for this long is given up: the log is written faster than it can be followed. */
const SWITCH_WITHIN_MS = 10 * 60_000;

/** Comes after every batch that is applied on the way. */
type Passed = (events: number) => Promise<void>;

/** Brings a generation to the end of the log, as it is now. Undefined offsets are of partitions that are empty. */
export async function catchUp(
  target: AdvanceTarget,
  signal: AbortSignal,
  passed?: Passed,
): Promise<TopicEnds> {
  const ends = await endsOf(target.log, target.projection);
  await advance(target, reachedAt(ends), signal, passed);
  return ends;
}

/**
 * Follows the log until the generation has taken the live one's place, or, where it is of one company, its rows theirs.
 * @param readByLive where the live generation stood before the ends of the log were looked at: what it had read by then and is not there
 *   now is of a log that is gone
 * @returns how long the switch itself took, in milliseconds
 */
export async function followAndSwitch(
  target: AdvanceTarget,
  readByLive: readonly Checkpoint[],
  signal: AbortSignal,
  passed?: Passed,
): Promise<number> {
  const { store, projection, generation, company } = target;
  const giveUpAtMs = Date.now() + SWITCH_WITHIN_MS;
  for (let attempt = 1; Date.now() < giveUpAtMs; attempt += 1) {
    const replaced = partitionsGone(readByLive, await comeNear(target, signal, passed));
    signal.throwIfAborted();
    if (company !== undefined && replaced[0]) throw liveOutdated(projection, replaced[0]);
    const startedMs = performance.now();
    const whileHeld = async (live: readonly Checkpoint[]): Promise<void> => {
      if (attempt <= FREE_TRIES && company === undefined) return;
      if ((await distance(target, live)) <= HELD_EVENTS) await advance(target, live, signal);
    };
    const options = { replaced, catchUp: whileHeld };
    const isDone =
      company === undefined
        ? await store.switchTo(projection, generation, SWITCH_LOCK_MS, options)
        : await store.exchangeCompany(projection, generation, SWITCH_LOCK_MS, options);
    if (isDone) return performance.now() - startedMs;
    await pause(SWITCH_PAUSE_MS, signal);
  }
  throw new PlatformError(
    'eventlog.switch-not-had',
    `${projection.name}: the new generation could not be switched to within ${SWITCH_WITHIN_MS / 60_000} minutes; the live one stays.`,
    true,
  );
}

/**
 * To the end of the log; or, where the rows of one company are to be exchanged, to where the live rows are, since the two must then stand
 * at the same place and the live ones do not go back.
 */
async function comeNear(target: AdvanceTarget, signal: AbortSignal, passed?: Passed): Promise<TopicEnds> {
  const { store, projection, company } = target;
  if (company === undefined) return await catchUp(target, signal, passed);
  const live = (await store.generations(projection)).find(({ state }) => state === 'live');
  const ends = await endsOf(target.log, projection);
  if (live) await advance(target, await store.checkpoints(projection, live.number), signal, passed);
  return ends;
}

/** Events that a generation is behind these checkpoints. */
async function distance(target: AdvanceTarget, live: readonly Checkpoint[]): Promise<bigint> {
  const own = new Map(
    (await target.store.checkpoints(target.projection, target.generation)).map((checkpoint) => [
      `${checkpoint.topic}/${checkpoint.partition}`,
      checkpoint.nextOffset,
    ]),
  );
  return live.reduce((sum, { topic, partition, nextOffset }) => {
    const there = own.get(`${topic}/${partition}`);
    return there === undefined || there >= nextOffset ? sum : sum + (nextOffset - there);
  }, 0n);
}

/** Partitions whose log was read by the live generation but is another one now. */
function partitionsGone(readByLive: readonly Checkpoint[], ends: TopicEnds): readonly PartitionOf[] {
  return readByLive.filter(
    ({ topic, partition, nextOffset, log }) =>
      nextOffset > 0n && ends.get(topic)?.[partition]?.identity !== log,
  );
}

function liveOutdated(projection: Projection, { topic, partition }: PartitionOf): PlatformError {
  return new PlatformError(
    'eventlog.log-replaced',
    `The live rows of ${projection.name} were made from ${topic} partition ${partition} of a log that is not there any more; rebuild all of them.`,
    false,
  );
}
