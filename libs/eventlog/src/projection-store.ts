import type { Projection, Row } from '@samspill/kernel';
import type { StoredEvent } from './event-store.js';
import type { OperationStore } from './operations/operation-store.js';
import type { DeliveryLedger } from './reactors/delivery-ledger.js';
import type { Fingerprint } from './operations/operation.js';
import type { RevertStore } from './revert/revert-store.js';

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

/** `old`: was live, and is kept as the way back. `inspection`: the state of another moment, which readers never see. */
export type GenerationState = 'building' | 'live' | 'old' | 'inspection';

export interface Generation {
  readonly number: number;
  readonly state: GenerationState;
  readonly createdAt: string;
  /** Holds rows of this company only; undefined: of all. */
  readonly company: string | undefined;
  /** Whether its indexes are made: from then on it is fed in batches, and not loaded any more. */
  readonly isIndexed: boolean;
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

/** A parked event without its data, which may be large and is personal: `bytes` of it are on the log, at this place. */
export interface ParkedEntry extends PartitionOf {
  readonly offset: bigint;
  readonly event: Omit<StoredEvent, 'value'>;
  readonly bytes: number;
  readonly reason: string;
}

/** Where a record lies. */
export interface RecordPlace extends PartitionOf {
  readonly offset: bigint;
}

export interface ParkedQuery {
  /** Only events of these streams. */
  readonly streams?: readonly string[] | undefined;
  /** Only what lies at these places. */
  readonly places?: readonly RecordPlace[] | undefined;
  /** Only what lies behind this place, in the order of topics, partitions and offsets. */
  readonly after?: RecordPlace | undefined;
  readonly limit: number;
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
  /** Versions that are parked of each of these streams. */
  parkedVersions(streams: readonly string[]): Promise<ReadonlyMap<string, ReadonlySet<number>>>;
  /** Forgets that these events are parked. */
  unpark(events: readonly { readonly stream: string; readonly version: number }[]): Promise<void>;
  moveTo(nextOffset: bigint, log: string): Promise<void>;
}

/** The read tables of one service with their generations, checkpoints and parked events. */
export interface ProjectionStore {
  /** Generations of a projection's version, newest first. */
  generations(projection: Projection): Promise<readonly Generation[]>;
  checkpoints(projection: Projection, generation: number): Promise<readonly Checkpoint[]>;
  parked(projection: Projection, generation: number): Promise<readonly ParkedEvent[]>;
  /** Parked events in the order of their places. */
  parkedPage(projection: Projection, generation: number, query: ParkedQuery): Promise<readonly ParkedEntry[]>;
  parkedCount(projection: Projection, generation: number): Promise<number>;

  /** Makes an empty generation: tables without indexes, no checkpoints. */
  createGeneration(projection: Projection, options?: GenerationOptions): Promise<number>;
  /**
   * Loads the content of some partitions in bulk, checkpoints included, in one transaction: a partition with a checkpoint is finished.
   * A partition that has one already is refused (`eventlog.already-loaded`).
   * @throws UnstorableError when the database refuses a value; nothing is loaded then
   */
  load(projection: Projection, generation: number, content: GenerationContent): Promise<void>;
  /**
   * Makes indexes and statistics after everything has been loaded. Does nothing where they are made.
   * @throws UnstorableError when an index refuses a value
   */
  index(projection: Projection, generation: number): Promise<void>;
  /**
   * Makes a generation live if it is at or past the live one on every partition, and the former live one `old`. Takes the
   * fence that live batches share, so none is half-way; batches that come meanwhile wait behind it.
   * @returns for how many milliseconds live batches were held; undefined where it is behind or the fence was not had in time
   */
  switchTo(
    projection: Projection,
    generation: number,
    lockTimeoutMs: number,
    options?: SwitchOptions,
  ): Promise<number | undefined>;
  /**
   * Exchanges the rows of one company, with what belongs to them, between the live generation and one that has only that company's:
   * afterwards the former rows are there. Holds the company's partitions still meanwhile.
   * @returns for how many milliseconds; undefined where the two are not at the same place or the locks were not had in time
   */
  exchangeCompany(
    projection: Projection,
    generation: number,
    lockTimeoutMs: number,
    options?: Pick<SwitchOptions, 'catchUp'>,
  ): Promise<number | undefined>;
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

  /** Runs `work` on a generation as it is at this moment, whatever is written to it meanwhile. */
  snapshot<T>(
    projection: Projection,
    generation: number,
    work: (view: GenerationView) => Promise<T>,
  ): Promise<T>;
  /** Size of a generation's tables with their indexes, in bytes; 0 where that is not known. */
  sizeOf(projection: Projection, generation: number): Promise<number>;
  /** Room that is left for tables, in bytes; undefined where that cannot be seen from here. */
  freeBytes(): Promise<number | undefined>;

  /** Operations on what this store holds. */
  readonly operations: OperationStore;
  /** Reverts of what the service has written. */
  readonly reverts: RevertStore;
  /** What reactors deliver. */
  readonly deliveries: DeliveryLedger;
  /**
   * Runs `work` while no other process runs the same operation; undefined where one does. The signal is aborted when that is no longer
   * certain, because the connection that held the lock has broken.
   */
  exclusively<T>(operation: string, work: (signal: AbortSignal) => Promise<T>): Promise<T | undefined>;
  close(): Promise<void>;
}

export interface GenerationOptions {
  readonly state?: 'building' | 'inspection';
  readonly company?: string | undefined;
}

export interface SwitchOptions {
  /**
   * Partitions whose log, as the live generation has read it, is not there any more: what it has read counts for nothing.
   */
  readonly replaced?: readonly PartitionOf[];
  /**
   * Brings the generation to the live one's checkpoints where it is behind, while the live one is held still; may leave it behind if
   * that would take too long.
   */
  readonly catchUp?: (live: readonly Checkpoint[]) => Promise<void>;
}

/** A generation at one moment. */
export interface GenerationView {
  readonly checkpoints: readonly Checkpoint[];
  /** Count and an order-independent hash of all rows, or of a company's. */
  fingerprint(company?: string): Promise<Fingerprint>;
  /** Every row's key, as a JSON array, with a hash of the row; ordered by the bytes of the key's text. */
  rowHashes(company?: string): AsyncIterable<RowHash>;
  /** Rows by key, in the order of the keys; undefined where there is none. */
  rows(keys: readonly Row[]): Promise<readonly (Row | undefined)[]>;
  /** Rows in the order of the key's columns. */
  page(query: RowQuery): Promise<readonly Row[]>;
}

export interface RowHash {
  readonly key: string;
  readonly hash: string;
}

export interface RowQuery {
  /** Only rows whose columns, as texts, are these. */
  readonly where: Readonly<Record<string, string>>;
  /** The key after which to go on. */
  readonly after: Row | undefined;
  readonly limit: number;
}

/** What is loaded at once. Chunks are taken one after the other, so that no more than one has to be in memory. */
export interface GenerationContent {
  readonly checkpoints: readonly Checkpoint[];
  readonly chunks: AsyncIterable<LoadedChunk> | Iterable<LoadedChunk>;
}

/** Versions and parked events are asked for after the rows, since making rows may bring some to light. */
export interface LoadedChunk {
  readonly rows: AsyncIterable<LoadedRow> | Iterable<LoadedRow>;
  /** Versions of streams that no row holds. */
  readonly versions: Iterable<readonly [stream: string, version: number]>;
  readonly parked: Iterable<ParkedEvent>;
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
