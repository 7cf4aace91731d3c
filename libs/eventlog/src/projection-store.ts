import type { Projection, Row } from '@samspill/kernel';
import type { StoredEvent } from './event-store.js';

/** A partition of a topic. */
export interface PartitionOf {
  readonly topic: string;
  readonly partition: number;
}

/** Where a projection's rows come from next, in one partition. */
export interface Checkpoint extends PartitionOf {
  readonly nextOffset: bigint;
  /** Identity of the log partition; undefined while nothing has been read from it. */
  readonly log: string | undefined;
}

export type GenerationState = 'building' | 'live' | 'old';

export interface Generation {
  readonly number: number;
  readonly state: GenerationState;
  readonly createdAt: string;
}

/** What the last event of a stream makes of its row (`fold: 'state'`). */
export interface StateChange {
  readonly stream: string;
  readonly version: number;
  readonly key: Row;
  /** The row, or undefined where the stream has none any more. */
  readonly row: Row | undefined;
}

/** An event set aside, with its reason; for `steps` also those of its stream that came behind it. */
export interface ParkedEvent {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly event: StoredEvent;
  readonly reason: string;
}

/** One transaction on one generation: rows, versions, parked events and the checkpoint move together or not at all. */
export interface ProjectionTransaction {
  readonly generation: number;
  /** The checkpoint of this partition as locked by this transaction. */
  readonly checkpoint: Checkpoint;
  /** Whether this generation may have parked events of this partition. */
  readonly hasParked: boolean;
  /** Keeps others from rows with these keys, missing ones too, until the end; in an order that cannot deadlock. */
  lockKeys(keys: readonly Row[]): Promise<void>;
  /** Rows by key, in the order of the keys; undefined where there is none. */
  rows(keys: readonly Row[]): Promise<readonly (Row | undefined)[]>;
  /** Last version seen of each stream (`steps` only). */
  versions(streams: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** Streams among these with parked events. */
  parkedStreams(streams: readonly string[]): Promise<ReadonlySet<string>>;
  /** Applies each change whose version is higher than what was seen of its stream, and forgets what it supersedes of the parked. */
  writeStates(changes: readonly StateChange[]): Promise<void>;
  writeRows(upserts: readonly Row[], deletes: readonly Row[]): Promise<void>;
  writeVersions(versions: ReadonlyMap<string, number>): Promise<void>;
  park(events: readonly ParkedEvent[]): Promise<void>;
  moveTo(nextOffset: bigint, log: string): Promise<void>;
}

/** The read tables of one service with their generations, checkpoints and parked events. */
export interface ProjectionStore {
  /** Generations of a projection's version, newest first. */
  generations(projection: Projection): Promise<readonly Generation[]>;
  checkpoints(projection: Projection, generation: number): Promise<readonly Checkpoint[]>;
  parked(projection: Projection, generation: number): Promise<readonly ParkedEvent[]>;

  /** Makes an empty generation: tables without indexes, no checkpoints. */
  createGeneration(projection: Projection): Promise<number>;
  /**
   * Loads rows, stream versions, parked events and checkpoints in bulk, then makes indexes and statistics. Once a generation.
   * @throws UnstorableError when the database refuses a value; nothing is loaded then
   */
  load(projection: Projection, generation: number, content: GenerationContent): Promise<void>;
  /**
   * Makes a generation live if it is at or past the live one on every partition, and the former live one `old`. Takes the
   * fence that live batches share, so none is half-way. Returns false where it is behind or the fence was not had in time.
   * @param replaced partitions whose log, as the live generation has read it, is not there any more: what it has read counts for
   *   nothing
   */
  switchTo(
    projection: Projection,
    generation: number,
    lockTimeoutMs: number,
    replaced?: readonly PartitionOf[],
  ): Promise<boolean>;
  dropGeneration(projection: Projection, generation: number): Promise<void>;

  /**
   * Runs `work` in a transaction on a generation (`live`: whichever is live now, held for the time of the transaction).
   * Rolls back when `work` throws.
   */
  transaction<T>(
    projection: Projection,
    generation: number | 'live',
    partition: PartitionOf,
    work: (tx: ProjectionTransaction) => Promise<T>,
  ): Promise<T>;

  /** Count and an order-independent hash of all rows. */
  fingerprint(
    projection: Projection,
    generation: number,
  ): Promise<{ readonly rows: number; readonly hash: string }>;

  /** Runs `work` while no other process runs the same operation; undefined where one does. */
  exclusively<T>(operation: string, work: () => Promise<T>): Promise<T | undefined>;
  close(): Promise<void>;
}

export interface GenerationContent {
  readonly rows: AsyncIterable<LoadedRow> | Iterable<LoadedRow>;
  /** Versions of streams that no row holds. */
  readonly versions: Iterable<readonly [stream: string, version: number]>;
  readonly parked: readonly ParkedEvent[];
  readonly checkpoints: readonly Checkpoint[];
}

/** A row with the version of its stream (`state`), or 0 (`steps`). */
export interface LoadedRow {
  readonly row: Row;
  readonly version: number;
}

/** A value that the database refuses for what it is, so that trying again cannot help: the event is parked. */
export class UnstorableError extends Error {
  override readonly name = 'UnstorableError';
}
