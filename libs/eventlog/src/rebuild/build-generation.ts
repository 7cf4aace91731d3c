import type { EventCatalogue } from '@samspill/contracts';
import { PlatformError, type Projection } from '@samspill/kernel';
import { Incoming } from '../incoming.js';
import type { EventKeys, LazyKey } from '../keys/event-keys.js';
import type { Log, ReceivedRecord } from '../log.js';
import type { Logger } from '../logger.js';
import {
  UnstorableError,
  type Checkpoint,
  type Generation,
  type LoadedChunk,
  type LoadedRow,
  type ProjectionStore,
} from '../projection-store.js';
import { inUnit } from '../telemetry/operating.js';
import type { GapReport } from './gap-report.js';
import { SpilledStepUnit } from './spilled-step-unit.js';
import { StateUnit } from './state-unit.js';
import { StepUnit, UnitTooLarge } from './step-unit.js';
import { endsOf, unitsOf, type Unit, type UnitSelection } from './units.js';
import type { RecordSource, UnitFold, UnitFoldOptions } from './unit-fold.js';

export interface BuildDependencies {
  readonly store: ProjectionStore;
  readonly log: Log;
  readonly catalogue: EventCatalogue;
  readonly logger: Logger;
  readonly keys?: EventKeys | undefined;
}

export interface BuildOptions extends UnitSelection {
  readonly memoryBytes: number;
  readonly spillFolder: string;
  readonly gaps: GapReport;
  /** Whether a record counts at all; others are as if they were not there. */
  readonly isWanted?: (record: ReceivedRecord) => boolean;
}

/** Who looks on while a generation is built, and holds it up. */
export interface BuildObserver {
  readonly signal: AbortSignal;
  /** Comes after every batch; may take its time. @throws what ends the build */
  passed(events: number): Promise<void>;
  /** What is left to read, of how much; at the start and when a unit is read again. */
  planned(change: { readonly eventsRead: number; readonly eventsTotal: number }): void;
  /** A unit's rows are made and about to be committed: what was found must be known before. */
  folded(unit: { readonly rows: number; readonly parked: number }): Promise<void>;
  spilled(bytes: number): void;
  partitions(done: number, total: number): void;
}

/**
 * Reads, folds and loads what a generation lacks, unit by unit. A unit is loaded with its checkpoints in one transaction, so that a build
 * that was broken off goes on with the others.
 * @throws PlatformError `eventlog.build-outdated` where finished partitions are of a log that is gone: the generation is worth nothing
 */
export async function loadGeneration(
  projection: Projection,
  { number: generation, company }: Generation,
  dependencies: BuildDependencies,
  options: BuildOptions,
  observer: BuildObserver,
): Promise<readonly Checkpoint[]> {
  const { store, log } = dependencies;
  const ends = await endsOf(log, projection);
  const done = await store.checkpoints(projection, generation);
  requireSameLog(projection, done, ends);
  const selection = { ...options, company };
  const all = unitsOf(projection, ends, [], selection);
  const left = unitsOf(projection, ends, done, selection);
  const sum = (units: readonly Unit[]): number => units.reduce((total, { events }) => total + events, 0);
  const places = (units: readonly Unit[]): number => units.reduce((n, { reached }) => n + reached.length, 0);
  const eventsTotal = sum(all);
  let eventsRead = eventsTotal - sum(left);
  let finished = places(all) - places(left);
  observer.planned({ eventsRead, eventsTotal });
  observer.partitions(finished, places(all));
  // While one unit is loaded, which leaves this process idle, the next is read; each may have half of the memory.
  const shared = left.length > 1 ? { ...options, memoryBytes: options.memoryBytes / 2 } : options;
  let loading: Promise<void> = Promise.resolve();
  try {
    for (const unit of left) {
      const before = eventsRead;
      const again = (): void => observer.planned({ eventsRead: before, eventsTotal });
      const fold = await inUnit('fold', unit.ranges, unit.events, () =>
        foldUnit(projection, unit, company, dependencies, shared, observer, again),
      );
      eventsRead += unit.events;
      await loading.catch(async (error: unknown) => {
        await fold.close();
        throw error;
      });
      loading = inUnit('load', unit.ranges, unit.events, () =>
        loadUnit(projection, generation, unit, fold, dependencies, observer),
      ).then(() => {
        finished += unit.reached.length;
        observer.partitions(finished, places(all));
      });
      loading.catch(() => undefined); // met when it is awaited
    }
  } finally {
    await loading;
  }
  return all.flatMap(({ reached }) => reached);
}

/** Gives an empty generation its checkpoints at the beginning of the log: what cannot be loaded in bulk is applied in batches. */
export async function loadNothing(
  projection: Projection,
  { number, company }: Generation,
  { store, log }: BuildDependencies,
  selection: UnitSelection,
): Promise<void> {
  const units = unitsOf(projection, await endsOf(log, projection), [], { ...selection, company });
  const checkpoints = units.flatMap(({ beginnings }) => beginnings);
  await store.load(projection, number, { checkpoints, chunks: [] });
}

