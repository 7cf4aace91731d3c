import type { Actor } from '@samspill/kernel';
import { PlatformError } from '@samspill/kernel';
import type { AppendKeys } from './keys/key-store.js';

/** An event as the store and the log keep it: what is known about it, and its data as JSON bytes that nobody rewrites. */
export interface StoredEvent {
  /** UUIDv7. */
  readonly id: string;
  readonly stream: string;
  readonly version: number;
  readonly type: string;
  readonly schemaVersion: number;
  /** Record key on the log; decides the partition. */
  readonly key: string;
  /** RFC 3339 in UTC, milliseconds. */
  readonly time: string;
  readonly actor: Actor;
  readonly correlationId: string;
  readonly causationId: string;
  readonly traceparent?: string;
  /** SHA-256 of the stream's previous event, hex; absent until the chain is written. */
  readonly previousHash?: string;
  readonly value: Buffer;
}

/** The next events of one stream. Versions follow on from `expectedVersion` (0 for a new stream). */
export interface StreamAppend {
  readonly stream: string;
  readonly expectedVersion: number;
  readonly events: readonly StoredEvent[];
}

/** A statement of the caller that commits or fails together with an append. */
export interface SqlStatement {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** A name that only one owner may hold at a time, such as an organisation number. */
export interface Reservation {
  readonly scope: string;
  readonly name: string;
  readonly owner: string;
}

/** What an event does to a name; changes come in the order of the events. */
export interface NameChange extends Reservation {
  readonly kind: 'take' | 'give';
  /** The event's time. Events taken in come partition by partition: of two streams that once had a name, the later one has it. */
  readonly time: string;
}

/** What an event does to names of a scope: to one, or it gives back all that its stream holds. */
export type ReservationChange =
  NameChange | { readonly kind: 'give-all'; readonly scope: string; readonly owner: string };

/** Streams by name: some, or all under a name such as `contacts.customer/<company>`, page by page in one order. */
export type StreamRange =
  | { readonly names: readonly string[] }
  | { readonly under: string; readonly after?: string | undefined; readonly limit: number };

/** What is to be known of each stream. */
export interface StreamMarks {
  /** Finds the last version that was written at or before this time, RFC 3339. */
  readonly upTo?: string | undefined;
  /** Finds the versions that this has caused. */
  readonly causationId?: string | undefined;
  /** Tells whether any event is of one of these types. */
  readonly types?: readonly string[];
}

export interface StreamSummary {
  readonly stream: string;
  /** Of its last event. */
  readonly version: number;
  /** 0 where there is none. */
  readonly upTo: number;
  /** First and last version; 0 where there is none. */
  readonly causedFirst: number;
  readonly causedLast: number;
  readonly hasType: boolean;
}

/** An event's place in its stream. */
export type EventPlace = Pick<StoredEvent, 'stream' | 'version'>;

export interface AppendOptions {
  /** Keys that the events are sealed with, or forget: checked and forgotten in the same transaction. */
  readonly keys?: AppendKeys;
  readonly reservations?: readonly ReservationChange[];
  readonly alongside?: readonly SqlStatement[];
}

/** A stream has moved on since it was read: load it and decide again. */
export class ConcurrencyError extends PlatformError {
  override readonly name = 'ConcurrencyError';
  constructor(detail: string, options?: ErrorOptions) {
    super('eventlog.concurrency', detail, true, options);
  }
}

/** Somebody else holds a name that the append would reserve. */
export class ReservationTakenError extends PlatformError {
  override readonly name = 'ReservationTakenError';
  constructor(readonly reservation: Reservation) {
    super('eventlog.reservation-taken', `${reservation.scope} ${reservation.name} is taken`, false);
  }
}

/** Same stream and version on the log and in the store, but not the same event: a person has to decide which one holds. */
export class ForkError extends PlatformError {
  override readonly name = 'ForkError';
  constructor(stream: string, version: number, inStore: string, onLog: string) {
    super(
      'eventlog.fork',
      `Stream ${stream} version ${version} is event ${inStore} in the store but ${onLog} on the log. Nothing more is written until a person has decided which of the two holds.`,
      false,
    );
  }
}

/** An unpublished event; `position` is its order in the store. */
export interface OutboxEntry {
  readonly shard: number;
  readonly position: bigint;
  readonly event: StoredEvent;
}

/** The last event of a shard known to be on the log. */
export interface Publication {
  readonly shard: number;
  /** Identity of the log partition that it was published to. */
  readonly log: string;
  readonly offset: bigint;
  readonly eventId: string;
}

/**
 * The events of one service and their outbox, in the service's own database. A shard is a partition of the service's topic.
 * Every method fails with `PlatformError` when the database cannot be reached.
 */
export interface EventStore {
  /** Name of the database's incarnation now; it changes when the server restarts, fails over, or the database is replaced. */
  incarnation(): Promise<string>;

