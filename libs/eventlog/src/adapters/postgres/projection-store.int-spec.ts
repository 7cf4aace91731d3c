import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { testPostgresUrl, waitFor } from '@samspill/testing';
import { PostgresWorld } from '../../conformance/postgres-world.js';
import { company, recordOf, scenes, storedEvent } from '../../conformance/scene.js';
import { account, moved } from '../../conformance/toy/toy-writing.js';

/** Random, so that Postgres cannot make it small enough for an index entry, which has 2,704 bytes at most. */
const TOO_LONG_FOR_AN_INDEX = randomBytes(6_000).toString('base64');

describe('read tables in Postgres', () => {
  const scene = scenes(() => PostgresWorld.create(testPostgresUrl()));

  it('G20 park what only the database refuses, live and in a rebuild, and go on', async () => {
    const opened = await scene();
    const bank = await opened.bank();
    const stream = (number: string): string => `toy.account/${company}/${number}`;
    await opened.publish(
      opened.topic,
      recordOf(storedEvent(stream('1'), 1, account('1', 'A'))),
      recordOf(storedEvent(stream('1'), 2, account('1', 'B', { remark: TOO_LONG_FOR_AN_INDEX }))),
      recordOf(storedEvent(stream('2'), 1, account('2', 'A', { remark: TOO_LONG_FOR_AN_INDEX }))),
      recordOf(storedEvent(stream('3'), 1, account('3', 'C'))),
    );
    const check = async (): Promise<void> => {
      expect(await opened.rows('toy.account')).toMatchObject([{ number: '1', name: 'A' }, { number: '3' }]);
      expect(await opened.parked(bank, 'toy.account')).toEqual([
        expect.stringMatching(/1@2: cannot be stored: index row/),
        expect.stringMatching(/2@1: cannot be stored: index row/),
      ]);
    };
    await opened.caughtUp(bank);
    await check();
    await bank.eventLog.rebuild('toy.account');
    await check();
    await bank.append(company, 'toy.account', '4', account('4', 'D'));
    await bank.settled([company]);
    expect(await opened.rows('toy.account')).toMatchObject([{}, {}, { number: '4', name: 'D' }]);
  });

  it('G16 tell an instance that waited for another of what that one has parked', async () => {
    const opened = await scene();
    const [one, two] = [await opened.bank(), await opened.bank()];
    const projection = opened.projection('toy.balance');
    const place = { topic: opened.topic, partition: 0 };
    const waiting = Promise.withResolvers<boolean>();
    await one.projectionStore.transaction(projection, 'live', place, async (tx) => {
      expect(tx.hasParked).toBe(false);
      const second = two.projectionStore.transaction(projection, 'live', place, (later) =>
        Promise.resolve(later.hasParked),
      );
      second.then(waiting.resolve, waiting.reject);
      await waitFor(() => isWaiting(opened.bankDatabase.url), {
        describe: 'the second to wait for the first',
      });
      const event = storedEvent(`toy.ledger/${company}/1`, 1, moved('1', 1, 'a'));
      await tx.park([{ ...place, offset: 0n, event, reason: 'a test' }]);
    });
    expect(await waiting.promise).toBe(true);
  });
});

async function isWaiting(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query(
    `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  );
  await client.end();
  return rows.length > 0;
}
