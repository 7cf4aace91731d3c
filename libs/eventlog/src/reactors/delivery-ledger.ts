import type { PartitionOf } from '../projection-store.js';
import type { DeliveryState, LedgerEntry } from './delivery.js';

/** Where a reactor reads on in a partition. */
export interface ReactorPosition extends PartitionOf {
  readonly nextOffset: bigint;
  /** Identity of the partition's log; undefined while nothing has been read from it. */
  readonly log: string | undefined;
  /** What was sent because of records before this one may be forgotten here: the other side is asked first. 0: nothing. */
  readonly askBefore: bigint;
}

/** How far a reactor has come with what it takes in. */
export interface PositionMove extends PartitionOf {
  /** The first record: a position before it has not seen all that comes before. */
  readonly from: bigint;
  /** After the last one. */
  readonly to: bigint;
  readonly log: string;
}

/** What a write leaves of the things that it is about. */
export interface LedgerChange {
  readonly put: readonly LedgerEntry[];
  readonly drop?: readonly string[];
}

/**
 * @param known entries of the things that the write is about, locked
 * @param now the database's clock, which all instances share
 */
export type LedgerFold = (known: ReadonlyMap<string, LedgerEntry>, now: Date) => LedgerChange;

/** As {@link LedgerFold}, with the position as it is locked. */
export type IntakeFold = (
  known: ReadonlyMap<string, LedgerEntry>,
  now: Date,
  position: ReactorPosition,
) => LedgerChange;

export interface ChangeOptions {
  /** The log says the same already, and holds: should the server lose it, as a power cut can make it, it is read there again. */
  readonly isOnLog?: boolean;
}

export interface DueQuery {
  /** Companies to look for at most, and deliveries of each. */
  readonly keys: number;
  readonly perKey: number;
  /** Companies that are left out. */
  readonly without: readonly string[];
  /** The company after which to begin, in the order of their names; so that none is always the last. */
  readonly after: string;
  /** Only these companies, those first that come first here; `without` and `after` say nothing then. */
  readonly among?: readonly string[];
}

export interface LedgerQuery {
  readonly states: readonly DeliveryState[];
  /** Only deliveries of this company. */
  readonly key?: string | undefined;
  /** Only things after this one, in the order of their names. */
  readonly after?: string | undefined;
  readonly limit: number;
}

/** Why deliveries of a company wait. */
export interface DeliveryWait {
  readonly key: string;
  /** Calls in a row that failed. */
  readonly failures: number;
  /** RFC 3339. */
  readonly since: string;
  readonly until: string;
  readonly code: string;
  readonly words: string;
}

export interface LedgerCounts {
  /** Still to be delivered, and of these the ones that the other side has to be asked about. */
  readonly open: number;
  readonly inDoubt: number;
  readonly refused: number;
  readonly confirmed: number;
  /** RFC 3339. */
  readonly lastConfirmedAt?: string;
  /** In the last minute. */
  readonly confirmedLastMinute: number;
}

/**
 * The deliveries of a service's reactors, in its own database, by reactor and thing. It holds no payloads. What was delivered is on the log
 * as well, from which a lost ledger is made again.
 */
export interface DeliveryLedger {
  positions(reactor: string): Promise<readonly ReactorPosition[]>;
  /** Adds positions that are not there, and replaces those of another log; one of the same log is left where it is. */
  place(reactor: string, positions: readonly ReactorPosition[]): Promise<void>;
  /**
   * Takes in what records from `from` up to before `to` say, and moves the position there in the same transaction; of two that take in or add things
   * of one partition, one waits. Does nothing where the position is there already.
   * @throws PlatformError `eventlog.no-position`, `eventlog.log-replaced`, both to be tried again from the position
   */
  takeIn(reactor: string, things: readonly string[], fold: IntakeFold, move: PositionMove): Promise<void>;
  /** Adds or changes entries of things of one partition, without moving the position. */
  add(reactor: string, things: readonly string[], fold: LedgerFold, partition: PartitionOf): Promise<void>;
  /** Changes entries that are there. */
  change(
    reactor: string,
    things: readonly string[],
    fold: LedgerFold,
    options?: ChangeOptions,
  ): Promise<void>;
  /**
   * Marks entries `sent`, if they are still as they were seen; it holds when this returns.
   * @param seen of one company, for a call that ends within `endsInMs`
   * @returns by thing, the number of the attempt that has begun; without those that somebody else has changed
   */
  begin(
    reactor: string,
    seen: readonly LedgerEntry[],
    endsInMs: number,
  ): Promise<ReadonlyMap<string, number>>;
  /**
   * Makes everything that is `intended` `unknown`, and what comes from records before these offsets as well: what this ledger says may be
   * from before a loss.
   */
  doubt(reactor: string, before: readonly (PartitionOf & { readonly offset: bigint })[]): Promise<void>;
  entries(reactor: string, things: readonly string[]): Promise<ReadonlyMap<string, LedgerEntry>>;
  /** Open deliveries that can be tried now, of a company those first that have waited longest. */
  due(reactor: string, query: DueQuery): Promise<readonly LedgerEntry[]>;
  /** In the order of their names. */
  page(reactor: string, query: LedgerQuery): Promise<readonly LedgerEntry[]>;
  /** @param key only of this company */
  counts(reactor: string, key?: string): Promise<LedgerCounts>;
  waits(reactor: string): Promise<readonly DeliveryWait[]>;
  putWait(reactor: string, wait: DeliveryWait): Promise<void>;
  endWait(reactor: string, key: string): Promise<void>;
}