  /**
   * Lets appends through on this incarnation only; on `undefined`, on none. Until then, and on a connection to any other,
   * `append` fails with `eventlog.store-unverified`: a store that is behind the log would use stream versions again.
   */
  permitAppends(incarnation: string | undefined): void;

  /**
   * Writes the events of all streams and their outbox rows, with reservations and the caller's statements, in one transaction.
   * @throws ConcurrencyError when any stream has moved on, or a key has; ReservationTakenError. Nothing is written then.
   */
  append(appends: readonly StreamAppend[], options?: AppendOptions): Promise<void>;

  /** The stream that holds a reserved name now. */
  holder(scope: string, name: string): Promise<string | undefined>;

  /** The last event of each stream that has any. One query, however many streams. */
  heads(streams: readonly string[]): Promise<ReadonlyMap<string, StoredEvent>>;

  /** Events of a stream in order, from a version on (1), at most `limit` (all). */
  read(stream: string, fromVersion?: number, limit?: number): Promise<readonly StoredEvent[]>;

  /**
   * Tries to become the one publisher of shards; returns those gained or already held by this lease. Held until `release`
   * or until the connection is lost, which calls `onLost` once.
   */
  lease(onLost: (reason: Error) => void): Promise<ShardLease>;

  /** Unpublished events of the shards in the order of their positions, at most `limitPerShard` each. */
  pending(shards: readonly number[], limitPerShard: number): Promise<readonly OutboxEntry[]>;

  /** Removes published entries from the outbox and records the last of each shard, in one transaction. */
  acknowledge(entries: readonly OutboxEntry[], publications: readonly Publication[]): Promise<void>;

  publications(): Promise<readonly Publication[]>;

  /** Position of the newest unpublished event of a shard; undefined where everything is published. */
  newestPending(shard: number): Promise<bigint | undefined>;

  /** Age of the oldest unpublished event in milliseconds, and how many there are (counted up to a bound). */
  backlog(): Promise<{ readonly oldestMs: number; readonly count: number }>;

  /** How many events the store has; reads all of them. */
  count(): Promise<number>;

  /** Which of these events the store has, by `stream@version`. */
  known(events: readonly EventPlace[]): Promise<ReadonlyMap<string, StoredEvent>>;

  /** Streams in the order of their names, with what is asked of each; one query. */
  streams(range: StreamRange, marks: StreamMarks): Promise<readonly StreamSummary[]>;

  /** All events of several streams, each in its order; one query. */
  histories(streams: readonly string[]): Promise<ReadonlyMap<string, readonly StoredEvent[]>>;

  /**
   * Takes in events that the log has and the store lacks, in order and without outbox rows, with the reservations that
   * they imply; those were checked when the events were written, and are not refused here. An equal event already there is
   * skipped and its outbox row removed.
   * @throws ForkError when a stream version holds another event.
   */
  takeIn(
    shard: number,
    events: readonly StoredEvent[],
    reservations: readonly ReservationChange[],
  ): Promise<void>;

  /** Puts every event of a shard whose id is not among those on the log back into the outbox; returns how many. */
  republishMissing(shard: number, onLog: ReadonlySet<string>): Promise<number>;

  close(): Promise<void>;
}

/** The right to publish shards, held by one process at a time. */
export interface ShardLease {
  /** Tries for these shards; resolves with all that are held now. */
  acquire(shards: readonly number[]): Promise<ReadonlySet<number>>;
  release(): Promise<void>;
}
