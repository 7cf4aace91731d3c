import { describe, expect, it } from '@jest/globals';
import { isRejection } from '@samspill/kernel';
import { waitFor } from '@samspill/testing';
import type { OpenKey } from '../reactors/outside.js';
import { company, otherCompany, scenes } from './scene.js';
import { ACCOUNT_REACTOR, accountThing } from './toy/account.reactor.js';
import { account, context, type ToyProcess } from './toy/toy-process.js';
import { delivered, outsides, reactorStatus, takenIn, telling } from './telling.js';
import { granted } from './operating.js';
import type { MakeWorld } from './world.js';

const OPEN: OpenKey = { batchSize: 2 };
/** Well below how long a test waits, and well above. */
const QUICK_MS = 300;
const SLOW_MS = 600_000;

/** G77 and G78: what may be said of one company. */
export function describeReactingByCompany(make: MakeWorld): void {
  describe('reacting, company by company', () => {
    const scene = scenes(make);
    const outsideSystem = outsides();

    it('G77 delivers nothing of a company that is not open, tries nothing, and goes on when it is opened', async () => {
      const opened = await scene();
      const outside = await outsideSystem();
      const open = new Map([[otherCompany, OPEN]]);
      const bank = await telling(opened, outside, { open: () => Promise.resolve(open) });
      for (const name of ['A', 'B']) await bank.append(company, 'toy.account', '1', account('1', name));
      await bank.append(otherCompany, 'toy.account', '1', account('1', 'C'));
      await takenIn(opened, bank);
      // The other side has it before the ledger says so.
      await waitFor(async () => (await reactorStatus(bank)).counts.confirmed === 1, {
        describe: 'the open one to be confirmed',
      });
      expect(outside.things.has(accountThing(otherCompany, '1'))).toBe(true);
      expect(await statusOf(bank, otherCompany)).toMatchObject({ counts: { open: 0, confirmed: 1 } });
      expect(await statusOf(bank, company)).toMatchObject({ counts: { open: 1, confirmed: 0 } });
      open.set(company, OPEN);
      await delivered(opened, bank);
      expect(outside.effects.map(({ value }) => value)).toMatchObject([{ name: 'C' }, { name: 'B' }]);
      expect(outside.writes).toBe(2);
    });

    it('G77 does not wait any longer for what a company waited for before it was closed and opened again', async () => {
      const opened = await scene();
      const outside = await outsideSystem({ retryAfterSeconds: 3_600 });
      const open = new Map([[company, OPEN]]);
      let asked = 0;
      const bank = await telling(opened, outside, {
        open: () => {
          asked += 1;
          return Promise.resolve(new Map(open));
        },
      });
      outside.busyWith.add(accountThing(company, '1'));
      await bank.append(company, 'toy.account', '1', account('1', 'A'));
      await waitFor(async () => (await reactorStatus(bank)).waits.length > 0, { describe: 'the wait' });
      outside.busyWith.clear();
      await bank.append(company, 'toy.account', '1', account('1', 'B'));
      await takenIn(opened, bank);
      open.clear();
      const [before, twice] = [asked, 2];
      await waitFor(() => asked >= before + twice, { describe: 'it to be seen as closed' });
      open.set(company, OPEN);
      await delivered(opened, bank);
      expect(outside.effects.map(({ value }) => value)).toMatchObject([{ name: 'B' }]);
    });

    it('G77 gives a company’s call the time that its other side takes', async () => {
      const opened = await scene();
      const outside = await outsideSystem({ faults: { silentAfter: 1 } });
      const quick = new Map([[company, { ...OPEN, callTimeoutMs: QUICK_MS, settleMs: 0 }]]);
      const bank = await telling(opened, outside, {
        limits: { callTimeoutMs: SLOW_MS, settleMs: SLOW_MS },
        open: () => Promise.resolve(quick),
      });
      await bank.append(company, 'toy.account', '1', account('1', 'A'));
      await delivered(opened, bank);
      expect(outside.effects).toHaveLength(1);
    });

    it('G78 asks about what it is said to have when a redelivery verifies, and sends just what is missing', async () => {
      const opened = await scene();
      const outside = await outsideSystem();
      const bank = await telling(opened, outside);
      for (const number of ['1', '2', '3'])
        await bank.append(company, 'toy.account', number, account(number, 'A'));
      await delivered(opened, bank);
      const lost = outside.effects.findIndex(({ reference }) => reference === accountThing(company, '2'));
      outside.effects.splice(lost, 1);
      const { reactors } = bank.eventLog;
      const window = { company };
      expect(granted(await reactors.previewRedelivery(ACCOUNT_REACTOR, window))).toMatchObject({
        things: 3,
        confirmed: 3,
        toDeliver: 0,
      });
      await redelivered(bank, { window, verifies: false });
      await delivered(opened, bank);
      expect(outside.effects).toHaveLength(2);
      for (let again = 0; again < 2; again += 1) {
        await redelivered(bank, { window, verifies: true });
        await delivered(opened, bank);
      }
      expect(outside.effects).toHaveLength(3);
      expect(outside.things.has(accountThing(company, '2'))).toBe(true);
      expect(outside.repeated).toEqual([]);
    });

    it('G81 refuses a redelivery that wants to be alone while another of its company is not over', async () => {
      const opened = await scene();
      const outside = await outsideSystem();
      const bank = await telling(opened, outside);
      await bank.append(company, 'toy.account', '1', account('1', 'A'));
      await delivered(opened, bank);
      const { reactors } = bank.eventLog;
      await reactors.hold(ACCOUNT_REACTOR, 'so that nothing is gone over', context());
      const ask = async (key: string) =>
        await reactors.redeliver(ACCOUNT_REACTOR, { company: key }, 'a test', context(), { isAlone: true });
      const both = await Promise.all([ask(company), ask(company)]);
      const refused = both.filter(isRejection);
      expect(refused).toMatchObject([{ code: 'reactor.redelivery-conflict' }]);
      expect(await reactors.mayRedeliverAlone(ACCOUNT_REACTOR, company)).toMatchObject(refused[0] ?? {});
      expect(await reactors.mayRedeliverAlone(ACCOUNT_REACTOR, otherCompany)).toBeUndefined();
      granted(await ask(otherCompany));
      await reactors.release(ACCOUNT_REACTOR, 'go on', context());
      await waitFor(async () => !isRejection(await ask(company)), { describe: 'the first to be over' });
      await delivered(opened, bank);
      expect(outside.effects).toHaveLength(1);
    });
  });
}

async function statusOf(bank: ToyProcess, key: string): Promise<unknown> {
  return granted(await bank.eventLog.reactors.statusOf(ACCOUNT_REACTOR, key));
}

async function redelivered(
  bank: ToyProcess,
  { window, verifies }: { readonly window: { readonly company: string }; readonly verifies: boolean },
): Promise<void> {
  const { reactors } = bank.eventLog;
  const { id } = granted(
    await reactors.redeliver(ACCOUNT_REACTOR, window, 'a test', context(), { verifies }),
  );
  await waitFor(
    async () => granted(await reactors.redeliveries(ACCOUNT_REACTOR)).find((one) => one.id === id)?.ended,
    { describe: 'the redelivery to be over' },
  );
}