async function loadUnit(
  projection: Projection,
  generation: number,
  unit: Unit,
  fold: UnitFold,
  { store, logger }: BuildDependencies,
  observer: BuildObserver,
): Promise<void> {
  try {
    const chunks = watched(fold, observer);
    await store.load(projection, generation, { checkpoints: unit.reached, chunks });
  } catch (error) {
    if (!(error instanceof UnstorableError)) throw error;
    logger.warn('a value cannot be loaded in bulk; events are applied in batches instead', {
      projection: projection.name,
      reason: error.message,
    });
    await store.load(projection, generation, { checkpoints: unit.beginnings, chunks: [] });
  } finally {
    await fold.close();
  }
}

/** Reads a unit and folds it, in memory if it fits. */
async function foldUnit(
  projection: Projection,
  unit: Unit,
  company: string | undefined,
  dependencies: BuildDependencies,
  { gaps, memoryBytes, spillFolder, isWanted }: BuildOptions,
  observer: BuildObserver,
  onAgain: () => void,
): Promise<UnitFold> {
  const { log, catalogue, keys } = dependencies;
  const types = new Set<string>(projection.reads);
  const read = async (
    handle: (record: ReceivedRecord, source: RecordSource, key?: LazyKey) => void,
    fold?: UnitFold,
  ): Promise<void> => {
    await log.read(
      unit.ranges,
      async ({ topic, partition, records }) => {
        const source = { topic, partition };
        const incoming = (record: ReceivedRecord): Incoming =>
          new Incoming(record, topic, partition, catalogue);
        // Of a stream that carries its state only the last event is read, once all of them are known.
        const isReadNow = !fold || projection.fold === 'steps';
        const keysOf = keys && isReadNow ? await keysByOffset(records.map(incoming), keys, types) : undefined;
        for (const record of records) {
          if (company !== undefined && record.key !== company) continue;
          if (isWanted?.(record) === false) continue;
          handle(record, source, keysOf?.get(record.offset));
        }
        if (keys) await keys.forget(records.filter((record) => forgets(record, keys)).map(incoming));
        await fold?.settle();
        if (fold) observer.spilled(fold.spilledBytes);
        await observer.passed(fold ? records.length : 0);
      },
      observer.signal,
    );
    observer.signal.throwIfAborted();
  };
  const options: UnitFoldOptions = {
    projection,
    catalogue,
    keys,
    gaps,
    memoryBytes,
    spillFolder,
    replay: (handle) =>
      read((record, { topic, partition }, key) => {
        const event = new Incoming(record, topic, partition, catalogue);
        if (key) event.unlock(key);
        handle(event);
      }),
    hasAllVersions: company !== undefined,
  };
  const into = async (fold: UnitFold): Promise<UnitFold> => {
    try {
      await read((record, source, key) => fold.take(record, source, key), fold);
      return fold;
    } catch (error) {
      await fold.close();
      throw error;
    }
  };
  if (projection.fold === 'state') return await into(new StateUnit(options));
  try {
    return await into(new StepUnit(options));
  } catch (error) {
    if (!(error instanceof UnitTooLarge)) throw error;
    onAgain();
    return await into(await SpilledStepUnit.create(options));
  }
}

/** The keys of those of a batch's events that are sealed and concern a projection, looked up in one go. */
async function keysByOffset(
  events: readonly Incoming[],
  keys: EventKeys,
  types: ReadonlySet<string>,
): Promise<ReadonlyMap<bigint, LazyKey>> {
  const concerning = events.filter((event) => event.concerns(types));
  await keys.unlock(concerning);
  return new Map(concerning.flatMap(({ offset, key }) => (key ? [[offset, key] as const] : [])));
}

function forgets(record: ReceivedRecord, keys: EventKeys): boolean {
  const type = record.header('ce_type');
  return type !== undefined && keys.forgets(type);
}

/** A unit's chunks, counted. */
async function* watched(fold: UnitFold, observer: BuildObserver): AsyncGenerator<LoadedChunk> {
  let [rows, parked] = [0, 0];
  const counted = function* (all: Iterable<LoadedRow>): Generator<LoadedRow> {
    for (const row of all) {
      rows += 1;
      yield row;
    }
  };
  for await (const chunk of fold.chunks()) {
    await observer.passed(0);
    yield { ...chunk, rows: counted(chunk.rows) };
    parked += [...chunk.parked].length;
    observer.spilled(fold.spilledBytes);
  }
  await observer.folded({ rows, parked });
}

function requireSameLog(
  projection: Projection,
  done: readonly Checkpoint[],
  ends: Awaited<ReturnType<typeof endsOf>>,
): void {
  for (const { topic, partition, nextOffset, log } of done) {
    const now = ends.get(topic)?.[partition];
    if (nextOffset === 0n || (now?.identity === log && now !== undefined && now.end >= nextOffset)) continue;
    throw new PlatformError(
      'eventlog.build-outdated',
      `${projection.name} was being built from ${topic} partition ${partition} of a log that is not there any more.`,
      false,
    );
  }
}
