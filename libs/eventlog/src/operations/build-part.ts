import { join } from 'node:path';
import { PlatformError, type Projection } from '@samspill/kernel';
import type { ReceivedRecord } from '../log.js';
import { UnstorableError, type Checkpoint, type Generation } from '../projection-store.js';
import { advance, type AdvanceTarget } from '../rebuild/advance.js';
import {
  loadGeneration,
  loadNothing,
  type BuildObserver,
  type BuildOptions,
} from '../rebuild/build-generation.js';
import { GapReport } from '../rebuild/gap-report.js';
import type { UnitSelection } from '../rebuild/units.js';
import type { OperationRun } from './operation-run.js';
import type { TaskDependencies } from './task-dependencies.js';

const MIB = 2 ** 20;
/** A log that is made anew again and again while it is read is no log to build from. */
const MAX_BEGINNINGS = 3;

/** What a part's generation is made of. */
export interface PartContent {
  readonly state: 'building' | 'inspection';
  readonly company: string | undefined;
  readonly selection: Pick<UnitSelection, 'before'>;
  readonly isWanted?: (record: ReceivedRecord) => boolean;
}

/** A part whose generation holds everything that it is to hold up to the end of the log as it was. */
export interface BuiltPart {
  readonly target: AdvanceTarget;
  readonly readMs: number;
  readonly indexMs: number;
}

/** Builds the generation of a part, or what of it is missing. */
export async function buildPart(
  run: OperationRun,
  index: number,
  content: PartContent,
  dependencies: TaskDependencies,
): Promise<BuiltPart> {
  await dependencies.discards.refresh();
  for (let beginning = 1; ; beginning += 1) {
    const generation = await ownGeneration(run, index, content, dependencies);
    try {
      return await build(run, index, generation, content, dependencies);
    } catch (error) {
      const isOutdated = error instanceof PlatformError && error.code === 'eventlog.build-outdated';
      if (!isOutdated || beginning >= MAX_BEGINNINGS) throw error;
      await beginAnew(run, index, dependencies);
    }
  }
}

/** Drops what a part has built, so that it is built from the beginning. */
export async function beginAnew(
  run: OperationRun,
  index: number,
  { store }: TaskDependencies,
): Promise<void> {
  const { generation, gaps: _, ...part } = run.part(index);
  if (generation !== undefined) await store.dropGeneration(run.projectionOf(index), generation);
  await run.replace(index, part);
}

async function build(
  run: OperationRun,
  index: number,
  generation: Generation,
  content: PartContent,
  dependencies: TaskDependencies,
): Promise<BuiltPart> {
  const projection = run.projectionOf(index);
  const target: AdvanceTarget = {
    store: dependencies.store,
    log: dependencies.log,
    catalogue: dependencies.catalogue,
    keys: dependencies.keys,
    projection,
    generation: generation.number,
    company: content.company,
    ...(content.isWanted && { isWanted: content.isWanted }),
  };
  const startedMs = performance.now();
  await run.enter(index, { phase: 'reading' });
  const goal = await load(run, index, generation, content, dependencies);
  const readMs = performance.now() - startedMs;
  await run.enter(index, { phase: 'indexing' });
  const indexed = await makeIndexes(run, index, projection, generation, content, dependencies);
  const built = {
    target: { ...target, generation: indexed },
    readMs,
    indexMs: performance.now() - startedMs - readMs,
  };
  // Nothing is left to apply unless a value could not be loaded in bulk.
  await advance(built.target, goal, run.signal, (events) => run.pace.pass(events, run.signal));
  return built;
}

async function load(
  run: OperationRun,
  index: number,
  generation: Generation,
  { selection, isWanted }: PartContent,
  dependencies: TaskDependencies,
): Promise<readonly Checkpoint[]> {
  const part = run.part(index);
  const gaps = new GapReport(part.gaps);
  const options: BuildOptions = {
    ...selection,
    ...(isWanted && { isWanted }),
    ...(dependencies.unitEvents !== undefined && { unitEvents: dependencies.unitEvents }),
    gaps,
    memoryBytes: run.operation.task.memoryMiB * MIB,
    spillFolder: spillFolderOf(dependencies, run.operation.id),
  };
  const observer = observerOf(run, index, gaps);
  return await run.inPhase(() =>
    loadGeneration(run.projectionOf(index), generation, dependencies, options, observer),
  );
}

function observerOf(run: OperationRun, index: number, gaps: GapReport): BuildObserver {
  return {
    signal: run.signal,
    passed: (events) => run.passed(index, events),
    planned: ({ eventsRead, eventsTotal }) => run.progress(index, { eventsRead, eventsTotal }),
    partitions: (partitionsDone, partitionsTotal) => run.progress(index, { partitionsDone, partitionsTotal }),
    spilled: (spilledBytes) => run.progress(index, { spilledBytes }),
    folded: async ({ rows, parked }) => {
      const { progress } = run.part(index);
      run.progress(index, { rows: progress.rows + rows, parked: progress.parked + parked });
      run.update(index, { gaps: gaps.found });
      await run.save();
    },
  };
}

/** Makes indexes; where one refuses a row, everything is applied in batches instead, which sets that row's event aside. */
async function makeIndexes(
  run: OperationRun,
  index: number,
  projection: Projection,
  generation: Generation,
  content: PartContent,
  dependencies: TaskDependencies,
): Promise<number> {
  const { store, logger } = dependencies;
  try {
    await store.index(projection, generation.number);
    return generation.number;
  } catch (error) {
    if (!(error instanceof UnstorableError)) throw error;
    logger.warn('a row cannot be indexed; events are applied in batches instead', {
      projection: projection.name,
      reason: error.message,
    });
  }
  await beginAnew(run, index, dependencies);
  const anew = await ownGeneration(run, index, content, dependencies);
  await loadNothing(projection, anew, dependencies, content.selection);
  await store.index(projection, anew.number);
  return anew.number;
}

/** The generation that the part has been building, or a new one; what others have left unfinished is dropped. */
async function ownGeneration(
  run: OperationRun,
  index: number,
  { state, company }: PartContent,
  { store }: TaskDependencies,
): Promise<Generation> {
  const projection = run.projectionOf(index);
  const own = run.part(index).generation;
  const generations = await store.generations(projection);
  const found = generations.find(({ number }) => number === own);
  if (found) return found;
  if (state === 'building') {
    for (const leftover of generations.filter((candidate) => candidate.state === 'building'))
      await store.dropGeneration(projection, leftover.number);
  }
  const number = await store.createGeneration(projection, { state, company });
  await run.enter(index, { generation: number });
  const made = (await store.generations(projection)).find((candidate) => candidate.number === number);
  if (made) return made;
  throw new PlatformError(
    'operation.generation-lost',
    `Generation ${number} of ${projection.name} is gone.`,
    true,
  );
}

export function spillFolderOf(
  { spillFolder }: Pick<TaskDependencies, 'spillFolder'>,
  operation: string,
): string {
  return join(spillFolder, operation);
}
