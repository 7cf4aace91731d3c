import { PlatformError, type Projection } from '@samspill/kernel';
import type { Checkpoint, PartitionOf, SwitchOptions } from '../projection-store.js';
import { pause } from '../retry.js';
import { advance, type AdvanceTarget } from './advance.js';
import { Follower } from './follower.js';
import { endsOf, reachedAt, type TopicEnds } from './units.js';

/**
 * How long a try to switch may wait for live batches that have begun, and for readers, before it lets those pass that wait behind it.
 * Live rows stand still meanwhile, so it is a few batches long and no more.
 */
const SWITCH_LOCK_MS = 50;
const SWITCH_PAUSE_MS = 10;
/** After a try that came to nothing, live batches are let through for this many times as long as it took. */
const LET_THROUGH = 4;
/** For so long a moment is waited for at which the generation is where the live one is; after that, that one is held still. */
const FREE_MS = 1_000;
/** How long live batches are held for the generation to come to where they stand. */
const HELD_MS = 50;
const HELD_PAUSE_MS = 1;
/** The most that is applied while one company's live rows are held still: some tens of milliseconds of work. */
const HELD_EVENTS = 2_000n;
/** A generation that cannot be switched to for this long is given up: the log is written faster than it can be followed. */
const SWITCH_WITHIN_MS = 10 * 60_000;

const NEVER = new AbortController().signal;

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
 * @returns for how many milliseconds live batches were held
 */
export async function followAndSwitch(
  target: AdvanceTarget,
  readByLive: readonly Checkpoint[],
  signal: AbortSignal,
  passed: Passed,
): Promise<number> {
  if (target.company !== undefined) return await exchange(target, readByLive, signal, passed);
  const ends = await catchUp(target, signal, passed);
  const replaced = partitionsGone(readByLive, ends);
  const isBehind = async (): Promise<boolean> =>
    (await distance(target, await liveCheckpoints(target), replaced)) > 0n;
  const options: SwitchOptions = { replaced, catchUp: (live) => hasCome(target, live) };
  // Where nothing is being written, there is nothing to follow.
  const atOnce = (await isBehind()) ? undefined : await switchNow(target, { replaced });
  if (atOnce !== undefined) return atOnce;
  const follower = await Follower.start(target, ends, signal);
  try {
    const startedMs = performance.now();
    return await untilHad(target, signal, async () => {
      await passed(0);
      follower.check();
      const isFree = performance.now() - startedMs < FREE_MS;
      return isFree && (await isBehind())
        ? undefined
        : await oneTry(signal, () => switchNow(target, options));
    });
  } finally {
    await follower.stop();
  }
}

/**
 * Exchanges one company's rows. The two must stand at the same place then, and the live ones do not go back: the others are kept from
 * running ahead of them.
 */
async function exchange(
  target: AdvanceTarget,
  readByLive: readonly Checkpoint[],
  signal: AbortSignal,
  passed: Passed,
): Promise<number> {
  const { store, projection, generation, log } = target;
  const [gone] = partitionsGone(readByLive, await endsOf(log, projection));
  if (gone) throw liveOutdated(projection, gone);
  const whileHeld = async (live: readonly Checkpoint[]): Promise<void> => {
    if ((await distance(target, live, [])) <= HELD_EVENTS) await advance(target, live, signal);
  };
  return await untilHad(target, signal, async () => {
    await advance(target, await liveCheckpoints(target), signal, passed);
    return await oneTry(signal, () =>
      store.exchangeCompany(projection, generation, SWITCH_LOCK_MS, { catchUp: whileHeld }),
    );
  });
}

/** Tries until it is had; returns what the try that had it returned. */
async function untilHad(
  { projection }: AdvanceTarget,
  signal: AbortSignal,
  attempt: () => Promise<number | undefined>,
): Promise<number> {
  const giveUpAtMs = Date.now() + SWITCH_WITHIN_MS;
  while (Date.now() < giveUpAtMs) {
    signal.throwIfAborted();
    const heldMs = await attempt();
    if (heldMs !== undefined) return heldMs;
    await pause(SWITCH_PAUSE_MS, signal);
  }
  throw new PlatformError(
    'eventlog.switch-not-had',
    `${projection.name}: the new generation could not be switched to within ${SWITCH_WITHIN_MS / 60_000} minutes; the live one stays.`,
    true,
  );
}

/** A try, and where it came to nothing the time that live batches need to get through. */
async function oneTry(
  signal: AbortSignal,
  attempt: () => Promise<number | undefined>,
): Promise<number | undefined> {
  const startedMs = performance.now();
  const heldMs = await attempt();
  if (heldMs === undefined) await pause(LET_THROUGH * (performance.now() - startedMs), signal);
  return heldMs;
}

async function switchNow(
  { store, projection, generation }: AdvanceTarget,
  options: SwitchOptions,
): Promise<number | undefined> {
  return await store.switchTo(projection, generation, SWITCH_LOCK_MS, options);
}

/** Waits for a generation that is being fed to come to where the live one is held; not for long. */
async function hasCome(target: AdvanceTarget, live: readonly Checkpoint[]): Promise<void> {
  const untilMs = performance.now() + HELD_MS;
  while ((await distance(target, live, [])) > 0n && performance.now() < untilMs)
    await pause(HELD_PAUSE_MS, NEVER);
}

async function liveCheckpoints({ store, projection }: AdvanceTarget): Promise<readonly Checkpoint[]> {
  const live = (await store.generations(projection)).find(({ state }) => state === 'live');
  return live ? await store.checkpoints(projection, live.number) : [];
}

/** Events that a generation is behind these checkpoints. */
async function distance(
  target: AdvanceTarget,
  live: readonly Checkpoint[],
  gone: readonly PartitionOf[],
): Promise<bigint> {
  const isGone = new Set(gone.map(({ topic, partition }) => `${topic}/${partition}`));
  const own = new Map(
    (await target.store.checkpoints(target.projection, target.generation)).map((checkpoint) => [
      `${checkpoint.topic}/${checkpoint.partition}`,
      checkpoint.nextOffset,
    ]),
  );
  return live.reduce((sum, { topic, partition, nextOffset }) => {
    const there = own.get(`${topic}/${partition}`);
    const isThere = there === undefined || there >= nextOffset || isGone.has(`${topic}/${partition}`);
    return isThere ? sum : sum + (nextOffset - there);
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
