import { describe, expect, it } from '@jest/globals';
import { PlatformError } from '@samspill/kernel';
import { waitFor } from '@samspill/testing';
import { deedsOf } from '../revert/revert.js';
import { losing, type Step, type Through } from './losing.js';
import { overriding } from './overriding.js';
import {
  accountStream,
  AFTER,
  appendedBy,
  BEFORE,
  comesTo,
  damaged,
  itemsOf,
  ledgerStream,
  start,
  toMoment,
  write,
} from './reverting-scene.js';
import { company, scenes } from './scene.js';
import { granted } from './operating.js';
import { account, context, moved, type Between, type ToyProcess } from './toy/toy-process.js';
import type { MakeWorld } from './world.js';

/** The first report is that the preview is made, the second that all is done; the first append is that of the hold. */
const steps: readonly Step<'addItems' | 'report' | 'append' | 'settle'>[] = [
  ['addItems', 'before', 1],
  ['addItems', 'after', 1],
  ['report', 'before', 1],
  ['append', 'before', 1],
  ['append', 'after', 1],
  ['append', 'after', 2],
  ['settle', 'after', 1],
  ['report', 'before', 2],
];

/** G61 where instances are lost. */
export function describeRevertKills(make: MakeWorld): void {
  describe('reverts, killed', () => {
    const scene = scenes(make);

    it.each(steps)(
      'G61 append each stream’s events once when an instance is lost at %s, %s it (time %i)',
      async (method, when, nth) => {
        const opened = await scene();
        const loss = losing([method, when, nth], reverting);
        const first = await opened.bank(loss.between);
        await damaged(first);
        await write(first, ledgerStream('1'), BEFORE, [moved('1', 5, 'a')]);
        await write(first, ledgerStream('1'), AFTER, [moved('1', 7, 'c'), moved('1', 8, 'd')]);
        loss.arm();
        let id = await planned(first);
        let second: ToyProcess | undefined;
        if (loss.isLost()) {
          await opened.stop(first);
          second = await opened.bank();
          id ??= granted(await second.eventLog.reverts.plan(toMoment, context())).id;
          await comesTo(second, id, 'planned');
        }
        if (id === undefined) throw new Error('there is no plan');
        await start(second ?? first, { id });
        if (!second) {
          await waitFor(loss.isLost, { describe: 'the instance to be lost' });
          await opened.stop(first);
          second = await opened.bank();
        }
        const done = await comesTo(second, id, 'finished');
        expect([deedsOf(done.counts), done.counts.outcomes]).toEqual([
          4,
          { done: 4, 'moved-on': 0, refused: 0 },
        ]);
        const streams = ['changed', 'closed', 'opened'].map((number) => accountStream(number));
        const appended = await appendedBy(second.eventStore, { id }, [...streams, ledgerStream('1')]);
        expect([...appended.values()].map((events) => events.length).sort()).toEqual([1, 1, 1, 2]);
        await second.settled([company]);
        expect(await opened.rows('toy.account')).toMatchObject([{ name: 'A' }, { name: 'B' }, { name: 'C' }]);
        expect(await opened.rows('toy.balance')).toMatchObject([{ total: 5, refs: ['a'] }]);
        const { length } = await second.eventStore.read(second.eventLog.intake.stream(company));
        expect(length).toBe(1);
      },
    );

    it('G61 know what a lost instance has put back, though it has been changed since', async () => {
      const opened = await scene();
      const loss = losing(['settle', 'before', 1], reverting);
      const first = await opened.bank(loss.between);
      await damaged(first);
      loss.arm();
      const id = (await planned(first)) ?? '';
      await start(first, { id });
      await waitFor(loss.isLost, { describe: 'the instance to be lost' });
      await opened.stop(first);
      const { reverting: _, ...withoutReverts } = opened.bankManifest;
      const writer = await opened.start(opened.bankDatabase, withoutReverts);
      await write(writer, accountStream('changed'), new Date(), [account('changed', 'by hand')]);
      const second = await opened.bank();
      const done = await comesTo(second, id, 'finished');
      expect(done.counts.outcomes).toEqual({ done: 3, 'moved-on': 0, refused: 0 });
      expect((await itemsOf(second, { id })).every(({ outcome }) => outcome === 'done')).toBe(true);
      await second.settled([company]);
      expect((await opened.rows('toy.account'))[0]).toMatchObject({ number: 'changed', name: 'by hand' });
    });
  });
}

/** Plans; undefined where the instance is lost before it could say so. */
async function planned(bank: ToyProcess): Promise<string | undefined> {
  try {
    const { id } = granted(await bank.eventLog.reverts.plan(toMoment, context()));
    await waitFor(
      async () => {
        const found = await bank.projectionStore.reverts.find(id).catch(() => undefined);
        return !found || found.state === 'planned';
      },
      { describe: 'the preview' },
    );
    return id;
  } catch (error) {
    if (error instanceof PlatformError) return undefined;
    throw error;
  }
}

/** The parts of the database that a revert is worked on through. */
const reverting = (through: Through): Between => ({
  projectionStore: (store) =>
    overriding(store, {
      reverts: overriding(store.reverts, {
        find: (...call) => through('find', () => store.reverts.find(...call)),
        open: () => through('open', () => store.reverts.open()),
        addItems: (...call) => through('addItems', () => store.reverts.addItems(...call)),
        settle: (...call) => through('settle', () => store.reverts.settle(...call)),
        report: (...call) => through('report', () => store.reverts.report(...call)),
      }),
    }),
  eventStore: (store) =>
    overriding(store, {
      append: (appends, options) =>
        appends.length === 0
          ? store.append(appends, options)
          : through('append', () => store.append(appends, options)),
    }),
});
