import type { EventCatalogue } from '@samspill/contracts';
import { PlatformError, tableStem, type Projection } from '@samspill/kernel';
import { Incoming } from './incoming.js';
import type { Log, PartitionRange } from './log.js';
import type { Logger } from './logger.js';
import type { Checkpoint, GenerationContent, LoadedRow, ParkedEvent, ProjectionStore } from './projection-store.js';
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
    const generation = await store.createGeneration(projection);
    try {
      const built = await build(projection, dependencies, options.onProgress, signal);
      options.onProgress?.({ phase: 'loading', read: built.events, total: built.events });
      await store.load(projection, generation, built.content);
      options.onProgress?.({ phase: 'catching-up', read: built.events, total: built.events });
      const switchMs = await followAndSwitch(projection, generation, dependencies, signal);
      const replaced = before.find((candidate) => candidate.state === 'live')?.number;
      for (const old of before.filter((candidate) => candidate.state === 'old')) await store.dropGeneration(projection, old.number);
      options.onProgress?.({ phase: 'done', read: built.events, total: built.events });
      const durationMs = dependencies.now() - startedMs;
      return { generation, replaced, events: built.events, rows: built.rows(), parked: built.parked, durationMs, switchMs };
    } catch (error) {
      await store.dropGeneration(projection, generation).catch(() => undefined); // the next rebuild tidies what is left
      throw error;
    }
  });
}

interface Built {
  readonly content: GenerationContent;
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
  const ranges: PartitionRange[] = [];
  for (const topic of projection.topics) {
    const ends = await dependencies.log.ends(topic);
    ends.forEach(({ begin, end, identity }, partition) => {
      checkpoints.push({ topic, partition, nextOffset: end, log: identity });
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
  const folded = projection.fold === 'state' ? await foldAllStates(projection, replay) : await foldAllSteps(projection, replay);
  let rows = 0;
  const counted = function* (): Generator<LoadedRow> {
    for (const row of folded.rows) {
      rows += 1;
      yield row;
    }
  };
  return {
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
    const { stream, version } = event.stored;
    const known = last.get(stream);
    if (!known || known.stored.version < version) last.set(stream, event);
  });
  const poisoned = new Map<string, Incoming[]>();
  const rows: LoadedRow[] = [];
  const versions: (readonly [string, number])[] = [];
  const parked: ParkedEvent[] = [];
  const settle = (event: Incoming): boolean => {
    const outcome = projectState(projection, event);
    if (outcome.kind === 'parked') {
      parked.push(outcome.parked);
      return false;
    }
    const { change } = outcome;
    if (change?.row) rows.push({ row: change.row, version: change.version });
    else if (change) versions.push([change.stream, change.version]);
    return true;
  };
  for (const [stream, event] of last) {
    if (!settle(event)) poisoned.set(stream, []);
    last.delete(stream);
  }
  if (poisoned.size > 0) await foldPoisoned(poisoned, replay, settle, parked);
  return { rows, versions, parked };
}

/** The rare second pass: where the last event of a stream cannot be applied, the last one that can decides. */
async function foldPoisoned(
  poisoned: Map<string, Incoming[]>,
  replay: Replay,
  settle: (event: Incoming) => boolean,
  parked: readonly ParkedEvent[],
): Promise<void> {
  const tried = new Set(parked.map(({ event }) => `${event.stream}@${event.version}`));
  await replay((event) => poisoned.get(event.stored.stream)?.push(event));
  for (const events of poisoned.values()) {
    events.sort((a, b) => b.stored.version - a.stored.version);
    for (const event of events) {
      const name = `${event.stored.stream}@${event.stored.version}`;
      if (tried.has(name)) continue;
      tried.add(name);
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

/** Feeds the new generation from the log until the switch is had; returns how long the switch itself took, in milliseconds. */
async function followAndSwitch(
  projection: Projection,
  generation: number,
  dependencies: RebuildDependencies,
  signal: AbortSignal,
): Promise<number> {
  const { store, context, now } = dependencies;
  const live = (await store.generations(projection)).find((candidate) => candidate.state === 'live');
  const attempt = async (): Promise<number | undefined> => {
    const startedMs = now();
    return (await store.switchTo(projection, generation, SWITCH_LOCK_MS)) ? now() - startedMs : undefined;
  };
  if (!live) {
    const switchMs = await attempt();
    if (switchMs !== undefined) return switchMs;
  }
  const follower = new Projector(`${context}.${tableStem(projection)}.g${generation}`, [projection], generation, dependencies);
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
