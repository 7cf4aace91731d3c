import type { EventCatalogue } from '@samspill/contracts';
import { PlatformError, tableStem, type Projection } from '@samspill/kernel';
import { Incoming } from './incoming.js';
import type { Log, PartitionRange } from './log.js';
import type { Logger } from './logger.js';
import {
  UnstorableError,
  type Checkpoint,
  type GenerationContent,
  type LoadedRow,
  type ParkedEvent,
  type PartitionOf,
  type ProjectionStore,
} from './projection-store.js';
import { Projector } from './projector.js';
import { pause } from './retry.js';
import { projectState } from './state-fold.js';
import { emptySteps, foldStep } from './step-fold.js';

/** How long a try to switch may wait for live batches and readers before it lets them pass and tries again. */
const SWITCH_LOCK_MS = 100;
const SWITCH_PAUSE_MS = 20;
/** A generation that cannot be switched to for this long is given up: the log is written faster than it can be followed. */
const SWITCH_WITHIN_MS = 10 * 60_000;

export type RebuildPhase = 'reading' | 'loading' | 'catching-up' | 'done';

export interface RebuildProgress {
  readonly phase: RebuildPhase;
  /** Events read so far, of how many. */
  readonly read: number;
  readonly total: number;
}

export interface RebuildResult {
  readonly generation: number;
  /** Former live generation, kept as the way back. */
  readonly replaced: number | undefined;
  readonly events: number;
  readonly rows: number;
  readonly parked: number;
  readonly durationMs: number;
  /** What the switch itself took. */
  readonly switchMs: number;
}

export interface RebuildDependencies {
  readonly store: ProjectionStore;
  readonly log: Log;
  readonly catalogue: EventCatalogue;
  readonly logger: Logger;
  /** Name of the context; consumer groups are named for it. */
  readonly context: string;
  readonly now: () => number;
}

/**
 * Builds a projection anew beside the live one and switches to it: read the topics from the start, fold per key in memory, load with
 * COPY, follow the log until at or past the live generation, switch. Undefined when another process is at it already.
 */
export async function rebuild(
  projection: Projection,
  dependencies: RebuildDependencies,
  options: { readonly onProgress?: (progress: RebuildProgress) => void; readonly signal?: AbortSignal } = {},
): Promise<RebuildResult | undefined> {
  const { store } = dependencies;
  const signal = options.signal ?? new AbortController().signal;
  return await store.exclusively(`rebuild ${projection.name}`, async () => {
    const startedMs = dependencies.now();
    const before = await store.generations(projection);
    for (const leftover of before.filter((generation) => generation.state === 'building')) {
      await store.dropGeneration(projection, leftover.number);
    }
    const replaced = before.find((candidate) => candidate.state === 'live')?.number;
    // Before the ends of the log are looked at: what has been read by then and is not there then is of a log that is gone.
    const readByLive = replaced === undefined ? [] : await store.checkpoints(projection, replaced);
    const generation = await store.createGeneration(projection);
    try {
      const built = await build(projection, dependencies, options.onProgress, signal);
      options.onProgress?.({ phase: 'loading', read: built.events, total: built.events });
      await load(projection, generation, built, dependencies);
      options.onProgress?.({ phase: 'catching-up', read: built.events, total: built.events });
      const goal = {
        reach: built.content.checkpoints,
        replaced: partitionsGone(readByLive, built.content.checkpoints),
      };
      const switchMs = await followAndSwitch(projection, generation, goal, dependencies, signal);
      for (const old of before.filter((candidate) => candidate.state === 'old'))
        await store.dropGeneration(projection, old.number);
      options.onProgress?.({ phase: 'done', read: built.events, total: built.events });
      const durationMs = dependencies.now() - startedMs;
      return {
        generation,
        replaced,
        events: built.events,
        rows: built.rows(),
        parked: built.parked,
        durationMs,
        switchMs,
      };
    } catch (error) {
      await store.dropGeneration(projection, generation).catch(() => undefined); // the next rebuild tidies what is left
      throw error;
    }
  });
}

