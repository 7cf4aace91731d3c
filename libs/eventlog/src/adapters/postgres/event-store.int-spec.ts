import { randomBytes, randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { PlatformError } from '@samspill/kernel';
import { testPostgresUrl } from '@samspill/testing';
import pg from 'pg';
import { PostgresServiceDatabase } from '../../conformance/postgres-database.js';
import { companies, company, storedEvent } from '../../conformance/scene.js';
import { moved } from '../../conformance/toy/toy-writing.js';
import type { Stores } from '../../conformance/world.js';
import type { EventStore } from '../../event-store.js';
import type { NewKey } from '../../keys/key-store.js';

const made: { drop(): Promise<void> }[] = [];
let database: PostgresServiceDatabase;
let open: Stores[];
beforeEach(async () => {
  database = await PostgresServiceDatabase.create(testPostgresUrl(), made);
  open = [];
});
afterEach(async () => {
  await Promise.all(open.map((stores) => stores.close()));
  await Promise.all(made.splice(0).map((each) => each.drop()));
});

async function store(): Promise<EventStore> {
  const stores = await database.connect();
  open.push(stores);
  stores.eventStore.permitAppends(await stores.eventStore.incarnation());
  return stores.eventStore;
}

/** A first key of somebody; nobody opens it here. */
function keyOf(subject: string): NewKey {
  const wrapped = { master: 'a', bytes: randomBytes(60) };
  const id = randomBytes(16).toString('base64url');
  return {
    topic: 'toy',
    subject,
    id,
    state: 'kept',
    wrapped,
    wrappedAt: new Date().toISOString(),
    others: 0,
  };
}

function codeOf(error: unknown): unknown {
  return error instanceof PlatformError ? error.code : error;
}

async function sql(text: string): Promise<readonly object[]> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  try {
    return (await client.query<object>(text)).rows;
  } finally {
    await client.end();
  }
}

const stream = `toy.ledger/${company}/1`;
const append = (version: number) => ({
  stream,
  expectedVersion: version - 1,
  events: [storedEvent(stream, version, moved('1', 1, 'a'))],
});

describe('the event store in Postgres', () => {
  it('G1 commits a caller’s own statements with the events, and neither without the other', async () => {
    const events = await store();
    await sql('CREATE TABLE progress (done integer PRIMARY KEY)');
    const done = { text: 'INSERT INTO progress VALUES ($1)', values: [1] };
    await events.append([append(1)], { alongside: [done] });
    await expect(events.append([append(2)], { alongside: [done] })).rejects.toThrow(/progress_pkey/);
    expect(await events.read(stream)).toHaveLength(1);
    await expect(events.append([append(1)], { alongside: [{ ...done, values: [2] }] })).rejects.toMatchObject(
      {
        code: 'eventlog.concurrency',
      },
    );
    expect(await sql('SELECT * FROM progress')).toEqual([{ done: 1 }]);
  });

  it('G2 lets appends over the same streams in any order refuse one another, but never wait for one another', async () => {
    const stores = await Promise.all([store(), store(), store()]);
    const streams = Array.from({ length: 20 }, (_, index) => `toy.ledger/${company}/${index}`);
    const appends = streams.map((name) => ({
      stream: name,
      expectedVersion: 0,
      events: [storedEvent(name, 1, moved('1', 1, 'a'))],
    }));
    const outcomes = await Promise.allSettled(
      stores.map((events, index) => events.append(index === 1 ? appends.toReversed() : appends)),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected')
        expect(outcome.reason).toMatchObject({ code: 'eventlog.concurrency' });
    }
  });

  it('G51 lets one of several appends through that bring a person’s first key at once, and leaves nothing of the others', async () => {
    const first = await store();
    const stores = [first, await store(), await store()];
    for (let turn = 0; turn < 10; turn += 1) {
      const subject = `toy.person/${company}/${turn}`;
      const outcomes = await Promise.allSettled(
        stores.map((events, index) => {
          const name = `toy.ledger/${company}/${turn}-${index}`;
          const keys = { made: [keyOf(subject)], used: [], forgotten: [], subjects: [] };
          const event = storedEvent(name, 1, moved('1', 1, 'a'));
          return events.append([{ stream: name, expectedVersion: 0, events: [event] }], { keys });
        }),
      );
      const outcome = outcomes.map((each) => (each.status === 'rejected' ? codeOf(each.reason) : 'written'));
      expect(outcome.sort()).toEqual(['eventlog.concurrency', 'eventlog.concurrency', 'written']);
      const written = stores.map((_, index) => `toy.ledger/${company}/${turn}-${index}`);
      expect((await first.heads(written)).size).toBe(1);
    }
    expect(
      await sql('SELECT count(*)::int, count(DISTINCT subject)::int AS subjects FROM eventlog.subject_key'),
    ).toEqual([{ count: 10, subjects: 10 }]);
  });

  it('G52 refuses an append whose new key the topic of keys has brought meanwhile, and somebody has forgotten', async () => {
    const stores = await database.connect();
    open.push(stores);
    stores.eventStore.permitAppends(await stores.eventStore.incarnation());
    const key = keyOf(`toy.person/${company}/1`);
    const keys = { made: [key], used: [], forgotten: [], subjects: [] };
    const { topic, subject, id } = key;
    await stores.keyStore.forget([{ topic, subject, id, state: 'forgotten', by: randomUUID() }], false);
    await expect(stores.eventStore.append([append(1)], { keys })).rejects.toMatchObject({
      code: 'eventlog.concurrency',
    });
    const other = keyOf(`toy.person/${company}/2`);
    await stores.keyStore.takeIn([other], { log: 'keys', next: new Map() });
    await stores.eventStore.append([append(1)], { keys: { ...keys, made: [other] } });
    expect(await stores.eventStore.read(stream)).toHaveLength(1);
  });

  it('G9 publishes rows that another process put back and died over', async () => {
    const [dying, heir] = [await store(), await store()];
    const shards = [0, 1, 2, 3];
    for (const each of companies) {
      const name = `toy.ledger/${each}/1`;
      await heir.append([
        { stream: name, expectedVersion: 0, events: [storedEvent(name, 1, moved('1', 1, 'a'))] },
      ]);
    }
    const lost = (): void => undefined;
    const lease = await dying.lease(lost);
    expect([...(await lease.acquire([0]))]).toEqual([0]);
    const heirs = await heir.lease(lost);
    expect([...(await heirs.acquire(shards))]).toEqual([1, 2, 3]);
    const published = await heir.pending(shards, 10);
    await heir.acknowledge(published, []);
    // The heir looks until it knows that nothing is left below where it has been.
    await heir.append([append(2)]);
    for (let look = 0; look < 3; look += 1) await heir.pending(shards, 10);
    expect(await dying.republishMissing(0, new Set())).toBe(
      published.filter(({ shard }) => shard === 0).length + 1,
    );
    await lease.release();
    expect([...(await heirs.acquire(shards))].sort()).toEqual(shards);
    expect((await heir.pending([0], 10)).map(({ event }) => event.version)).toContain(1);
    await heirs.release();
  });
});
