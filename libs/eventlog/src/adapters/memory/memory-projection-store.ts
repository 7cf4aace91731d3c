import { createHash } from 'node:crypto';
import { PlatformError, type Projection, type Row } from '@samspill/kernel';
import type {
  Checkpoint,
  Generation,
  GenerationContent,
  ParkedEvent,
  PartitionOf,
  ProjectionStore,
  ProjectionTransaction,
} from '../../projection-store.js';
import { Faults } from './faults.js';
import { LockTimeout } from './locks.js';
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
  readonly #operations = new Set<string>();

  constructor(
    private readonly tables: MemoryReadTables,
    private readonly faults = new Faults(),
  ) {
    faults.onCrash(() => {
      for (const operation of this.#operations) tables.operations.delete(operation);
    });
  }

  async generations(projection: Projection): Promise<readonly Generation[]> {
    await this.#alive();
    return this.tables
      .of(projection)
      .map(({ number, state, createdAt }) => ({ number, state, createdAt }))
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
    return parked.sort((a, b) =>
      a.topic !== b.topic
        ? a.topic < b.topic
          ? -1
          : 1
        : a.partition - b.partition || (a.offset < b.offset ? -1 : 1),
    );
  }

  async createGeneration(projection: Projection): Promise<number> {
    await this.#alive();
    return this.tables.add(projection).number;
  }

  async load(projection: Projection, generation: number, content: GenerationContent): Promise<void> {
    await this.faults.pass('load.before');
    const target = this.#existing(projection, generation);
    if (target.loaded)
      throw new Error(`generation ${generation} of ${projection.name} has been loaded already`);
    const rows = new Map<string, { row: Row; version: number }>();
    for await (const loaded of content.rows) {
      const key = keyOf(projection, loaded.row);
      if (rows.has(key)) throw new Error(`${projection.name}: two rows with the key ${key}`);
      rows.set(key, { ...loaded });
    }
    this.faults.assertAlive();
    target.loaded = true;
    for (const [key, row] of rows) target.rows.set(key, row);
    for (const [stream, version] of content.versions) target.versions.set(stream, version);
    for (const parked of content.parked) target.parked.set(eventOf(parked), parked);
    for (const checkpoint of content.checkpoints) target.checkpoints.set(placeOf(checkpoint), checkpoint);
    await this.faults.pass('load.after');
  }

  async switchTo(
    projection: Projection,
    generation: number,
    lockTimeoutMs: number,
    replaced: readonly PartitionOf[] = [],
  ): Promise<boolean> {
    await this.faults.pass('switch.before');
    let release: () => void;
    try {
      release = await this.tables.locks.acquire(fence(projection), 'exclusive', lockTimeoutMs);
    } catch (error) {
      if (error instanceof LockTimeout) return false;
      throw error;
    }
    try {
      this.faults.assertAlive();
      const next = this.#existing(projection, generation);
      const live = this.#find(projection, 'live');
      const gone = new Set(replaced.map(placeOf));
      const read = [...(live?.checkpoints ?? [])].filter(([place]) => !gone.has(place));
      if (!read.every(([place, checkpoint]) => isAtOrPast(next, place, checkpoint))) return false;
      if (live) live.state = 'old';
      next.state = 'live';
    } finally {
      release();
    }
    await this.faults.pass('switch.after');
    return true;
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
    const releases = [await locks.acquire(fence(projection), 'shared')];
    let tx: MemoryProjectionTransaction | undefined;
    try {
      const target = this.#existing(projection, generation);
      releases.push(
        await locks.acquire(`${nameOf(projection)}/${target.number}/${placeOf(partition)}`, 'exclusive'),
      );
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

  async fingerprint(
    projection: Projection,
    generation: number,
  ): Promise<{ readonly rows: number; readonly hash: string }> {
    await this.#alive();
    const { rows } = this.#existing(projection, generation);
    let sum = 0n;
    for (const { row } of rows.values()) sum += hashOf(projection, row);
    return { rows: rows.size, hash: sum.toString() };
  }

  async exclusively<T>(operation: string, work: () => Promise<T>): Promise<T | undefined> {
    await this.#alive();
    this.faults.assertAlive(); // it may have died on the way back here, and nobody would give the operation free again
    if (this.tables.operations.has(operation)) return undefined;
    this.tables.operations.add(operation);
    this.#operations.add(operation);
    try {
      return await work();
    } finally {
      // A process that died has lost it already, and another may have it.
      if (this.#operations.delete(operation) && this.faults.diedAt === undefined)
        this.tables.operations.delete(operation);
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

  async #alive(): Promise<void> {
    await Promise.resolve();
    this.faults.assertAlive();
  }
}

function isAtOrPast(generation: MemoryGeneration, place: string, live: Checkpoint): boolean {
  return (generation.checkpoints.get(place)?.nextOffset ?? -1n) >= live.nextOffset;
}

/** Live batches share it; a switch has it alone. */
function fence(projection: Projection): string {
  return `${nameOf(projection)}/fence`;
}

/** Sixty-four bits of a row's content, so that their sum does not depend on the order of rows. */
function hashOf(projection: Projection, row: Row): bigint {
  const columns = Object.keys(projection.table.columns).map((name) => row[name] ?? null);
  return createHash('sha256').update(JSON.stringify(columns)).digest().readBigInt64BE();
}

function noGeneration(projection: Projection, generation: number | 'live'): PlatformError {
  return new PlatformError(
    'eventlog.no-generation',
    `${projection.name} version ${projection.version} has no ${generation === 'live' ? 'live generation' : `generation ${generation}`} to write to.`,
    true,
  );
}
