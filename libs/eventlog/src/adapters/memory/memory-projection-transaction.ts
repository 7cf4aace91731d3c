import type { Projection, Row } from '@samspill/kernel';
import type { Checkpoint, ParkedEvent, ProjectionTransaction, StateChange } from '../../projection-store.js';
import type { Locks } from './locks.js';
import { eventOf, keyOf, nameOf, nameOfEvent, placeOf, type MemoryGeneration } from './memory-read-tables.js';

/**
 * Sees what is committed and its own writes. The writes are kept as steps and taken again at the commit, so that what another
 * partition's transaction has committed meanwhile is not undone.
 */
export class MemoryProjectionTransaction implements ProjectionTransaction {
  readonly generation: number;
  readonly hasParked: boolean;
  readonly checkpoint: Checkpoint;
  readonly releases: (() => void)[] = [];
  readonly #steps: ((generation: MemoryGeneration) => void)[] = [];
  #closed = false;

  constructor(
    private readonly projection: Projection,
    private readonly committed: MemoryGeneration,
    checkpoint: Checkpoint,
    private readonly locks: Locks,
  ) {
    this.generation = committed.number;
    this.hasParked = committed.parked.size > 0;
    this.checkpoint = checkpoint;
  }

  async lockKeys(keys: readonly Row[]): Promise<void> {
    const names = new Set(keys.map((key) => `${nameOf(this.projection)}/row/${keyOf(this.projection, key)}`));
    for (const name of [...names].sort()) this.releases.push(await this.locks.acquire(name, 'exclusive'));
  }

  async rows(keys: readonly Row[]): Promise<readonly (Row | undefined)[]> {
    const { rows } = await this.#view();
    return keys.map((key) => rows.get(keyOf(this.projection, key))?.row);
  }

  async versions(streams: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const { versions } = await this.#view();
    return new Map(
      streams.flatMap((stream) => {
        const version = versions.get(stream);
        return version === undefined ? [] : [[stream, version] as const];
      }),
    );
  }

  async parkedStreams(streams: readonly string[]): Promise<ReadonlySet<string>> {
    const { parked } = await this.#view();
    const wanted = new Set(streams);
    return new Set(
      [...parked.values()].map(({ event }) => event.stream).filter((stream) => wanted.has(stream)),
    );
  }

  async writeStates(changes: readonly StateChange[]): Promise<void> {
    await this.#write((generation) => {
      for (const change of changes) applyState(this.projection, generation, change);
    });
  }

  async writeRows(upserts: readonly Row[], deletes: readonly Row[]): Promise<void> {
    await this.#write(({ rows }) => {
      for (const row of upserts) rows.set(keyOf(this.projection, row), { row, version: 0 });
      for (const key of deletes) rows.delete(keyOf(this.projection, key));
    });
  }

  async writeVersions(versions: ReadonlyMap<string, number>): Promise<void> {
    await this.#write((generation) => {
      for (const [stream, version] of versions) raise(generation.versions, stream, version);
    });
  }

  async park(events: readonly ParkedEvent[]): Promise<void> {
    await this.#write(({ parked }) => {
      for (const event of events) if (!parked.has(eventOf(event))) parked.set(eventOf(event), event);
    });
  }

  async parkedVersions(streams: readonly string[]): Promise<ReadonlyMap<string, ReadonlySet<number>>> {
    const { parked } = await this.#view();
    const versions = new Map<string, Set<number>>();
    for (const { event } of parked.values()) {
      if (!streams.includes(event.stream)) continue;
      const known = versions.get(event.stream) ?? new Set();
      versions.set(event.stream, known.add(event.version));
    }
    return versions;
  }

  async unpark(events: readonly { readonly stream: string; readonly version: number }[]): Promise<void> {
    await this.#write(({ parked }) => {
      for (const event of events) parked.delete(nameOfEvent(event));
    });
  }

  async moveTo(nextOffset: bigint, log: string): Promise<void> {
    const { topic, partition } = this.checkpoint;
    await this.#write(({ checkpoints }) => {
      checkpoints.set(placeOf(this.checkpoint), { topic, partition, nextOffset, log });
    });
  }

  commit(): void {
    for (const step of this.#steps) step(this.committed);
  }

  close(): void {
    this.#closed = true;
    for (const release of this.releases) release();
  }

  async #write(step: (generation: MemoryGeneration) => void): Promise<void> {
    await Promise.resolve();
    if (this.#closed) throw new Error('the transaction has ended');
    this.#steps.push(step);
  }

  /** A copy with this transaction's writes. */
  async #view(): Promise<MemoryGeneration> {
    await Promise.resolve();
    if (this.#closed) throw new Error('the transaction has ended');
    if (this.#steps.length === 0) return this.committed;
    const view = {
      ...this.committed,
      rows: new Map(this.committed.rows),
      versions: new Map(this.committed.versions),
      parked: new Map(this.committed.parked),
      checkpoints: new Map(this.committed.checkpoints),
    };
    for (const step of this.#steps) step(view);
    return view;
  }
}

function applyState(projection: Projection, generation: MemoryGeneration, change: StateChange): void {
  const { rows, versions, parked } = generation;
  const key = keyOf(projection, change.key);
  const seen = Math.max(rows.get(key)?.version ?? 0, versions.get(change.stream) ?? 0);
  if (change.version > seen) {
    if (change.row) rows.set(key, { row: change.row, version: change.version });
    else rows.delete(key);
  }
  if (!change.row) raise(versions, change.stream, change.version);
  for (const [name, { event }] of parked) {
    if (event.stream === change.stream && event.version <= change.version) parked.delete(name);
  }
}

function raise(versions: Map<string, number>, stream: string, version: number): void {
  if ((versions.get(stream) ?? 0) < version) versions.set(stream, version);
}
