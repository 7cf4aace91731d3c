import { describe, expect, it } from '@jest/globals';
import { waitFor, type OutsideSystem } from '@samspill/testing';
import type { RedeliveryWindow } from '@samspill/contracts';
import { contentHash } from '../reactors/content-hash.js';
import { granted } from './operating.js';
import { companies, company, otherCompany, scenes, type Scene } from './scene.js';
import { ACCOUNT_REACTOR, accountThing } from './toy/account.reactor.js';
import { account, context, type ToyProcess } from './toy/toy-process.js';
import {
  delivered,
  outsides,
  reactorStatus,
  release,
  stands,
  takenIn,
  telling,
  type TellingOptions,
} from './telling.js';
import type { MakeWorld } from './world.js';

/** G75 and G76: what a restore and a replay mean for what is done outside. */
export function describeReactingRestored(make: MakeWorld): void {
  describe('reacting after a loss', () => {
    const scene = scenes(make);
    const outsideSystem = outsides();

    it('G75 brings ledger and positions back from the log alone, and delivers nothing before somebody lets it', async () => {
      const opened = await scene();
      const outside = await outsideSystem();
      const before = await telling(opened, outside);
      outside.refuses.set(accountThing(company, '9'), 'No.');
      for (const each of companies) await before.append(each, 'toy.account', '1', account('1', 'A'));
      await before.append(company, 'toy.account', '9', account('9', 'refused'));
      await delivered(opened, before);
      await opened.stop(before);
      const empty = await opened.world.database();
      const bank = await telling(opened, outside, { database: empty });
      const { held } = await stands(bank, 'held');
      expect(held).toMatchObject({ by: 'service:toy-bank', reason: expect.stringContaining('replaced') });
      await bank.append(company, 'toy.account', '2', account('2', 'B'));
      await takenIn(opened, bank);
      expect((await reactorStatus(bank)).counts).toMatchObject({
        confirmed: companies.length,
        refused: 1,
        open: 1,
      });
      expect(outside.effects).toHaveLength(companies.length);
      await release(bank);
      await delivered(opened, bank);
      expect(outside.effects).toHaveLength(companies.length + 1);
      expect(outside.repeated).toEqual([]);
    });

    it('G75 asks about what a lost database never got to tell, and sends only what the outside lacks', async () => {
      const opened = await scene();
      const outside = await outsideSystem();
      await hasTold(opened, outside);
      // What became of these two was told to nobody: one has arrived, the other has not.
      const writing = await opened.bank();
      await writing.append(company, 'toy.account', '1', account('1', 'B'));
      await writing.append(company, 'toy.account', '2', account('2', 'C'));
      await opened.published(writing);
      await opened.stop(writing);
      await arrives(outside, accountThing(company, '2'), { name: 'C', town: 'Bergen', isClosed: false });
      const bank = await letGo(opened, outside, { database: await opened.world.database() });
      await delivered(opened, bank);
      expect(outside.effects.map(({ reference }) => reference)).toEqual(
        ['1', '2', '1'].map((number) => accountThing(company, number)),
      );
      expect(outside.repeated).toEqual([]);
    });

    it('G75 finds out that a database was put back from before, and repeats nothing that was delivered since', async () => {
      const opened = await scene();
      const outside = await outsideSystem();
      await hasTold(opened, outside);
      const backup = await opened.bankDatabase.copy();
      const second = await telling(opened, outside);
      await second.append(company, 'toy.account', '1', account('1', 'B'));
      await second.append(otherCompany, 'toy.account', '1', account('1', 'C'));
      await delivered(opened, second);
      await opened.stop(second);
      const bank = await letGo(opened, outside, { database: backup });
      await delivered(opened, bank);
      expect(outside.effects).toHaveLength(3);
      await bank.append(company, 'toy.account', '1', account('1', 'D'));
      await delivered(opened, bank);
      expect(outside.effects).toHaveLength(4);
      expect(outside.repeated).toEqual([]);
    });

    it('G75 goes on where topics were made anew', async () => {
      const opened = await scene();
      const outside = await outsideSystem();
      await hasTold(opened, outside);
      await opened.world.recreateTopics();
      const bank = await letGo(opened, outside, { isRebuilt: true });
      await bank.append(company, 'toy.account', '1', account('1', 'B'));
      await delivered(opened, bank);
      expect(outside.effects).toHaveLength(2);
      expect(outside.repeated).toEqual([]);
    });

    it('G76 a rebuild and an inspection reach nobody outside', async () => {
      const opened = await scene();
      const outside = await outsideSystem();
      const bank = await telling(opened, outside);
      for (const each of companies) await bank.append(each, 'toy.account', '1', account('1', 'A'));
      await delivered(opened, bank);
      const { lookUps, writes } = outside;
      await bank.eventLog.rebuild('toy.account');
      await bank.eventLog.rebuild('toy.balance');
      const { operations } = bank.eventLog;
      const { id } = granted(
        await operations.inspect({
          scope: { kind: 'service' },
          asOf: { kind: 'time', time: new Date().toISOString() },
          reason: 'a test',
          by: 'user:tester',
        }),
      );
      await waitFor(async () => granted(await operations.find(id)).state === 'ready', {
        describe: 'the inspection',
      });
      expect({ lookUps: outside.lookUps, writes: outside.writes }).toEqual({ lookUps, writes });
    });

    it('G76 delivers the past only where it is asked to, once however often it is asked, and says before what it would send', async () => {
      const opened = await scene();
      const outside = await outsideSystem();
      const writing = await opened.bank();
      for (const each of companies) await writing.append(each, 'toy.account', '1', account('1', 'old'));
      await opened.published(writing);
      await opened.stop(writing);
      const bank = await telling(opened, outside, { begins: 'now' });
      await begun(bank);
      await bank.append(company, 'toy.account', '2', account('2', 'new'));
      await delivered(opened, bank);
      expect([...outside.things.keys()]).toEqual([accountThing(company, '2')]);
      const { reactors } = bank.eventLog;
      const window: RedeliveryWindow = { company };
      expect(granted(await reactors.previewRedelivery(ACCOUNT_REACTOR, window))).toMatchObject({
        events: 2,
        things: 2,
        confirmed: 1,
        toDeliver: 1,
        samples: [accountThing(company, '1')],
      });
      const ask = async (): Promise<string> =>
        granted(await reactors.redeliver(ACCOUNT_REACTOR, window, 'a test', context())).id;
      const ids = [await ask(), await ask()];
      await redelivered(bank, ids);
      await delivered(opened, bank);
      expect([...outside.things.keys()].sort()).toEqual(
        ['1', '2'].map((n) => accountThing(company, n)).sort(),
      );
      await opened.stop(bank);
      // An elder version of what is confirmed is not sent either, and by a lost database neither.
      const again = await letGo(opened, outside, {
        begins: 'now',
        database: await opened.world.database(),
      });
      const everything = { from: '2020-01-01T00:00:00Z' };
      const { id } = granted(
        await again.eventLog.reactors.redeliver(ACCOUNT_REACTOR, everything, 'a test', context()),
      );
      await redelivered(again, [...ids, id]);
      await delivered(opened, again);
      expect(outside.effects).toHaveLength(companies.length + 1);
      expect(outside.repeated).toEqual([]);
      expect(await again.eventLog.reactors.redeliver(ACCOUNT_REACTOR, {}, 'x', context())).toMatchObject({
        code: 'reactor.window-missing',
      });
    });
  });
}

