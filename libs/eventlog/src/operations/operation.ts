import type { Actor } from '@samspill/kernel';

/**
 * Something that an operator has asked of a service and that takes a while. It is a row in the service's database: whoever asked may
 * leave, any process may die, and an instance of the service goes on with it by itself.
 */
export interface Operation {
  /** UUIDv7. */
  readonly id: string;
  readonly task: OperationTask;
  readonly state: OperationState;
  /** What has been asked of it since; the instance that runs it notices within a second. */
  readonly wish: OperationWish;
  /** Why, in the words of whoever asked. */
  readonly reason: string;
  readonly by: Actor;
  /** One for each projection, in the order in which they are worked on. */
  readonly parts: readonly OperationPart[];
  readonly throttle: Throttle;
  /** Times are RFC 3339 in UTC. */
  readonly createdAt: string;
  readonly startedAt: string | undefined;
  readonly endedAt: string | undefined;
  /** When an instance last worked on it. */
  readonly seenAt: string | undefined;
  /** Why it failed; or, while it is still running, what it is waiting for and tries again. */
  readonly failure: string | undefined;
}

/**
 * `ready`: a rebuild that waits for a person's switch, or an inspection that can be looked at. `done`: a rebuild that was switched
 * to, or an inspection that was dropped. All but `waiting`, `running`, `paused` and `ready` are ends; only `done` can still become
 * `undone`.
 */
export type OperationState =
  'waiting' | 'running' | 'paused' | 'ready' | 'done' | 'failed' | 'cancelled' | 'undone';

export const UNFINISHED: readonly OperationState[] = ['waiting', 'running', 'paused', 'ready'];

export type OperationWish = 'run' | 'pause' | 'cancel' | 'verify' | 'switch' | 'undo' | 'drop';

export type OperationTask =
  | {
      readonly kind: 'rebuild';
      readonly scope: RebuildScope;
      /** `automatic`: switches when it is built, unless events are missing. `by-hand`: waits for a person. */
      readonly switch: 'automatic' | 'by-hand';
      readonly memoryMiB: number;
    }
  | {
      readonly kind: 'inspection';
      readonly scope: RebuildScope;
      readonly asOf: AsOf;
      /** The generation is dropped then. */
      readonly expiresAt: string;
      readonly memoryMiB: number;
    };

export type OperationKind = OperationTask['kind'];

/** `service`: all projections of the service. `company`: one company's rows of every projection that keeps rows by company. */
export type RebuildScope =
  | { readonly kind: 'projection'; readonly projection: string }
  | { readonly kind: 'service' }
  | { readonly kind: 'company'; readonly company: string };

/** A moment of the log: what was written at or before a time, or before these offsets. */
export type AsOf =
  | { readonly kind: 'time'; readonly time: string }
  | { readonly kind: 'offsets'; readonly offsets: readonly PartitionOffset[] };

export interface PartitionOffset {
  readonly topic: string;
  readonly partition: number;
  /** The first offset that is left out, as decimal digits. Partitions that are not named are read to their end. */
  readonly before: string;
}

/** Both bounds hold at once; none means full speed. */
export interface Throttle {
  readonly eventsPerSecond?: number;
  /** Reading waits while the live rows are this many events behind the log. */
  readonly maxLiveLag?: number;
}

export interface RebuildRequest {
  readonly scope: RebuildScope;
  readonly reason: string;
  readonly by: Actor;
  readonly switch?: 'automatic' | 'by-hand';
  /** Memory for what is folded, beyond which it goes to disk. */
  readonly memoryMiB?: number;
  readonly throttle?: Throttle;
}

export interface InspectionRequest {
  readonly scope: RebuildScope;
  readonly asOf: AsOf;
  readonly reason: string;
  readonly by: Actor;
  readonly expiresInHours?: number;
  readonly memoryMiB?: number;
  readonly throttle?: Throttle;
}

/** `filling-store`: the event store takes in what the log has, which goes before everything else. */
export type PartPhase =
  | 'waiting'
  | 'filling-store'
  | 'reading'
  | 'indexing'
  | 'catching-up'
  | 'verifying'
  | 'ready'
  | 'switching'
  | 'done'
  | 'undone';

