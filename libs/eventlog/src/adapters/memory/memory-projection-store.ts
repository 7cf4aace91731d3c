import { PlatformError, type Projection } from '@samspill/kernel';
import type { OperationStore } from '../../operations/operation-store.js';
import type { DeliveryLedger } from '../../reactors/delivery-ledger.js';
import type {
  Checkpoint,
  Generation,
  GenerationContent,
  GenerationOptions,
  GenerationView,
  ParkedEntry,
  ParkedEvent,
  ParkedQuery,
  ProjectionStore,
  ProjectionTransaction,
  RecordPlace,
  SwitchOptions,
} from '../../projection-store.js';
import type { RevertStore } from '../../revert/revert-store.js';
import { Faults } from './faults.js';
import { LockTimeout } from './locks.js';
import { MemoryDeliveryLedger } from './memory-delivery-ledger.js';
import { exchange } from './memory-exchange.js';
import { MemoryGenerationView } from './memory-generation-view.js';
import { MemoryOperationStore } from './memory-operation-store.js';
import { MemoryRevertStore } from './memory-revert-store.js';
import { MemoryProjectionTransaction } from './memory-projection-transaction.js';
import {
  eventOf,
  keyOf,
  nameOf,
  placeOf,
  type MemoryGeneration,
  type MemoryReadTables,
} from './memory-read-tables.js';

/** One process's client of read tables in memory. */
export class MemoryProjectionStore implements ProjectionStore {
  readonly operations: OperationStore;
  readonly reverts: RevertStore;
  readonly deliveries: DeliveryLedger;
  readonly #held = new Set<string>();

