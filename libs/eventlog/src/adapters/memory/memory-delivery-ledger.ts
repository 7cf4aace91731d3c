import type { PartitionOf } from '../../projection-store.js';
import { begin, isOpen, type LedgerEntry } from '../../reactors/delivery.js';
import type {
  DeliveryLedger,
  DeliveryWait,
  DueQuery,
  IntakeFold,
  LedgerChange,
  LedgerCounts,
  LedgerFold,
  LedgerQuery,
  PositionMove,
  ReactorPosition,
} from '../../reactors/delivery-ledger.js';
import { notPlaced, ofAnotherLog } from '../../reactors/position-faults.js';
import type { Faults } from './faults.js';

const MINUTE_MS = 60_000;

interface ReactorRows {
  readonly positions: Map<string, ReactorPosition>;
  readonly entries: Map<string, LedgerEntry>;
  readonly waits: Map<string, DeliveryWait>;
}

/** Ledgers in memory, by reactor. They outlive the simulated processes that use them. */
export class MemoryDeliveries {
  readonly #reactors = new Map<string, ReactorRows>();

  of(reactor: string): ReactorRows {
    const rows = this.#reactors.get(reactor) ?? {
      positions: new Map(),
      entries: new Map(),
      waits: new Map(),
    };
    this.#reactors.set(reactor, rows);
    return rows;
  }
}

/** One process's client of them. Each call does all of its work at once, so it is atomic by itself. */
export class MemoryDeliveryLedger implements DeliveryLedger {
  constructor(
    private readonly deliveries: MemoryDeliveries,
    private readonly faults: Faults,
  ) {}

  async positions(reactor: string): Promise<readonly ReactorPosition[]> {
    await this.#alive();
    return [...this.deliveries.of(reactor).positions.values()];
  }

  async place(reactor: string, positions: readonly ReactorPosition[]): Promise<void> {
    await this.faults.pass('ledger.before');
    const known = this.deliveries.of(reactor).positions;
    for (const position of positions) {
      const before = known.get(placeOf(position));
      if (!before || (before.log !== undefined && before.log !== position.log))
        known.set(placeOf(position), position);
    }
    await this.faults.pass('ledger.after');
  }

  async takeIn(
    reactor: string,
    things: readonly string[],
    fold: IntakeFold,
    { topic, partition, from, to, log }: PositionMove,
  ): Promise<void> {
    await this.faults.pass('ledger.before');
    const { positions, entries } = this.deliveries.of(reactor);
    const position = positions.get(placeOf({ topic, partition }));
    if (!position) throw notPlaced(reactor, { topic, partition });
    if (position.nextOffset >= to) return;
    if (position.log !== undefined && position.log !== log) throw ofAnotherLog(reactor, position);
    if (from > position.nextOffset) throw notPlaced(reactor, { topic, partition });
    write(entries, fold(known(entries, things), new Date(), position));
    positions.set(placeOf(position), { ...position, nextOffset: to, log });
    await this.faults.pass('ledger.after');
  }

  async add(
    reactor: string,
    things: readonly string[],
    fold: LedgerFold,
    _partition: PartitionOf,
  ): Promise<void> {
    await this.change(reactor, things, fold);
  }

  async change(reactor: string, things: readonly string[], fold: LedgerFold): Promise<void> {
    await this.faults.pass('ledger.before');
    const { entries } = this.deliveries.of(reactor);
    write(entries, fold(known(entries, things), new Date()));
    await this.faults.pass('ledger.after');
  }

  async begin(
    reactor: string,
    seen: readonly LedgerEntry[],
    endsInMs: number,
  ): Promise<ReadonlyMap<string, number>> {
    await this.faults.pass('ledger.before');
    const { entries } = this.deliveries.of(reactor);
    const now = new Date();
    const put = seen.flatMap((entry) => begin(entries.get(entry.thing), entry, now, endsInMs) ?? []);
    write(entries, { put });
    await this.faults.pass('ledger.after');
    return new Map(put.map(({ thing, attempts }) => [thing, attempts]));
  }

