import { PlatformError } from '@samspill/kernel';
import {
  ConcurrencyError,
  ForkError,
  ReservationTakenError,
  type AppendOptions,
  type EventPlace,
  type EventStore,
  type OutboxEntry,
  type Publication,
  type Reservation,
  type ReservationChange,
  type ShardLease,
  type StoredEvent,
  type StreamAppend,
  type StreamMarks,
  type StreamRange,
  type StreamSummary,
} from '../../event-store.js';
import { keyGone, type AppendKeys, type NewKey } from '../../keys/key-store.js';
import { partitionOf } from '../../partitioner.js';
import { Faults } from './faults.js';
import { summariesOf } from './memory-stream-summaries.js';
import type { KeyRow, MemoryEventDatabase, ReservationRow } from './memory-event-database.js';

/** One process's client of an event store in memory. Each call does all of its work at once, so it is atomic by itself. */
export class MemoryEventStore implements EventStore {
  #permitted: string | undefined;

  constructor(
    private readonly database: MemoryEventDatabase,
    private readonly partitions: number,
    private readonly faults = new Faults(),
  ) {}

  async incarnation(): Promise<string> {
    await this.#alive();
    return this.database.incarnation;
  }

  permitAppends(incarnation: string | undefined): void {
    this.#permitted = incarnation;
  }

  async append(appends: readonly StreamAppend[], options: AppendOptions = {}): Promise<void> {
    await this.faults.pass('append.before');
    if (this.#permitted !== this.database.incarnation) throw unverified();
    for (const append of appends) this.#checkVersions(append);
    const reservations = afterAppend(this.database.reservations, options.reservations ?? []);
    if (options.keys) changeKeys(this.database.keys, options.keys);
    for (const event of appends.flatMap((append) => append.events)) {
      this.database.putOut(this.database.insert(event, partitionOf(event.key, this.partitions)));
    }
    replace(this.database.reservations, reservations);
    this.database.statements.push(...(options.alongside ?? []));
    await this.faults.pass('append.after');
  }

  async holder(scope: string, name: string): Promise<string | undefined> {
    await this.#alive();
    return this.database.reservations.get(nameOf({ scope, name }))?.owner;
  }

  async heads(streams: readonly string[]): Promise<ReadonlyMap<string, StoredEvent>> {
    await this.#alive();
    return new Map(
      streams.flatMap((stream) => {
        const head = this.database.streams.get(stream)?.at(-1);
        return head ? [[stream, head] as const] : [];
      }),
    );
  }

  async read(
    stream: string,
    fromVersion = 1,
    limit = Number.POSITIVE_INFINITY,
  ): Promise<readonly StoredEvent[]> {
    await this.#alive();
    const events = this.database.streams.get(stream) ?? [];
    return events.filter((event) => event.version >= fromVersion).slice(0, limit);
  }

  async lease(onLost: (reason: Error) => void): Promise<ShardLease> {
    await this.#alive();
    return new MemoryShardLease(this.database, this.faults, onLost);
  }

  async pending(shards: readonly number[], limitPerShard: number): Promise<readonly OutboxEntry[]> {
    await this.faults.pass('pending');
    return shards.flatMap((shard) => inOrder(this.database.outbox.get(shard)).slice(0, limitPerShard));
  }

  async acknowledge(entries: readonly OutboxEntry[], publications: readonly Publication[]): Promise<void> {
    await this.faults.pass('acknowledge.before');
    for (const { shard, position } of entries) this.database.outbox.get(shard)?.delete(position);
    for (const publication of publications) this.database.publications.set(publication.shard, publication);
    await this.faults.pass('acknowledge.after');
  }

  async publications(): Promise<readonly Publication[]> {
    await this.#alive();
    return [...this.database.publications.values()].toSorted((a, b) => a.shard - b.shard);
  }

  async newestPending(shard: number): Promise<bigint | undefined> {
    await this.#alive();
    return inOrder(this.database.outbox.get(shard)).at(-1)?.position;
  }

  async backlog(): Promise<{ readonly oldestMs: number; readonly count: number }> {
    await this.#alive();
    const rows = [...this.database.outbox.values()].flatMap((shard) => [...shard.values()]);
    const oldest = Math.min(...rows.map(({ event }) => Date.parse(event.time)));
    return { count: rows.length, oldestMs: rows.length === 0 ? 0 : Math.max(0, Date.now() - oldest) };
  }

  async count(): Promise<number> {
    await this.#alive();
    return [...this.database.streams.values()].reduce((sum, events) => sum + events.length, 0);
  }

  async known(events: readonly EventPlace[]): Promise<ReadonlyMap<string, StoredEvent>> {
    await this.#alive();
    return this.#known(events);
  }

  async streams(range: StreamRange, marks: StreamMarks): Promise<readonly StreamSummary[]> {
    await this.#alive();
    return summariesOf(this.database.streams, range, marks);
  }

  async histories(streams: readonly string[]): Promise<ReadonlyMap<string, readonly StoredEvent[]>> {
    await this.#alive();
    return new Map(
      streams.flatMap((stream) => {
        const events = this.database.streams.get(stream);
        return events ? [[stream, [...events]] as const] : [];
      }),
    );
  }

  async takeIn(
    shard: number,
    events: readonly StoredEvent[],
    reservations: readonly ReservationChange[],
  ): Promise<void> {
    await this.faults.pass('takeIn.before');
    const known = this.#known(events);
    for (const event of events) {
      const stored = known.get(`${event.stream}@${event.version}`);
      if (stored && !(stored.id === event.id && stored.value.equals(event.value))) {
        throw new ForkError(event.stream, event.version, stored.id, event.id);
      }
    }
    for (const event of events) {
      if (!known.has(`${event.stream}@${event.version}`)) this.database.insert(event, shard);
    }
    const ids = new Set(events.map((event) => event.id));
    for (const row of inOrder(this.database.outbox.get(shard))) {
      if (ids.has(row.event.id)) this.database.outbox.get(shard)?.delete(row.position);
    }
    replace(this.database.reservations, afterTakeIn(this.database.reservations, reservations));
    await this.faults.pass('takeIn.after');
  }

  async republishMissing(shard: number, onLog: ReadonlySet<string>): Promise<number> {
    await this.#alive();
    const missing = this.database.rows.filter((row) => row.shard === shard && !onLog.has(row.event.id));
    for (const row of missing) this.database.putOut(row);
    return missing.length;
  }

  async close(): Promise<void> {
    await Promise.resolve();
  }

  #checkVersions({ stream, expectedVersion, events }: StreamAppend): void {
    if (events.length === 0) return;
    events.forEach((event, index) => {
      if (event.version === expectedVersion + index + 1 && event.stream === stream) return;
      throw new TypeError(`${stream}: event ${event.id} does not follow version ${expectedVersion}`);
    });
    const version = this.database.streams.get(stream)?.length ?? 0;
    if (version !== expectedVersion) throw new ConcurrencyError('A stream has moved on since it was read.');
  }

