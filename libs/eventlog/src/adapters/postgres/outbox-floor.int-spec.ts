import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import { PostgresServiceDatabase } from '../../conformance/postgres-database.js';
import { testPostgresUrl, waitFor } from '@samspill/testing';
import { silentLogger } from '../../logger.js';
import { Database } from './database.js';
import { OutboxFloor } from './outbox-floor.js';

const SHARDS = 2;
const made: { drop(): Promise<void> }[] = [];
let database: Database;
beforeAll(async () => {
  const { url } = await PostgresServiceDatabase.create(testPostgresUrl(), made);
  database = new Database({ url, applicationName: 'test', logger: silentLogger });
});
afterAll(async () => {
  await database.close();
  await Promise.all(made.map((each) => each.drop()));
});

/** As an append does: a transaction id first, then a position. */
async function put(client: pg.ClientBase, shard = 0): Promise<bigint> {
  await client.query('SELECT pg_current_xact_id()');
  const { rows } = await client.query<{ position: string }>(
    `INSERT INTO eventlog.outbox (shard, position) VALUES ($1, nextval('eventlog.event_position_seq')) RETURNING position`,
    [shard],
  );
  return BigInt(rows[0]?.position ?? 0);
}

/** Transactions of the server's other databases, which other tests have open, keep the floor down as well: it rises once they end. */
async function rises(floor: OutboxFloor, to: bigint): Promise<void> {
  await waitFor(async () => BigInt(await floor.current()) >= to, { describe: `the floor to rise to ${to}` });
}

/** Looks as often as could raise the floor. */
async function raised(floor: OutboxFloor): Promise<bigint> {
  for (let look = 0; look < 5; look += 1) await floor.current();
  return BigInt(await floor.current());
}

describe('the floor of the outbox', () => {
  it('G7 stays below a row whose transaction has not ended, on a quiet database and on a busy one', async () => {
    const floor = new OutboxFloor(database, SHARDS, 0);
    const slow = await database.dedicated();
    await slow.query('BEGIN');
    const late = await put(slow);
    expect(await raised(floor)).toBeLessThan(late);
    await database.withClient(async (client) => {
      for (let turn = 0; turn < 5; turn += 1) {
        const position = await put(client, 1);
        await client.query('DELETE FROM eventlog.outbox WHERE position = $1', [position.toString()]);
        expect(await raised(floor)).toBeLessThan(late);
      }
    });
    await slow.query('COMMIT');
    await slow.end();
    await rises(floor, late - 1n);
    expect(await raised(floor)).toBe(late - 1n);
    await database.withClient((client) => client.query('DELETE FROM eventlog.outbox'));
    await rises(floor, late);
  });

  it('begins again from the bottom when rows may have been put back, whatever look is under way', async () => {
    const floor = new OutboxFloor(database, SHARDS, 0);
    const position = await database.withClient(async (client) => {
      const put_ = await put(client);
      await client.query('DELETE FROM eventlog.outbox');
      return put_;
    });
    await rises(floor, position);
    const underWay = floor.current();
    floor.reset();
    await underWay;
    await database.withClient((client) =>
      client.query('INSERT INTO eventlog.outbox (shard, position) VALUES (0, $1)', [position.toString()]),
    );
    expect(await raised(floor)).toBeLessThan(position);
  });
});
