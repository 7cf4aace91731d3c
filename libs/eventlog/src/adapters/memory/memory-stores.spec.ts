import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Projection, Row } from '@samspill/kernel';
import { ConcurrencyError, ForkError, ReservationTakenError, type StoredEvent } from '../../event-store.js';
import type { Checkpoint, ParkedEvent, StateChange } from '../../projection-store.js';
import { Faults } from './faults.js';
import { MemoryEventDatabase } from './memory-event-database.js';
import { MemoryEventStore } from './memory-event-store.js';
import { MemoryProjectionStore } from './memory-projection-store.js';
import { MemoryReadTables } from './memory-read-tables.js';

const TIME = '2026-03-01T10:00:00.000Z';

function event(stream: string, version: number, changes: Partial<StoredEvent> = {}): StoredEvent {
  return {
    id: randomUUID(),
    stream,
    version,
    type: 'test.thing.changed',
    schemaVersion: 1,
    key: 'company',
    time: TIME,
    actor: 'user:test',
    correlationId: 'c',
    causationId: 'c',
    value: Buffer.from('{}'),
    ...changes,
  };
}

describe('Memory: an event store', () => {
  let database: MemoryEventDatabase;
  let store: MemoryEventStore;
  const open = async (faults = new Faults()): Promise<MemoryEventStore> => {
    const client = new MemoryEventStore(database, 1, faults);
    client.permitAppends(await client.incarnation());
    return client;
  };
  beforeEach(async () => {
    database = new MemoryEventDatabase();
    store = await open();
  });

  it('appends to several streams or to none', async () => {
    await store.append([{ stream: 'a', expectedVersion: 0, events: [event('a', 1), event('a', 2)] }]);
    const both = [
      { stream: 'b', expectedVersion: 0, events: [event('b', 1)] },
      { stream: 'a', expectedVersion: 1, events: [event('a', 2)] },
    ];
    await expect(store.append(both, { alongside: [{ text: 'SELECT 1', values: [] }] })).rejects.toThrow(
      ConcurrencyError,
    );
    expect(await store.read('b')).toEqual([]);
    expect(database.statements).toEqual([]);
    expect((await store.heads(['a', 'b'])).get('a')?.version).toBe(2);
    expect((await store.pending([0], 10)).map((entry) => entry.event.version)).toEqual([1, 2]);
  });

  it('lets one owner have a name, and gives it to the next when it was given back', async () => {
    const take = (owner: string) => ({ kind: 'take' as const, scope: 'org', name: '1', owner, time: TIME });
    const append = (stream: string, version: number, reservations: Parameters<typeof store.append>[1]) =>
      store.append(
        [{ stream, expectedVersion: version - 1, events: [event(stream, version)] }],
        reservations,
      );
    await append('a', 1, { reservations: [take('a')] });
    await expect(append('b', 1, { reservations: [take('b')] })).rejects.toThrow(ReservationTakenError);
    expect(await store.read('b')).toEqual([]);
    await append('a', 2, { reservations: [{ ...take('a'), kind: 'give' }] });
    await append('b', 1, { reservations: [take('b')] });
  });

  it('refuses appends to an incarnation that was not compared with the log', async () => {
    database.restart();
    const append = { stream: 'a', expectedVersion: 0, events: [event('a', 1)] };
    await expect(store.append([append])).rejects.toMatchObject({ code: 'eventlog.store-unverified' });
    store.permitAppends(await store.incarnation());
    await store.append([append]);
  });

  it('takes in what the log has, skips what is equal, and stops at a fork', async () => {
    const first = event('a', 1);
    await store.append([{ stream: 'a', expectedVersion: 0, events: [first] }]);
    await store.takeIn(0, [first, event('a', 2)], []);
    expect((await store.read('a')).map(({ version }) => version)).toEqual([1, 2]);
    expect(await store.pending([0], 10)).toEqual([]);
    await expect(store.takeIn(0, [event('a', 2)], [])).rejects.toThrow(ForkError);
    expect(await store.republishMissing(0, new Set([first.id]))).toBe(1);
  });

  it('lets one process publish a shard until it dies, leaves, or the database restarts', async () => {
    const dying = new Faults();
    const [lost, other] = [Promise.withResolvers<Error>(), new MemoryEventStore(database, 1)];
    const lease = await (await open(dying)).lease(() => undefined);
    expect([...(await lease.acquire([0, 1]))]).toEqual([0, 1]);
    const second = await other.lease(lost.resolve);
    expect([...(await second.acquire([0, 1]))]).toEqual([]);
    dying.kill();
    expect([...(await second.acquire([0, 1]))]).toEqual([0, 1]);
    database.restart();
    await lost.promise;
    expect([...(await second.acquire([0]))]).toEqual([]);
  });

  it('has done all or nothing when the process dies', async () => {
    const append = { stream: 'a', expectedVersion: 0, events: [event('a', 1)] };
    const before = await open(new Faults().plan('append.before', 'crash'));
    await expect(before.append([append])).rejects.toThrow('died at append.before');
    expect(await store.read('a')).toEqual([]);
    const after = await open(new Faults().plan('append.after', 'crash'));
    await expect(after.append([append])).rejects.toThrow('died at append.after');
    expect(await store.read('a')).toHaveLength(1);
    await expect(after.read('a')).rejects.toThrow('died');
  });
});