/** Partitions whose log was read by the live generation but is another one now. */
function partitionsGone(
  readByLive: readonly Checkpoint[],
  now: readonly Checkpoint[],
): readonly PartitionOf[] {
  const logs = new Map(now.map(({ topic, partition, log }) => [`${topic}/${partition}`, log]));
  return readByLive.filter(
    ({ topic, partition, nextOffset, log }) => nextOffset > 0n && logs.get(`${topic}/${partition}`) !== log,
  );
}

/** Loads in bulk; where the database refuses a value, leaves the generation empty, to be fed as a live one is, which parks it. */
async function load(
  projection: Projection,
  generation: number,
  built: Built,
  { store, logger }: RebuildDependencies,
): Promise<void> {
  try {
    await store.load(projection, generation, built.content);
  } catch (error) {
    if (!(error instanceof UnstorableError)) throw error;
    logger.warn('a value cannot be loaded in bulk; events are applied in batches instead', {
      projection: projection.name,
      reason: error.message,
    });
    await store.load(projection, generation, {
      rows: [],
      versions: [],
      parked: [],
      checkpoints: built.begin,
    });
  }
}

interface Built {
  readonly content: GenerationContent;
  /** Checkpoints of a generation that has read nothing yet. */
  readonly begin: readonly Checkpoint[];
  readonly events: number;
  readonly parked: number;
  readonly rows: () => number;
}

async function build(
  projection: Projection,
  dependencies: RebuildDependencies,
  onProgress: ((progress: RebuildProgress) => void) | undefined,
  signal: AbortSignal,
): Promise<Built> {
  const checkpoints: Checkpoint[] = [];
  const beginnings: Checkpoint[] = [];
  const ranges: PartitionRange[] = [];
  for (const topic of projection.topics) {
    const ends = await dependencies.log.ends(topic);
    ends.forEach(({ begin, end, identity }, partition) => {
      checkpoints.push({ topic, partition, nextOffset: end, log: identity });
      beginnings.push({ topic, partition, nextOffset: begin, log: identity });
      if (end > begin) ranges.push({ topic, partition, from: begin, to: end });
    });
  }
  const total = ranges.reduce((sum, range) => sum + Number(range.to - range.from), 0);
  let read = 0;
  const replay = async (handle: (event: Incoming) => void): Promise<void> => {
    read = 0;
    const types = new Set<string>(projection.reads);
    await dependencies.log.read(
      ranges,
      (batch) => {
        for (const record of batch.records) {
          const event = new Incoming(record, batch.topic, batch.partition, dependencies.catalogue);
          if (event.concerns(types)) handle(event);
        }
        read += batch.records.length;
        onProgress?.({ phase: 'reading', read, total });
        return Promise.resolve();
      },
      signal,
    );
    signal.throwIfAborted();
  };
  const folded =
    projection.fold === 'state'
      ? await foldAllStates(projection, replay)
      : await foldAllSteps(projection, replay);
  let rows = 0;
  const counted = function* (): Generator<LoadedRow> {
    for (const row of folded.rows) {
      rows += 1;
      yield row;
    }
  };
  return {
    begin: beginnings,
    events: total,
    parked: folded.parked.length,
    rows: () => rows,
    content: { rows: counted(), versions: folded.versions, parked: folded.parked, checkpoints },
  };
}

interface Folded {
  readonly rows: Iterable<LoadedRow>;
  readonly versions: Iterable<readonly [string, number]>;
  readonly parked: readonly ParkedEvent[];
}

type Replay = (handle: (event: Incoming) => void) => Promise<void>;