  async doubt(
    reactor: string,
    before: readonly (PartitionOf & { readonly offset: bigint })[],
  ): Promise<void> {
    await this.faults.pass('ledger.before');
    const { positions, entries } = this.deliveries.of(reactor);
    for (const place of before) {
      const position = positions.get(placeOf(place));
      if (position && position.askBefore < place.offset)
        positions.set(placeOf(place), { ...position, askBefore: place.offset });
    }
    for (const [thing, entry] of entries)
      if (entry.state === 'intended') entries.set(thing, { ...entry, state: 'unknown' });
    await this.faults.pass('ledger.after');
  }

  async entries(reactor: string, things: readonly string[]): Promise<ReadonlyMap<string, LedgerEntry>> {
    await this.#alive();
    return known(this.deliveries.of(reactor).entries, things);
  }

  async due(
    reactor: string,
    { keys, perKey, without, after, among }: DueQuery,
  ): Promise<readonly LedgerEntry[]> {
    await this.#alive();
    const isWanted = (key: string): boolean =>
      among ? among.includes(key) : key > after && !without.includes(key);
    const place = (key: string): number => among?.indexOf(key) ?? 0;
    const now = new Date().toISOString();
    const due = [...this.deliveries.of(reactor).entries.values()]
      .filter((entry) => isOpen(entry) && entry.dueAt <= now && isWanted(entry.key))
      .toSorted((a, b) => (a.dueAt < b.dueAt ? -1 : 1));
    const byKey = [...Map.groupBy(due, ({ key }) => key)].toSorted(
      ([a], [b]) => place(a) - place(b) || (a < b ? -1 : 1),
    );
    return byKey.slice(0, keys).flatMap(([, entries]) => entries.slice(0, perKey));
  }

  async page(reactor: string, { states, key, after, limit }: LedgerQuery): Promise<readonly LedgerEntry[]> {
    await this.#alive();
    return [...this.deliveries.of(reactor).entries.values()]
      .filter(
        (entry) =>
          states.includes(entry.state) &&
          (key === undefined || entry.key === key) &&
          (after === undefined || entry.thing > after),
      )
      .toSorted((a, b) => (a.thing < b.thing ? -1 : 1))
      .slice(0, limit);
  }

  async counts(reactor: string, key?: string): Promise<LedgerCounts> {
    await this.#alive();
    const entries = [...this.deliveries.of(reactor).entries.values()].filter(
      (entry) => key === undefined || entry.key === key,
    );
    const times = entries.flatMap(({ confirmed }) => confirmed?.at ?? []).sort();
    const last = times.at(-1);
    const minuteAgo = new Date(Date.now() - MINUTE_MS).toISOString();
    return {
      open: entries.filter(isOpen).length,
      inDoubt: entries.filter(({ state }) => state === 'unknown').length,
      refused: entries.filter(({ state }) => state === 'refused').length,
      confirmed: entries.filter(({ state }) => state === 'confirmed').length,
      ...(last !== undefined && { lastConfirmedAt: last }),
      confirmedLastMinute: times.filter((time) => time > minuteAgo).length,
    };
  }

  async waits(reactor: string): Promise<readonly DeliveryWait[]> {
    await this.#alive();
    return [...this.deliveries.of(reactor).waits.values()];
  }

  async putWait(reactor: string, wait: DeliveryWait): Promise<void> {
    await this.#alive();
    this.deliveries.of(reactor).waits.set(wait.key, wait);
  }

  async endWait(reactor: string, key: string): Promise<void> {
    await this.#alive();
    this.deliveries.of(reactor).waits.delete(key);
  }

  async #alive(): Promise<void> {
    await Promise.resolve();
    this.faults.assertAlive();
  }
}

function known(
  entries: ReadonlyMap<string, LedgerEntry>,
  things: readonly string[],
): ReadonlyMap<string, LedgerEntry> {
  return new Map(
    things.flatMap((thing) => {
      const entry = entries.get(thing);
      return entry ? [[thing, entry] as const] : [];
    }),
  );
}

function write(entries: Map<string, LedgerEntry>, { put, drop = [] }: LedgerChange): void {
  for (const entry of put) entries.set(entry.thing, entry);
  for (const thing of drop) entries.delete(thing);
}

function placeOf({ topic, partition }: PartitionOf): string {
  return `${topic}/${partition}`;
}
