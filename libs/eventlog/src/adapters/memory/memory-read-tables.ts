import type { Projection, Row } from '@samspill/kernel';
import type { Checkpoint, GenerationOptions, GenerationState, ParkedEvent } from '../../projection-store.js';
import { Locks } from './locks.js';
import { MemoryDeliveries } from './memory-delivery-ledger.js';
import { MemoryOperations } from './memory-operation-store.js';
import { MemoryReverts } from './memory-revert-store.js';

/** One built copy of a read table, with all that belongs to it. */
export interface MemoryGeneration {
  readonly number: number;
  state: GenerationState;
  readonly createdAt: string;
  readonly company: string | undefined;
  isIndexed: boolean;
  /** By key; with the version of the row's stream (`state`), or 0 (`steps`). */
  readonly rows: Map<string, { readonly row: Row; readonly version: number }>;
  /** Versions of streams that no row holds. */
  readonly versions: Map<string, number>;
  /** By stream and version. */
  readonly parked: Map<string, ParkedEvent>;
  /** By topic and partition. */
  readonly checkpoints: Map<string, Checkpoint>;
}

/** The read tables of one service in memory. They outlive the simulated processes that use them. */
export class MemoryReadTables {
  readonly locks = new Locks();
  /** What {@link MemoryProjectionStore.exclusively} holds. */
  readonly held = new Set<string>();
  readonly operations = new MemoryOperations();
  readonly reverts = new MemoryReverts();
  readonly deliveries = new MemoryDeliveries();
  readonly #generations = new Map<string, MemoryGeneration[]>();
  #last = 0;

  /** Oldest first. */
  of(projection: Projection): readonly MemoryGeneration[] {
    return this.#generations.get(nameOf(projection)) ?? [];
  }

  add(projection: Projection, { state = 'building', company }: GenerationOptions = {}): MemoryGeneration {
    this.#last += 1;
    const generation: MemoryGeneration = {
      number: this.#last,
      state,
      createdAt: new Date().toISOString(),
      company,
      isIndexed: false,
      rows: new Map(),
      versions: new Map(),
      parked: new Map(),
      checkpoints: new Map(),
    };
    this.#generations.set(nameOf(projection), [...this.of(projection), generation]);
    return generation;
  }

  drop(projection: Projection, number: number): void {
    this.#generations.set(
      nameOf(projection),
      this.of(projection).filter((generation) => generation.number !== number),
    );
  }

  /** The rows that readers see, by key. */
  live(projection: Projection): readonly Row[] {
    const live = this.of(projection).find((generation) => generation.state === 'live');
    return [...(live?.rows.values() ?? [])].map(({ row }) => row);
  }
}

export function nameOf(projection: Projection): string {
  return `${projection.name}@${projection.version}`;
}

export function placeOf({
  topic,
  partition,
}: {
  readonly topic: string;
  readonly partition: number;
}): string {
  return `${topic}/${partition}`;
}

export function keyOf(projection: Projection, row: Row): string {
  return JSON.stringify(projection.table.key.map((name) => row[name] ?? null));
}

export function eventOf({ event }: ParkedEvent): string {
  return nameOfEvent(event);
}

export function nameOfEvent({
  stream,
  version,
}: {
  readonly stream: string;
  readonly version: number;
}): string {
  return `${stream}@${version}`;
}