/** A process tells the outside of one account, and stops. */
async function hasTold(opened: Scene, outside: OutsideSystem): Promise<void> {
  const process = await telling(opened, outside);
  await process.append(company, 'toy.account', '1', account('1', 'A'));
  await delivered(opened, process);
  await opened.stop(process);
}

/** A process whose reactor is held because of what was lost, and then let go by somebody. */
async function letGo(opened: Scene, outside: OutsideSystem, options: TellingOptions): Promise<ToyProcess> {
  const process = await telling(opened, outside, options);
  await stands(process, 'held');
  await release(process);
  return process;
}

/** The reactor's place in every partition is known. */
async function begun(bank: ToyProcess): Promise<void> {
  await waitFor(
    async () =>
      (await bank.projectionStore.deliveries.positions(ACCOUNT_REACTOR)).length === companies.length,
    { describe: 'the reactor to have begun' },
  );
}

async function redelivered(bank: ToyProcess, ids: readonly string[]): Promise<void> {
  await waitFor(
    async () => {
      const requests = granted(await bank.eventLog.reactors.redeliveries(ACCOUNT_REACTOR));
      return ids.every((id) => requests.some((request) => request.id === id && request.ended !== undefined));
    },
    { describe: 'the redeliveries to end' },
  );
}

/** Somebody delivers it whom nobody remembers. */
async function arrives(outside: OutsideSystem, thing: string, value: object): Promise<void> {
  const response = await fetch(`${outside.url}/things/${encodeURIComponent(thing)}`, {
    method: 'PUT',
    body: JSON.stringify({ content: contentHash(value), value }),
  });
  await response.body?.cancel();
}
