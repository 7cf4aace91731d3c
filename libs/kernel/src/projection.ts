import type { DomainEvent, EventMeta, Recorded } from './event.js';

/** Types a read table's column may have. `jsonb` columns hold plain JSON values; `timestamptz` RFC 3339 texts. */
export type ColumnType =
  'text' | 'text[]' | 'integer' | 'integer[]' | 'bigint' | 'boolean' | 'timestamptz' | 'jsonb' | 'uuid';

export type ColumnValue = string | number | boolean | null | readonly string[] | readonly number[] | object;

/** A row of a read table: every column by name, `null` where there is no value. */
export type Row = Readonly<Record<string, ColumnValue>>;

export interface IndexDefinition {
  /** Unique within the table; becomes part of the index's name. */
  readonly name: string;
  /** What follows `ON <table>`, e.g. `USING gin (grams)` or `(company, sort_name)`. */
  readonly definition: string;
}

/** The read table that a projection owns. */
export interface TableDefinition {
  readonly columns: Readonly<Record<string, ColumnType>>;
  /** The primary key: names of columns. */
  readonly key: readonly string[];
  /**
   * Names the column of the key that holds the company, a text: the record key of every event that concerns the row. An event with another
   * key is set aside. Since a company's events of a topic lie in one partition, rows of one partition then come from that partition
   * of every topic and from no other: a rebuild finishes partition by partition, and one company can be put back alone.
   */
  readonly company?: string;
  readonly indexes: readonly IndexDefinition[];
}

/**
 * A read table as a pure fold of events, one row per key.
 *
 * `fold` says what an event carries. With `state`, the last event of a stream decides the row alone: `project` gets no row, a
 * stream and a row belong to each other one to one, and a later event supersedes an earlier one, parked ones included. With
 * `steps`, every event matters in the order of its stream, a stream's events concern one row, and several streams may meet in a row.
 */
export interface Projection<R extends Row = Row, Event extends DomainEvent = DomainEvent> {
  /** `<context>.<view>`; its read view in the database is `<view>_v<version>`. */
  readonly name: string;
  /** Goes up when rows would come out differently; a new version is built beside the old one. */
  readonly version: number;
  readonly fold: 'state' | 'steps';
  /** Topics it reads. */
  readonly topics: readonly string[];
  /** Event types it reads; all others are skipped. */
  readonly reads: readonly Event['type'][];
  readonly table: TableDefinition;
  /** The key of the row that an event concerns, by column; `undefined` where it concerns none. */
  key(event: Recorded<Event>): Row | undefined;
  /** The row after the event; `undefined` where there is none (any more). Must hold the key's columns. */
  project(row: R | undefined, event: Recorded<Event>): R | undefined;
  /**
   * Whether an operator has discarded an event for this projection: to folds it is not there. Set by the service that runs the
   * projection; a definition leaves it out.
   */
  isDiscarded?(event: Pick<EventMeta, 'stream' | 'version'>): boolean;
}

/**
 * Keeps the literal types of a projection while checking its shape.
 * @throws TypeError where the company is no part of the key, or no text
 */
export function defineProjection<R extends Row, Event extends DomainEvent>(
  projection: Projection<R, Event>,
): Projection<R, Event> {
  const { company, columns, key } = projection.table;
  if (company !== undefined && !key.includes(company))
    throw new TypeError(`${projection.name}: the column ${company} must be part of the key`);
  // The wall between companies compares it with a setting, which is a text.
  if (company !== undefined && columns[company] !== 'text')
    throw new TypeError(`${projection.name}: the column ${company} must be a text`);
  return projection;
}

/** The part of a projection's name after its context, as SQL identifiers want it: `contacts.sync-report` → `sync_report`. */
export function viewName(projection: Pick<Projection, 'name' | 'version'>): string {
  return `${tableStem(projection)}_v${projection.version}`;
}

export function tableStem(projection: Pick<Projection, 'name'>): string {
  const local = projection.name.slice(projection.name.indexOf('.') + 1);
  return local.replaceAll(/[^a-z0-9]+/g, '_');
}