const projection: Projection = {
  name: 'test.things',
  version: 1,
  fold: 'state',
  topics: ['test'],
  reads: ['test.thing.changed'],
  table: { columns: { id: 'text', name: 'text' }, key: ['id'], indexes: [] },
  key: () => undefined,
  project: () => undefined,
};
const place = { topic: 'test', partition: 0 };
const start: Checkpoint = { ...place, nextOffset: 0n, log: undefined };

function change(id: string, version: number, name?: string): StateChange {
  const row: Row | undefined = name === undefined ? undefined : { id, name };
  return { stream: `thing/${id}`, version, key: { id }, row };
}

function parked(id: string, version: number): ParkedEvent {
  return { ...place, offset: BigInt(version), event: event(`thing/${id}`, version), reason: 'odd' };
}

describe('Memory: a projection store', () => {
  let tables: MemoryReadTables;
  let store: MemoryProjectionStore;
  const built = async (checkpoint = start): Promise<number> => {
    const generation = await store.createGeneration(projection);
    await store.load(projection, generation, { checkpoints: [checkpoint], chunks: [] });
    return generation;
  };
  beforeEach(() => {
    tables = new MemoryReadTables();
    store = new MemoryProjectionStore(tables);
  });

  it('moves rows and checkpoint together or not at all', async () => {
    const generation = await built();
    await store.switchTo(projection, generation, 100);
    const failing = store.transaction(projection, 'live', place, async (tx) => {
      await tx.writeStates([change('1', 1, 'one')]);
      expect(await tx.rows([{ id: '1' }])).toEqual([{ id: '1', name: 'one' }]);
      await tx.moveTo(1n, 'log');
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(tables.live(projection)).toEqual([]);
    expect(await store.checkpoints(projection, generation)).toEqual([start]);
    await store.transaction(projection, 'live', place, async (tx) => {
      await tx.writeStates([change('1', 1, 'one')]);
      await tx.moveTo(1n, 'log');
    });
    expect(tables.live(projection)).toEqual([{ id: '1', name: 'one' }]);
    expect(await store.checkpoints(projection, generation)).toEqual([
      { ...place, nextOffset: 1n, log: 'log' },
    ]);
  });

  it('lets the highest version decide, after a deletion too, and forgets what it supersedes of the parked', async () => {
    const generation = await built();
    const write = (...changes: StateChange[]) =>
      store.transaction(projection, generation, place, (tx) => tx.writeStates(changes));
    await write(change('1', 2, 'two'));
    await write(change('1', 1, 'late'));
    await store.transaction(projection, generation, place, (tx) => tx.park([parked('1', 3), parked('1', 5)]));
    await write(change('1', 4));
    await write(change('1', 2, 'risen'));
    await store.switchTo(projection, generation, 100);
    expect(tables.live(projection)).toEqual([]);
    expect((await store.parked(projection, generation)).map((entry) => entry.event.version)).toEqual([5]);
    await write(change('1', 6, 'new'));
    expect(tables.live(projection)).toEqual([{ id: '1', name: 'new' }]);
    expect(await store.parked(projection, generation)).toEqual([]);
  });

  it('lets transactions on one partition follow each other, and others run beside them', async () => {
    const generation = await store.createGeneration(projection);
    const checkpoints = [start, { ...start, partition: 1 }];
    await store.load(projection, generation, { checkpoints, chunks: [] });
    const order: string[] = [];
    const go = Promise.withResolvers<undefined>();
    const first = store.transaction(projection, generation, place, async () => {
      order.push('first begins');
      await go.promise;
      order.push('first ends');
    });
    const second = store.transaction(projection, generation, place, () =>
      Promise.resolve(order.push('second')),
    );
    await store.transaction(projection, generation, { topic: 'test', partition: 1 }, () =>
      Promise.resolve(order.push('other')),
    );
    go.resolve(undefined);
    await Promise.all([first, second]);
    expect(order).toEqual(['first begins', 'other', 'first ends', 'second']);
  });

  it('switches behind a fence, only forwards, and says when it could not', async () => {
    const old = await built({ ...start, nextOffset: 5n });
    await store.switchTo(projection, old, 100);
    const behind = await built({ ...start, nextOffset: 4n });
    expect(await store.switchTo(projection, behind, 100)).toBeUndefined();
    const ahead = await built({ ...start, nextOffset: 5n });
    const go = Promise.withResolvers<undefined>();
    const batch = store.transaction(projection, 'live', place, () => go.promise);
    expect(await store.switchTo(projection, ahead, 5)).toBeUndefined();
    go.resolve(undefined);
    await batch;
    expect(await store.switchTo(projection, ahead, 100)).toEqual(expect.any(Number));
    expect((await store.generations(projection)).map(({ number, state }) => [number, state])).toEqual([
      [ahead, 'live'],
      [behind, 'building'],
      [old, 'old'],
    ]);
  });

  it('runs an operation in one process at a time, and lets the next have it when that one dies', async () => {
    const dying = new Faults();
    const other = new MemoryProjectionStore(tables, dying);
    void other.exclusively('rebuild', () => new Promise(() => undefined));
    await Promise.resolve();
    await Promise.resolve();
    expect(await store.exclusively('rebuild', () => Promise.resolve('done'))).toBeUndefined();
    dying.kill();
    expect(await store.exclusively('rebuild', () => Promise.resolve('done'))).toBe('done');
  });

  it('gives the same fingerprint for the same rows in any order', async () => {
    const rows = [
      { row: { id: '1', name: 'one' }, version: 1 },
      { row: { id: '2', name: 'two' }, version: 1 },
    ];
    const fingerprints = [];
    for (const content of [rows, rows.toReversed()]) {
      const generation = await store.createGeneration(projection);
      await store.load(projection, generation, {
        checkpoints: [start],
        chunks: [{ rows: content, versions: [], parked: [] }],
      });
      fingerprints.push(await store.snapshot(projection, generation, (view) => view.fingerprint()));
    }
    expect(fingerprints[0]).toEqual(fingerprints[1]);
    expect(fingerprints[0]?.rows).toBe(2);
  });

  it('has committed all or nothing when the process dies', async () => {
    const generation = await built();
    for (const [point, rows] of [
      ['transaction.commit.before', 0],
      ['transaction.commit.after', 1],
    ] as const) {
      const dying = new MemoryProjectionStore(tables, new Faults().plan(point, 'crash'));
      const work = dying.transaction(projection, generation, place, (tx) =>
        tx.writeStates([change('1', 1, 'one')]),
      );
      await expect(work).rejects.toThrow(`died at ${point}`);
      expect((await store.snapshot(projection, generation, (view) => view.fingerprint())).rows).toBe(rows);
    }
  });
});