  #known(events: readonly EventPlace[]): ReadonlyMap<string, StoredEvent> {
    return new Map(
      events.flatMap(({ stream, version }) => {
        const stored = this.database.streams.get(stream)?.find((event) => event.version === version);
        return stored ? [[`${stream}@${version}`, stored] as const] : [];
      }),
    );
  }

  async #alive(): Promise<void> {
    await Promise.resolve();
    this.faults.assertAlive();
  }
}

class MemoryShardLease implements ShardLease {
  readonly #holder: { readonly lost: (reason: Error) => void };
  readonly #forget: () => void;
  #released = false;

  constructor(
    private readonly database: MemoryEventDatabase,
    private readonly faults: Faults,
    onLost: (reason: Error) => void,
  ) {
    this.#holder = {
      lost: (reason) => {
        this.#released = true;
        onLost(reason);
      },
    };
    this.#forget = faults.onCrash(() => {
      this.#letGo();
    });
  }

  async acquire(shards: readonly number[]): Promise<ReadonlySet<number>> {
    await Promise.resolve();
    this.faults.assertAlive();
    const { leases } = this.database;
    if (!this.#released) for (const shard of shards) if (!leases.has(shard)) leases.set(shard, this.#holder);
    return new Set([...leases].filter(([, holder]) => holder === this.#holder).map(([shard]) => shard));
  }

  async release(): Promise<void> {
    await Promise.resolve();
    this.#letGo();
  }

  #letGo(): void {
    this.#released = true;
    this.#forget();
    for (const [shard, holder] of this.database.leases) {
      if (holder === this.#holder) this.database.leases.delete(shard);
    }
  }
}

function inOrder(shard: ReadonlyMap<bigint, OutboxEntry> | undefined): OutboxEntry[] {
  return [...(shard?.values() ?? [])].sort((a, b) => (a.position < b.position ? -1 : 1));
}

/** @throws ConcurrencyError where a key is not what it was when the events were sealed */
function changeKeys(rows: Map<string, KeyRow>, { made, used, forgotten, subjects }: AppendKeys): void {
  if (used.some((id) => rows.get(id)?.key.state !== 'kept')) throw keyGone();
  if (made.some((key) => !canBeAdded(rows, key))) throw keyGone();
  const gone = new Set(forgotten.map(({ id }) => id));
  const left = [...rows.values()].some(
    ({ key }) =>
      key.state === 'kept' &&
      !gone.has(key.id) &&
      subjects.some(({ topic, subject }) => key.topic === topic && key.subject === subject),
  );
  if (left || forgotten.some(({ id }) => rows.get(id)?.key.state !== 'kept')) throw keyGone();
  const forgottenAt = new Date().toISOString();
  for (const key of forgotten) rows.set(key.id, { key, isAnnounced: false, forgottenAt });
  for (const { others: _, ...key } of made)
    if (!rows.has(key.id)) rows.set(key.id, { key, isAnnounced: true, forgottenAt: '' });
}

function canBeAdded(rows: ReadonlyMap<string, KeyRow>, { id, topic, subject, others }: NewKey): boolean {
  const known = [...rows.values()].filter(({ key }) => key.topic === topic && key.subject === subject);
  return (
    known.filter(({ key }) => key.id !== id).length === others && rows.get(id)?.key.state !== 'forgotten'
  );
}

type Reservations = ReadonlyMap<string, ReservationRow>;

/** @throws ReservationTakenError */
function afterAppend(current: Reservations, changes: readonly ReservationChange[]): Reservations {
  const after = new Map(current);
  for (const change of changes) {
    if (change.kind === 'give-all') {
      giveAll(after, change);
      continue;
    }
    const holder = after.get(nameOf(change));
    if (change.kind === 'give') {
      if (holder?.owner === change.owner) after.delete(nameOf(change));
    } else if (holder && holder.owner !== change.owner) {
      throw new ReservationTakenError(change);
    } else {
      after.set(nameOf(change), holder ?? { owner: change.owner, since: change.time });
    }
  }
  return after;
}

/** Nobody is refused: the events have happened. Of two owners the later one has the name. */
function afterTakeIn(current: Reservations, changes: readonly ReservationChange[]): Reservations {
  const after = new Map(current);
  for (const change of changes) {
    if (change.kind === 'give-all') {
      giveAll(after, change);
      continue;
    }
    const holder = after.get(nameOf(change));
    if (change.kind === 'give') {
      if (holder?.owner === change.owner) after.delete(nameOf(change));
    } else if (
      !holder ||
      holder.owner === change.owner ||
      Date.parse(holder.since) < Date.parse(change.time)
    ) {
      after.set(nameOf(change), { owner: change.owner, since: change.time });
    }
  }
  return after;
}

function giveAll(
  reservations: Map<string, ReservationRow>,
  { scope, owner }: Pick<Reservation, 'scope' | 'owner'>,
): void {
  const beginning = `${JSON.stringify([scope]).slice(0, -1)},`;
  for (const [name, row] of reservations)
    if (row.owner === owner && name.startsWith(beginning)) reservations.delete(name);
}

function nameOf({ scope, name }: Pick<Reservation, 'scope' | 'name'>): string {
  return JSON.stringify([scope, name]);
}

function replace(target: Map<string, ReservationRow>, content: Reservations): void {
  const rows = [...content];
  target.clear();
  for (const [name, row] of rows) target.set(name, row);
}

function unverified(): PlatformError {
  return new PlatformError(
    'eventlog.store-unverified',
    'The event store is being compared with the end of the log; writing opens when they match.',
    true,
  );
}