/** Keeps the last event of each stream, then reads only those. */
async function foldAllStates(projection: Projection, replay: Replay): Promise<Folded> {
  const last = new Map<string, Incoming>();
  await replay((event) => {
    const { stream, version } = event;
    const known = last.get(stream);
    if (!known || known.version < version) last.set(stream, event);
  });
  const unsettled = new Map<string, Unsettled>();
  const rows: LoadedRow[] = [];
  const versions: (readonly [string, number])[] = [];
  const parked: ParkedEvent[] = [];
  const settle = (event: Incoming): boolean => {
    const outcome = projectState(projection, event);
    if (outcome.kind === 'parked') parked.push(outcome.parked);
    if (outcome.kind !== 'change') return false;
    const { row, stream, version } = outcome.change;
    if (row) rows.push({ row, version });
    else versions.push([stream, version]);
    return true;
  };
  for (const [stream, event] of last) {
    if (!settle(event)) unsettled.set(stream, { below: event.version, events: [] });
    last.delete(stream);
  }
  if (unsettled.size > 0) await foldUnsettled(unsettled, replay, settle);
  return { rows, versions, parked };
}

/** A stream whose last event says nothing about its row, and the events before that one. */
interface Unsettled {
  readonly below: number;
  readonly events: Incoming[];
}

/** The rare second pass: where the last event of a stream cannot be applied, the last one that can decides. */
async function foldUnsettled(
  unsettled: ReadonlyMap<string, Unsettled>,
  replay: Replay,
  settle: (event: Incoming) => boolean,
): Promise<void> {
  await replay((event) => {
    const stream = unsettled.get(event.stream);
    if (stream && event.version < stream.below) stream.events.push(event);
  });
  for (const { below, events } of unsettled.values()) {
    events.sort((a, b) => b.version - a.version);
    let next = below;
    for (const event of events) {
      if (event.version === next) continue; // a repeat on the log
      next = event.version;
      if (settle(event)) break;
    }
  }
}

async function foldAllSteps(projection: Projection, replay: Replay): Promise<Folded> {
  const state = emptySteps();
  await replay((event) => foldStep(projection, state, event));
  const rows = function* (): Generator<LoadedRow> {
    for (const { row } of state.rows.values()) if (row) yield { row, version: 0 };
  };
  return { rows: rows(), versions: state.versions, parked: state.parked };
}

interface SwitchGoal {
  /** Where the new generation has to be at least. */
  readonly reach: readonly Checkpoint[];
  /** Partitions of which the live generation has read a log that is gone. */
  readonly replaced: readonly PartitionOf[];
}

/** Feeds the new generation from the log until the switch is had; returns how long the switch itself took, in milliseconds. */
async function followAndSwitch(
  projection: Projection,
  generation: number,
  goal: SwitchGoal,
  dependencies: RebuildDependencies,
  signal: AbortSignal,
): Promise<number> {
  const { store, context, now } = dependencies;
  const attempt = async (): Promise<number | undefined> => {
    const own = new Map(
      (await store.checkpoints(projection, generation)).map((c) => [
        `${c.topic}/${c.partition}`,
        c.nextOffset,
      ]),
    );
    if (goal.reach.some((c) => (own.get(`${c.topic}/${c.partition}`) ?? 0n) < c.nextOffset)) return undefined;
    const startedMs = now();
    return (await store.switchTo(projection, generation, SWITCH_LOCK_MS, goal.replaced))
      ? now() - startedMs
      : undefined;
  };
  // Nothing may have been written meanwhile, and joining a group of readers takes a while.
  const atOnce = await attempt();
  if (atOnce !== undefined) return atOnce;
  const follower = new Projector(
    `${context}.${tableStem(projection)}.g${generation}`,
    [projection],
    generation,
    dependencies,
  );
  await follower.start();
  try {
    const giveUpAtMs = now() + SWITCH_WITHIN_MS;
    while (now() < giveUpAtMs) {
      signal.throwIfAborted();
      const switchMs = await attempt();
      if (switchMs !== undefined) return switchMs;
      await pause(SWITCH_PAUSE_MS, signal);
    }
  } finally {
    await follower.stop();
  }
  throw new PlatformError(
    'eventlog.switch-not-had',
    `${projection.name}: the new generation could not be switched to within ${SWITCH_WITHIN_MS / 60_000} minutes; the live one stays.`,
    true,
  );
}
