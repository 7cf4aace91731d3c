import { statfs } from 'node:fs/promises';
import { freemem } from 'node:os';
import { dirname } from 'node:path';
import type { Projection } from '@samspill/kernel';
import { endsOf, isByPartition, unitsOf } from '../rebuild/units.js';
import type { Operation, PlanPart, RebuildPlan, RebuildScope } from './operation.js';
import type { TaskDependencies } from './task-dependencies.js';

/** Events a second of a projection that has never been measured: a slow one on a small machine. */
const ASSUMED_EVENTS_PER_SECOND = 50_000;
/** A second generation takes the room of the live one, and its indexes are sorted on disk while they are made. */
const ROOM_FACTOR = 1.5;
/** What a rebuild takes besides what it folds: what is fetched ahead, and what is on its way to the database. */
const OVERHEAD_MIB = 250;
const MIB = 2 ** 20;
/** Operations that are looked through for a measured rate. */
const LOOK_BACK = 200;

/** What a rebuild would read, how long it should take, and whether there is room for it. */
export async function planRebuild(
  scope: RebuildScope,
  projections: readonly Projection[],
  memoryMiB: number,
  dependencies: TaskDependencies,
): Promise<RebuildPlan> {
  const { store, spillFolder } = dependencies;
  const company = scope.kind === 'company' ? scope.company : undefined;
  const past = await store.operations.list(LOOK_BACK);
  const parts: PlanPart[] = [];
  for (const projection of projections) parts.push(await planPart(projection, company, past, dependencies));
  const neededBytes = parts.reduce((sum, { liveBytes }) => sum + liveBytes * ROOM_FACTOR, 0);
  const freeBytes = await store.freeBytes();
  const neededMiB = memoryMiB + OVERHEAD_MIB;
  const freeMiB = Math.floor(freeMemory() / MIB);
  return {
    scope,
    parts,
    eventsTotal: parts.reduce((sum, { events }) => sum + events, 0),
    durationMs: parts.reduce((sum, { durationMs }) => sum + durationMs, 0),
    memory: { neededMiB, freeMiB, suffices: freeMiB >= neededMiB },
    spill: { folder: spillFolder, freeBytes: await freeIn(spillFolder) },
    database: {
      neededBytes: Math.ceil(neededBytes),
      ...(freeBytes !== undefined && { freeBytes, suffices: freeBytes >= neededBytes }),
    },
  };
}

async function planPart(
  projection: Projection,
  company: string | undefined,
  past: readonly Operation[],
  { store, log }: TaskDependencies,
): Promise<PlanPart> {
  const ends = await endsOf(log, projection);
  const units = unitsOf(projection, ends, [], { company });
  const events = units.reduce((sum, unit) => sum + unit.events, 0);
  const live = (await store.generations(projection)).find(({ state }) => state === 'live');
  const measured = measuredRate(projection, past);
  const eventsPerSecond = Math.round(measured ?? ASSUMED_EVENTS_PER_SECOND);
  return {
    projection: projection.name,
    version: projection.version,
    topics: projection.topics,
    partitions: units.reduce((sum, { reached }) => sum + reached.length, 0),
    events,
    eventsPerSecond,
    basis: measured === undefined ? 'assumed' : 'measured',
    durationMs: Math.ceil((events * 1_000) / eventsPerSecond),
    liveBytes: live ? await store.sizeOf(projection, live.number) : 0,
    byPartition: isByPartition(projection, ends),
  };
}

/** Events a second from the first to the last of the newest whole rebuild that was not slowed down. */
function measuredRate({ name, version }: Projection, past: readonly Operation[]): number | undefined {
  for (const { task, throttle, parts } of past) {
    const isSlowed = throttle.eventsPerSecond !== undefined || throttle.maxLiveLag !== undefined;
    if (task.kind !== 'rebuild' || task.scope.kind === 'company' || isSlowed) continue;
    const part = parts.find(({ projection, version: own }) => projection === name && own === version);
    const { result, progress } = part ?? {};
    if (result && progress && progress.eventsTotal > 0 && result.readMs + result.indexMs > 0)
      return (progress.eventsTotal * 1_000) / (result.readMs + result.indexMs);
  }
  return undefined;
}

/** Bytes that this process may still take: of its container where it has one, else of the machine. */
function freeMemory(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(process.availableMemory(), limit) : freemem();
}

/** Room in the file system of a folder that may not have been made yet, in bytes. */
async function freeIn(folder: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch {
    return dirname(folder) === folder ? 0 : await freeIn(dirname(folder));
  }
}