  constructor(
    private readonly tables: MemoryReadTables,
    private readonly faults = new Faults(),
  ) {
    this.operations = new MemoryOperationStore(tables.operations, faults);
    this.reverts = new MemoryRevertStore(tables.reverts, tables.operations.notes, faults);
    this.deliveries = new MemoryDeliveryLedger(tables.deliveries, faults);
    faults.onCrash(() => {
      for (const operation of this.#held) tables.held.delete(operation);
    });
  }

  async generations(projection: Projection): Promise<readonly Generation[]> {
    await this.#alive();
    return this.tables
      .of(projection)
      .map(({ number, state, createdAt, company, isIndexed }) => ({
        number,
        state,
        createdAt,
        company,
        isIndexed,
      }))
      .reverse();
  }

  async checkpoints(projection: Projection, generation: number): Promise<readonly Checkpoint[]> {
    await this.#alive();
    const checkpoints = [...(this.#find(projection, generation)?.checkpoints.values() ?? [])];
    return checkpoints.sort((a, b) =>
      a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1,
    );
  }

  async parked(projection: Projection, generation: number): Promise<readonly ParkedEvent[]> {
    await this.#alive();
    const parked = [...(this.#find(projection, generation)?.parked.values() ?? [])];
    return parked.sort(byPlace);
  }

  async parkedPage(
    projection: Projection,
    generation: number,
    { streams, places, after, limit }: ParkedQuery,
  ): Promise<readonly ParkedEntry[]> {
    const wantedStreams = streams && new Set(streams);
    const wantedPlaces = places && new Set(places.map(recordPlaceOf));
    return (await this.parked(projection, generation))
      .filter(
        (entry) =>
          wantedStreams?.has(entry.event.stream) !== false &&
          wantedPlaces?.has(recordPlaceOf(entry)) !== false &&
          (after === undefined || byPlace(entry, after) > 0),
      )
      .slice(0, limit)
      .map(({ event: { value, ...event }, ...entry }) => ({ ...entry, event, bytes: value.length }));
  }

  async parkedCount(projection: Projection, generation: number): Promise<number> {
    return (await this.parked(projection, generation)).length;
  }

  async createGeneration(projection: Projection, options?: GenerationOptions): Promise<number> {
    await this.#alive();
    return this.tables.add(projection, options).number;
  }

  async load(projection: Projection, generation: number, content: GenerationContent): Promise<void> {
    await this.faults.pass('load.before');
    const target = this.#existing(projection, generation);
    const loaded: MemoryGeneration = {
      ...target,
      rows: new Map(),
      versions: new Map(),
      parked: new Map(),
    };
    for await (const chunk of content.chunks) {
      for await (const { row, version } of chunk.rows) {
        const key = keyOf(projection, row);
        if (loaded.rows.has(key) || target.rows.has(key))
          throw new Error(`${projection.name}: two rows with the key ${key}`);
        loaded.rows.set(key, { row, version });
      }
      for (const [stream, version] of chunk.versions) loaded.versions.set(stream, version);
      for (const parked of chunk.parked) {
        if (!loaded.parked.has(eventOf(parked))) loaded.parked.set(eventOf(parked), parked);
      }
    }
    this.faults.assertAlive();
    for (const checkpoint of content.checkpoints) {
      if (target.checkpoints.has(placeOf(checkpoint))) throw alreadyLoaded(projection, generation);
    }
    for (const [key, row] of loaded.rows) target.rows.set(key, row);
    for (const [stream, version] of loaded.versions) target.versions.set(stream, version);
    for (const [name, parked] of loaded.parked) target.parked.set(name, parked);
    for (const checkpoint of content.checkpoints) target.checkpoints.set(placeOf(checkpoint), checkpoint);
    await this.faults.pass('load.after');
  }

  async index(projection: Projection, generation: number): Promise<void> {
    await this.faults.pass('index.before');
    this.#existing(projection, generation).isIndexed = true;
    await this.faults.pass('index.after');
  }

  async switchTo(
    projection: Projection,
    generation: number,
    lockTimeoutMs: number,
    { replaced = [], catchUp }: SwitchOptions = {},
  ): Promise<number | undefined> {
    await this.faults.pass('switch.before');
    const heldSinceMs = performance.now();
    const releases = await this.#locked([[fence(projection), 'exclusive']], lockTimeoutMs);
    if (!releases) return undefined;
    try {
      this.faults.assertAlive();
      const next = this.#existing(projection, generation);
      const live = this.#find(projection, 'live');
      const gone = new Set(replaced.map(placeOf));
      const read = [...(live?.checkpoints.values() ?? [])].filter((place) => !gone.has(placeOf(place)));
      if (!isAtOrPast(next, read)) await catchUp?.(read);
      if (!isAtOrPast(next, read)) return undefined;
      if (live) live.state = 'old';
      next.state = 'live';
    } finally {
      for (const release of releases) release();
    }
    await this.faults.pass('switch.after');
    return performance.now() - heldSinceMs;
  }

  async exchangeCompany(
    projection: Projection,
    generation: number,
    lockTimeoutMs: number,
    { catchUp }: Pick<SwitchOptions, 'catchUp'> = {},
  ): Promise<number | undefined> {
    await this.faults.pass('exchange.before');
    const live = this.#find(projection, 'live');
    const part = this.#existing(projection, generation);
    if (!live || part.company === undefined) return undefined;
    const places = [...part.checkpoints.keys()].sort();
    const locks = places.map((place) => [partitionLock(projection, live, place), 'exclusive'] as const);
    const heldSinceMs = performance.now();
    const releases = await this.#locked([[fence(projection), 'shared'], ...locks], lockTimeoutMs);
    if (!releases) return undefined;
    try {
      this.faults.assertAlive();
      const held = places.flatMap((place) => live.checkpoints.get(place) ?? []);
      const isThere = (): boolean =>
        held.every((place) => part.checkpoints.get(placeOf(place))?.nextOffset === place.nextOffset);
      if (!isThere()) await catchUp?.(held);
      if (live.state !== 'live' || !isThere()) return undefined;
      exchange(projection, live, part, part.company);
      part.state = 'old';
    } finally {
      for (const release of releases) release();
    }
    await this.faults.pass('exchange.after');
    return performance.now() - heldSinceMs;
  }

  async dropGeneration(projection: Projection, generation: number): Promise<void> {
    await this.#alive();
    this.tables.drop(projection, generation);
  }

  async transaction<T>(
    projection: Projection,
    generation: number | 'live',
    partition: { readonly topic: string; readonly partition: number },
    work: (tx: ProjectionTransaction) => Promise<T>,
  ): Promise<T> {
    await this.faults.pass('transaction.begin');
    const { locks } = this.tables;
    const releases = generation === 'live' ? [await locks.acquire(fence(projection), 'shared')] : [];
    let tx: MemoryProjectionTransaction | undefined;
    try {
      const target = this.#existing(projection, generation);
      releases.push(await locks.acquire(partitionLock(projection, target, placeOf(partition)), 'exclusive'));
      const checkpoint = target.checkpoints.get(placeOf(partition));
      if (!checkpoint) throw noGeneration(projection, generation);
      tx = new MemoryProjectionTransaction(projection, target, checkpoint, locks);
      const result = await work(tx);
      await this.faults.pass('transaction.commit.before');
      tx.commit();
      await this.faults.pass('transaction.commit.after');
      return result;
    } finally {
      tx?.close();
      for (const release of releases) release();
    }
  }

  async snapshot<T>(
    projection: Projection,
    generation: number,
    work: (view: GenerationView) => Promise<T>,
  ): Promise<T> {
    await this.#alive();
    return await work(new MemoryGenerationView(projection, this.#existing(projection, generation)));
  }

  async sizeOf(): Promise<number> {
    await this.#alive();
    return 0;
  }

  async freeBytes(): Promise<undefined> {
    await this.#alive();
  }

  async exclusively<T>(operation: string, work: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
    await this.#alive();
    this.faults.assertAlive(); // it may have died on the way back here, and nobody would give the operation free again
    if (this.tables.held.has(operation)) return undefined;
    this.tables.held.add(operation);
    this.#held.add(operation);
    const lost = new AbortController();
    const forget = this.faults.onCrash(() => lost.abort(new Error('the process has died')));
    try {
      return await work(lost.signal);
    } finally {
      forget();
      // A process that died has lost it already, and another may have it.
      if (this.#held.delete(operation) && this.faults.diedAt === undefined)
        this.tables.held.delete(operation);
    }
  }

  async close(): Promise<void> {
    await Promise.resolve();
  }

  #find(projection: Projection, generation: number | 'live'): MemoryGeneration | undefined {
    return this.tables
      .of(projection)
      .find((candidate) =>
        generation === 'live' ? candidate.state === 'live' : candidate.number === generation,
      );
  }

  #existing(projection: Projection, generation: number | 'live'): MemoryGeneration {
    const found = this.#find(projection, generation);
    if (!found) throw noGeneration(projection, generation);
    return found;
  }

  /** Takes locks in their order, each in time; undefined, and none held, where one was not had. */
  async #locked(
    names: readonly (readonly [name: string, mode: 'shared' | 'exclusive'])[],
    timeoutMs: number,
  ): Promise<readonly (() => void)[] | undefined> {
    const releases: (() => void)[] = [];
    try {
      for (const [name, mode] of names) releases.push(await this.tables.locks.acquire(name, mode, timeoutMs));
      return releases;
    } catch (error) {
      for (const release of releases) release();
      if (error instanceof LockTimeout) return undefined;
      throw error;
    }
  }

  async #alive(): Promise<void> {
    await Promise.resolve();
    this.faults.assertAlive();
  }
}

function isAtOrPast(generation: MemoryGeneration, live: readonly Checkpoint[]): boolean {
  return live.every(
    (place) => (generation.checkpoints.get(placeOf(place))?.nextOffset ?? -1n) >= place.nextOffset,
  );
}

function byPlace(a: RecordPlace, b: RecordPlace): number {
  if (a.topic !== b.topic) return a.topic < b.topic ? -1 : 1;
  return a.partition - b.partition || (a.offset < b.offset ? -1 : a.offset > b.offset ? 1 : 0);
}

function recordPlaceOf(place: RecordPlace): string {
  return `${placeOf(place)}/${place.offset}`;
}

/** Live batches share it; a switch has it alone. */
function fence(projection: Projection): string {
  return `${nameOf(projection)}/fence`;
}

function partitionLock(projection: Projection, { number }: MemoryGeneration, place: string): string {
  return `${nameOf(projection)}/${number}/${place}`;
}

function alreadyLoaded(projection: Projection, generation: number): PlatformError {
  return new PlatformError(
    'eventlog.already-loaded',
    `${projection.name} generation ${generation}: another instance has loaded these partitions.`,
    true,
  );
}

function noGeneration(projection: Projection, generation: number | 'live'): PlatformError {
  return new PlatformError(
    'eventlog.no-generation',
    `${projection.name} version ${projection.version} has no ${generation === 'live' ? 'live generation' : `generation ${generation}`} to write to.`,
    true,
  );
}
