import { randomUUID } from 'node:crypto';
import type { Publication, SqlStatement, StoredEvent } from '../../event-store.js';
import type { KeyPositions, StoredKey } from '../../keys/key-store.js';

export interface StoredRow {
  readonly position: bigint;
  readonly shard: number;
  readonly event: StoredEvent;
}

/** A key with what is known of it here. */
export interface KeyRow {
  key: StoredKey;
  /** Whether the topic of keys says that it is forgotten. */
  isAnnounced: boolean;
  /** RFC 3339; empty while it is kept. */
  readonly forgottenAt: string;
}

export interface ReservationRow {
  readonly owner: string;
  readonly since: string;
}

/** What an event store in memory keeps. It outlives the simulated processes that use it. */
export class MemoryEventDatabase {
  /** In the order of positions. */
  readonly rows: StoredRow[] = [];
  readonly streams = new Map<string, StoredEvent[]>();
  /** Unpublished rows of each shard by position; a map keeps the order in which they were put in. */
  readonly outbox = new Map<number, Map<bigint, StoredRow>>();
  readonly publications = new Map<number, Publication>();
  /** By scope and name: who has it, and since which event. */
  readonly reservations = new Map<string, ReservationRow>();
  /** Statements that were committed together with appends; nothing here can run them. */
  readonly statements: SqlStatement[] = [];
  /** By id. */
  readonly keys = new Map<string, KeyRow>();
  keyPositions: KeyPositions | undefined;
  /** Who publishes a shard. */
  readonly leases = new Map<number, { readonly lost: (reason: Error) => void }>();
  #incarnation = randomUUID();

  get incarnation(): string {
    return this.#incarnation;
  }

  insert(event: StoredEvent, shard: number): StoredRow {
    const row = { position: BigInt(this.rows.length + 1), shard, event };
    this.rows.push(row);
    const stream = this.streams.get(event.stream);
    if (stream) stream.push(event);
    else this.streams.set(event.stream, [event]);
    return row;
  }

  putOut(row: StoredRow): void {
    const shard = this.outbox.get(row.shard) ?? new Map<bigint, StoredRow>();
    this.outbox.set(row.shard, shard.set(row.position, row));
  }

  /** Restarts the server: connections break, and what they held is free. */
  restart(): void {
    this.#incarnation = randomUUID();
    const lost = new Set(this.leases.values());
    this.leases.clear();
    for (const lease of lost) lease.lost(new Error('the database has restarted'));
  }

  /** A backup: the same content in another incarnation of the database. */
  copy(): MemoryEventDatabase {
    const copy = new MemoryEventDatabase();
    copy.rows.push(...this.rows);
    for (const [name, events] of this.streams) copy.streams.set(name, [...events]);
    for (const [shard, rows] of this.outbox) copy.outbox.set(shard, new Map(rows));
    for (const [shard, publication] of this.publications) copy.publications.set(shard, publication);
    for (const [name, row] of this.reservations) copy.reservations.set(name, row);
    for (const [id, row] of this.keys) copy.keys.set(id, { ...row });
    copy.keyPositions = this.keyPositions;
    copy.statements.push(...this.statements);
    return copy;
  }
}
