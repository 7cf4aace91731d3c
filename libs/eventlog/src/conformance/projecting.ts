import { describe, expect, it } from '@jest/globals';
import { waitFor } from '@samspill/testing';
import { companies, company, otherCompany, recordOf, scenes, storedEvent } from './scene.js';
import { overriding } from './overriding.js';
import { account, closed, emptied, left, moved, named, type Between } from './toy/toy-process.js';
import type { MakeWorld } from './world.js';

/** G13, G14, G19: events become rows, each exactly once. */
export function describeProjecting(make: MakeWorld): void {
  describe('projecting', () => {
    const scene = scenes(make);

    it('G13 drops repeats on the log: at once, late, out of order, and after the row is gone', async () => {
      const opened = await scene();
      const bank = await opened.bank();
      const one = `toy.account/${company}/1`;
      const ledger = `toy.ledger/${company}/1`;
      const accounts = [account('1', 'A'), account('1', 'B'), closed('1')].map((event, index) =>
        recordOf(storedEvent(one, index + 1, event)),
      );
      const moves = [moved('1', 5, 'a'), moved('1', 7, 'b'), emptied('1'), moved('1', 9, 'c')].map(
        (event, index) => recordOf(storedEvent(ledger, index + 1, event)),
      );
      await opened.publish(opened.topic, ...accounts.slice(0, 2), ...moves.slice(0, 2));
      await opened.publish(opened.topic, ...accounts.slice(0, 1), ...moves.slice(0, 2), ...moves.slice(1, 2));
      await opened.caughtUp(bank);
      expect(await opened.rows('toy.account')).toMatchObject([{ name: 'B' }]);
      expect(await opened.rows('toy.balance')).toMatchObject([{ total: 12, refs: ['a', 'b'] }]);
      await opened.publish(
        opened.topic,
        ...accounts,
        ...moves.slice(0, 3),
        ...accounts,
        ...moves.slice(0, 2),
      );
      await opened.caughtUp(bank);
      expect(await opened.rows('toy.account')).toEqual([]);
      expect(await opened.rows('toy.balance')).toEqual([]);
      await opened.publish(opened.topic, ...moves, ...accounts);
      await opened.caughtUp(bank);
      await opened.publish(opened.topic, ...accounts.slice(0, 2), ...moves.slice(0, 2));
      await opened.caughtUp(bank);
      expect(await opened.rows('toy.account')).toEqual([]);
      expect(await opened.rows('toy.balance')).toMatchObject([{ total: 9, refs: ['c'] }]);
      // What comes after the deletion is not a repeat.
      await opened.publish(opened.topic, recordOf(storedEvent(one, 4, account('1', 'C'))), ...accounts);
      await opened.caughtUp(bank);
      expect(await opened.rows('toy.account')).toMatchObject([{ name: 'C' }]);
    });

    it('G14 writes rows and checkpoint together, or neither', async () => {
      const opened = await scene();
      const failures = ['before', 'within', 'after', 'within', 'after', 'before', 'after'];
      let failing = false;
      const bank = await opened.bank({
        projectionStore: (store) =>
          overriding(store, {
            transaction: async (projection, generation, partition, work) => {
              const failure = failing ? failures.shift() : undefined;
              if (failure === 'before') throw new Error('there was no connection');
              const result = await store.transaction(projection, generation, partition, async (tx) => {
                const done = await work(tx);
                if (failure === 'within') throw new Error('the connection broke before the commit');
                return done;
              });
              if (failure === 'after') throw new Error('the answer to the commit was lost');
              return result;
            },
          }),
      });
      failing = true;
      for (let turn = 1; turn <= 10; turn += 1) {
        await bank.append(company, 'toy.ledger', '1', moved('1', turn, String(turn)));
        await bank.append(otherCompany, 'toy.account', String(turn), account(String(turn), 'A'));
      }
      await bank.settled([company, otherCompany]);
      expect(failures).toEqual([]);
      expect(await opened.rows('toy.balance')).toMatchObject([{ total: 55, moves: 10 }]);
      expect(await opened.rows('toy.account')).toHaveLength(10);
    });

    it('G14 lets a stale instance write nothing: two that are both given every batch', async () => {
      const opened = await scene();
      const apart = (number: number): Between => ({
        log: (log) =>
          overriding(log, {
            subscribe: (group, topics, handler) => log.subscribe(`${group}.${number}`, topics, handler),
          }),
      });
      const instances = await Promise.all([1, 2, 3].map((number) => opened.bank(apart(number))));
      for (let turn = 0; turn < 60; turn += 1) {
        const each = companies[turn % companies.length] ?? '';
        await instances[turn % 3]?.append(each, 'toy.ledger', '1', moved('1', 1, String(turn)));
      }
      for (const instance of instances) await instance.settled(companies);
      expect(await opened.rows('toy.balance')).toMatchObject(companies.map(() => ({ total: 15, moves: 15 })));
    });

    it('G14 hands the partitions of an instance that leaves to the others, which go on where it stood', async () => {
      const opened = await scene();
      const [first, second] = [await opened.bank(), await opened.bank()];
      for (let turn = 0; turn < 40; turn += 1) {
        if (turn === 20) await opened.stop(first);
        const each = companies[turn % companies.length] ?? '';
        await second.append(each, 'toy.ledger', '1', moved('1', 1, String(turn)));
      }
      await second.settled(companies);
      expect(await opened.rows('toy.balance')).toMatchObject(companies.map(() => ({ total: 10, moves: 10 })));
    });

    it('G19 gives the same rows of two topics however they interleave, with two instances at work', async () => {
      const opened = await scene();
      const owners = await opened.owners();
      const instances = [await opened.bank(), await opened.bank()];
      const [bank = owners] = instances;
      const turns = Array.from({ length: 15 }, (_, turn) => turn);
      await Promise.all([
        (async () => {
          for (const turn of turns) {
            for (const each of companies)
              await bank.append(each, 'toy.ledger', '1', moved('1', turn, String(turn)));
          }
          await bank.append(company, 'toy.ledger', '1', emptied('1'));
          await bank.append(otherCompany, 'toy.ledger', '1', emptied('1'));
        })(),
        (async () => {
          for (const turn of turns) {
            for (const each of companies)
              await owners.append(each, 'toy.owner', '1', named('1', `owner ${turn}`));
          }
          await owners.append(otherCompany, 'toy.owner', '1', left('1'));
        })(),
      ]);
      await opened.published(owners);
      await opened.published(bank);
      await opened.caughtUp(bank);
      const rows = await opened.rows('toy.balance');
      const expected = companies
        .filter((each) => each !== otherCompany)
        .map((each) => ({ company: each, owner: 'owner 14', moves: each === company ? 0 : 15 }));
      expect(rows).toMatchObject(expected.toSorted((a, b) => (a.company < b.company ? -1 : 1)));
      await bank.eventLog.rebuild('toy.balance');
      expect(await opened.rows('toy.balance')).toEqual(rows);
    });

    it('G25 has shown everything that was appended for a company before, once it says that it has', async () => {
      const opened = await scene();
      const [writer, reader] = [await opened.bank(), await opened.bank()];
      for (let turn = 0; turn < 10; turn += 1) {
        const each = companies[turn % companies.length] ?? '';
        await writer.append(each, 'toy.account', String(turn), account(String(turn), 'A'));
        await reader.settled([each]);
        expect(await opened.rows('toy.account')).toHaveLength(turn + 1);
      }
      await expect(reader.eventLog.settled(company, ['toy.unknown'], 100)).rejects.toMatchObject({
        code: 'eventlog.unknown-projection',
      });
    });

    it('G26 waits for topics that are missing, says which, and starts by itself when they are there', async () => {
      const opened = await scene();
      const log = await opened.log();
      const { topics } = opened.world;
      const absent = { ...opened.bankManifest, topic: `${topics.bank}.new` };
      const bank = await opened.bankConnected({}, opened.bankDatabase, absent);
      bank.eventLog.start();
      const told = await waitFor(
        () => {
          const { projections } = bank.eventLog.status();
          return 'reason' in projections && projections.reason.includes(absent.topic)
            ? projections.reason
            : undefined;
        },
        { describe: 'the missing topic to be named' },
      );
      expect(told).toMatch(/does not exist/);
      await expect(bank.append(company, 'toy.account', '1', account('1', 'A'))).rejects.toMatchObject({
        code: 'eventlog.store-unverified',
      });
      await log.create([absent.topic], 4);
      await bank.ready();
      await bank.append(company, 'toy.account', '1', account('1', 'A'));
      await opened.published(bank);
    });
  });
}
