import { describe, expect, it } from '@jest/globals';
import { waitFor } from '@samspill/testing';
import { granted } from './operating.js';
import type { Heard } from './telling.js';
import { delivered, outsides, stands, takenIn, telling } from './telling.js';
import { company, scenes } from './scene.js';
import { accountThing, ACCOUNT_REACTOR } from './toy/account.reactor.js';
import { account, context } from './toy/toy-process.js';
import type { MakeWorld } from './world.js';

const THINGS = 20;
/** Deliveries that are drawn one by one would come back over a third of a second, which is longer than between two looks at what is due. */
const LIMITS = { batchSize: THINGS, firstRetryMs: 700, longestRetryMs: 700, callTimeoutMs: 5_000 };

const BATCH = 3;
/** A call that a test holds back is not given up meanwhile. */
const PATIENT = { batchSize: BATCH, callTimeoutMs: 600_000 };

/** G72: what is begun is begun once. G80: deliveries of one call stay together. G82: calls follow on one another. */
export function describeReactingTogether(make: MakeWorld): void {
  describe('reacting, many at a time', () => {
    const scene = scenes(make);
    const outsideSystem = outsides();

    it('G72 begins only what nobody has changed or begun since it was looked at', async () => {
      const opened = await scene();
      const bank = await telling(opened, await outsideSystem(), { open: () => Promise.resolve(new Map()) });
      for (const number of ['0', '1'])
        await bank.append(company, 'toy.account', number, account(number, 'A'));
      await takenIn(opened, bank);
      const { deliveries } = bank.projectionStore;
      const seen = await deliveries.page(ACCOUNT_REACTOR, { states: ['intended'], limit: THINGS });
      await bank.append(company, 'toy.account', '0', account('0', 'B'));
      await takenIn(opened, bank);
      const begin = async (): Promise<readonly (readonly [string, number])[]> => [
        ...(await deliveries.begin(ACCOUNT_REACTOR, seen, PATIENT.callTimeoutMs)),
      ];
      const begun = [...(await Promise.all([begin(), begin()])), await begin()].flat();
      const thing = accountThing(company, '1');
      expect(begun).toEqual([[thing, 1]]);
      const sent = await deliveries.page(ACCOUNT_REACTOR, { states: ['sent'], limit: THINGS });
      expect(sent).toMatchObject([{ thing, version: 1, attempts: 1 }]);
    });

    it('G80 asks about all that a call has left in doubt in one call', async () => {
      const opened = await scene();
      const outside = await outsideSystem({ faults: { cutAfter: 1 } });
      const open = new Map<string, { readonly batchSize: number }>();
      const heard: Heard[] = [];
      const bank = await telling(opened, outside, {
        limits: LIMITS,
        open: () => Promise.resolve(open),
        heard: (call) => heard.push(call),
      });
      for (let number = 0; number < THINGS; number += 1)
        await bank.append(company, 'toy.account', String(number), account(String(number), 'A'));
      await takenIn(opened, bank);
      open.set(company, { batchSize: THINGS });
      await delivered(opened, bank);
      expect(heard).toEqual([
        { call: 'send', deliveries: THINGS },
        { call: 'look-up', deliveries: THINGS },
      ]);
      expect(outside.effects).toHaveLength(THINGS);
    });

    it('G82 has one call of a company under way at a time, and everything goes out once', async () => {
      const opened = await scene();
      const outside = await outsideSystem({ faults: { failingAfter: 0.1, failing: 0.1 } });
      const open = new Map<string, { readonly batchSize: number }>();
      let [underWay, most] = [0, 0];
      const counted = async <T>(work: Promise<T>): Promise<T> => await work.finally(() => (underWay -= 1));
      const bank = await telling(opened, outside, {
        limits: { batchSize: BATCH },
        open: () => Promise.resolve(open),
        through: (to) => ({
          ...to,
          send: async (deliveries, signal) => {
            underWay += 1;
            most = Math.max(most, underWay);
            return await counted(to.send(deliveries, signal));
          },
        }),
      });
      for (let number = 0; number < THINGS; number += 1)
        await bank.append(company, 'toy.account', String(number), account(String(number), 'A'));
      await takenIn(opened, bank);
      open.set(company, { batchSize: BATCH });
      await delivered(opened, bank);
      expect(most).toBe(1);
      expect(outside.effects).toHaveLength(THINGS);
      expect(outside.repeated).toEqual([]);
    });

    it('G82 sends nothing of what was prepared when it is held meanwhile, or has changed', async () => {
      const opened = await scene();
      const outside = await outsideSystem();
      const open = new Map<string, { readonly batchSize: number }>();
      const heard: Heard[] = [];
      const [called, letGo] = [Promise.withResolvers<unknown>(), Promise.withResolvers<unknown>()];
      const bank = await telling(opened, outside, {
        limits: PATIENT,
        open: () => Promise.resolve(open),
        heard: (call) => heard.push(call),
        through: (to) => ({
          ...to,
          send: async (deliveries, signal) => {
            called.resolve(undefined);
            await letGo.promise;
            return await to.send(deliveries, signal);
          },
        }),
      });
      const numbers = Array.from({ length: 2 * BATCH }, (_one, at) => String(at));
      for (const number of numbers) await bank.append(company, 'toy.account', number, account(number, 'A'));
      await takenIn(opened, bank);
      open.set(company, { batchSize: BATCH });
      await called.promise;
      const { reactors } = bank.eventLog;
      granted(await reactors.hold(ACCOUNT_REACTOR, 'a test', context()));
      for (const number of numbers) await bank.append(company, 'toy.account', number, account(number, 'B'));
      await takenIn(opened, bank);
      letGo.resolve(undefined);
      await waitFor(() => outside.effects.length === BATCH, { describe: 'the call under way' });
      await stands(bank, 'held');
      expect(heard).toEqual([{ call: 'send', deliveries: BATCH }]);
      granted(await reactors.release(ACCOUNT_REACTOR, 'a test', context()));
      await delivered(opened, bank);
      const names = outside.effects.map(({ value }) => value).slice(BATCH);
      expect(names).toEqual(Array.from({ length: 2 * BATCH }, () => expect.objectContaining({ name: 'B' })));
      expect(outside.repeated).toEqual([]);
    });
  });
}