/** What an operation does with one projection. */
export interface OperationPart {
  readonly projection: string;
  readonly version: number;
  readonly phase: PartPhase;
  /** The generation that is built. */
  readonly generation?: number;
  /** The generation that was live before; where the scope is a company, the one that the rows were replaced in. */
  readonly replaced?: number;
  readonly progress: PartProgress;
  /** What has been found so far in the partitions that were read. */
  readonly gaps?: VersionGaps;
  readonly verification?: Verification;
  readonly diff?: RebuildDiff;
  readonly result?: PartResult;
}

export interface PartProgress {
  readonly eventsRead: number;
  readonly eventsTotal: number;
  /** Partitions that are finished, and will not be read again after a kill; of how many. */
  readonly partitionsDone: number;
  readonly partitionsTotal: number;
  readonly rows: number;
  /** Events that were set aside. */
  readonly parked: number;
  /** Over the last seconds. */
  readonly eventsPerSecond: number;
  /** Of the events to read, 0 to 100. */
  readonly percent: number;
  /** Time until all is read at this rate; absent while there is no rate. */
  readonly etaMs?: number;
  /** Events that the live rows are behind the log meanwhile. */
  readonly liveLag: number;
  /** Written to the spill folder so far. */
  readonly spilledBytes: number;
}

export interface PartResult {
  readonly durationMs: number;
  /** Of reading and folding alone; plans go by it. */
  readonly readMs: number;
  readonly indexMs: number;
  /** For how long live batches were held for the switch; absent where nothing was switched. */
  readonly switchMs?: number;
}

/** Rows that were built, held against the live ones at the same place of the log. */
export interface Verification {
  readonly verifiedAt: string;
  readonly rows: RowsVerdict;
  /** Streams whose versions have a hole in what was read: the log itself is damaged, or was not written by Samspill. */
  readonly gaps: VersionGaps;
}

export interface VersionGaps {
  readonly streams: number;
  readonly samples: readonly VersionGap[];
}

export type RowsVerdict =
  | { readonly outcome: 'equal'; readonly live: Fingerprint; readonly built: Fingerprint }
  | { readonly outcome: 'different'; readonly live: Fingerprint; readonly built: Fingerprint }
  /** There is nothing to compare with, or it cannot be brought to the same place of the log. */
  | { readonly outcome: 'not-comparable'; readonly reason: string };

/** Count and order-independent hash of all rows. */
export interface Fingerprint {
  readonly rows: number;
  readonly hash: string;
}

export interface VersionGap {
  readonly stream: string;
  /** The version that should have come, and the one that came. */
  readonly expected: number;
  readonly found: number;
}

/** How built rows differ from the live ones: keys and names of columns, never values. */
export interface RebuildDiff {
  readonly projection: string;
  readonly added: number;
  readonly changed: number;
  readonly gone: number;
  readonly unchanged: number;
  /** At most {@link MAX_DIFF_SAMPLES} of each kind, in the order of their keys. */
  readonly samples: readonly DiffSample[];
}

export interface DiffSample {
  readonly kind: 'added' | 'changed' | 'gone';
  readonly key: Readonly<Record<string, unknown>>;
  /** Columns that differ, where a row has changed. */
  readonly columns: readonly string[];
}

/** Enough to recognise a pattern; the whole of it is what an export is for. */
export const MAX_DIFF_SAMPLES = 20;

/** What a rebuild would need, before it is begun. */
export interface RebuildPlan {
  readonly scope: RebuildScope;
  readonly parts: readonly PlanPart[];
  readonly eventsTotal: number;
  readonly durationMs: number;
  readonly memory: { readonly neededMiB: number; readonly freeMiB: number; readonly suffices: boolean };
  readonly spill: { readonly folder: string; readonly freeBytes: number };
  /** Postgres cannot tell how much room it has; where its folder is on this machine, it is looked at. */
  readonly database: {
    readonly neededBytes: number;
    readonly freeBytes?: number;
    readonly suffices?: boolean;
  };
}

export interface PlanPart {
  readonly projection: string;
  readonly version: number;
  readonly topics: readonly string[];
  readonly partitions: number;
  readonly events: number;
  readonly eventsPerSecond: number;
  /** `measured`: this projection's last rebuild; `assumed`: there was none yet. */
  readonly basis: 'measured' | 'assumed';
  readonly durationMs: number;
  /** Size of the live tables with their indexes; 0 where there are none. */
  readonly liveBytes: number;
  /** Whether partitions are finished one by one, so that a kill costs no more than the one being read. */
  readonly byPartition: boolean;
}
