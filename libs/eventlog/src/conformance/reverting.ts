import { describe, expect, it } from '@jest/globals';
import { waitFor } from '@samspill/testing';
import { NOTHING_YET } from '../revert/revert.js';
import { overriding } from './overriding.js';
import { company, otherCompany, scenes } from './scene.js';
import {
  accountStream,
  AFTER,
  appendedBy,
  BEFORE,
  comesTo,
  damaged,
  holderStream,
  itemsOf,
  ledgerStream,
  MOMENT,
  plan,
  revert,
  start,
  toMoment,
  write,
} from './reverting-scene.js';
import { account, context, givenBack, moved, taken } from './toy/toy-process.js';
import { FROZEN } from './toy/toy-reverting.js';
import type { MakeWorld } from './world.js';

/** G60–G64: facts that are put back as they were. */
export function describeReverting(make: MakeWorld): void {
  describe('reverts', () => {
    const scene = scenes(make);

    it('G60 begin with a preview that changes nothing and says of each stream what would be done, or what stands in the way', async () => {
      const opened = await scene();
      const bank = await opened.bank();
      await damaged(bank);
      await damaged(bank, otherCompany);
      await write(bank, accountStream('frozen'), BEFORE, [account('frozen', 'A')]);
      await write(bank, accountStream('frozen'), AFTER, [account('frozen', FROZEN)]);
      await write(bank, accountStream('erased'), BEFORE, [account('erased', 'A')]);
      await write(bank, accountStream('erased'), AFTER, [
        { type: 'toy.account.erased', data: { number: 'erased' } },
        account('erased', 'B'),
      ]);
      await write(bank, holderStream('first'), AFTER, [taken('one')]);
      await write(bank, accountStream('back'), BEFORE, [account('back', 'A')]);
      await write(bank, accountStream('back'), AFTER, [account('back', 'B'), account('back', 'A')]);
      await opened.published(bank);
      const before = await opened.records();
      const planned = await plan(bank, toMoment);
      expect(planned.counts).toEqual({
        seen: 8,
        unchanged: 2,
        verdicts: {
          ...NOTHING_YET.verdicts,
          'put-back': 1,
          'make-again': 1,
          remove: 1,
          refused: 1,
          impossible: 1,
          forgotten: 1,
        },
        outcomes: NOTHING_YET.outcomes,
      });
      expect(
        (await itemsOf(bank, planned)).map(({ stream, verdict, then, version, reason }) => [
          stream,
          verdict,
          `${version}→${then}`,
          reason,
        ]),
      ).toEqual([
        [accountStream('changed'), 'put-back', '3→1', undefined],
        [accountStream('closed'), 'make-again', '2→1', undefined],
        [accountStream('erased'), 'forgotten', '3→1', 'The person was forgotten, and stays so.'],
        [accountStream('frozen'), 'refused', '2→1', 'The account is frozen.'],
        [accountStream('opened'), 'remove', '1→0', undefined],
        [holderStream('first'), 'impossible', '1→0', 'A first code is kept.'],
      ]);
      expect((await bank.eventLog.reverts.samples(planned.id)).length).toBe(6);
      expect(bank.eventLog.reverts.leaves).toEqual(['Owners stay as they are.']);
      expect((await bank.eventLog.backlog()).count).toBe(0);
      expect((await opened.records()).length).toBe(before.length);
      expect(await bank.eventLog.reverts.hold(company)).toBeUndefined();
    });

    it('G60 take back what an import changed, and leave alone what was edited since unless that is said', async () => {
      const opened = await scene();
      const bank = await opened.bank();
      await damaged(bank);
      await write(bank, `toy.import/i1`, AFTER, [{ type: 'toy.import.ran', data: { company } }]);
      await bank.eventLog.transact(context(AFTER), async (unit) => {
        unit.append({ stream: 'toy.import/i2', key: company }, (await unit.load('toy.import/i2')).length, [
          { type: 'toy.import.ran', data: { company } },
        ]);
      });
      const [ran] = await bank.eventStore.read('toy.import/i2');
      const imported = (number: string): Promise<void> =>
        write(bank, accountStream(number), AFTER, [account(number, 'imported')], ran?.id);
      await imported('changed');
      await imported('new');
      await imported('edited');
      await write(bank, accountStream('edited'), AFTER, [account('edited', 'by hand')]);
      const selection = { kind: 'import', import: 'i2', includeEdited: false } as const;
      const planned = await plan(bank, selection);
      expect((await itemsOf(bank, planned)).map(({ stream, verdict }) => [stream, verdict])).toEqual([
        [accountStream('changed'), 'put-back'],
        [accountStream('edited'), 'edited-since'],
        [accountStream('new'), 'remove'],
      ]);
      await start(bank, planned);
      await comesTo(bank, planned.id, 'finished');
      await bank.settled([company]);
      expect(await opened.rows('toy.account')).toMatchObject([
        { number: 'changed', name: 'Y' },
        { number: 'edited', name: 'by hand' },
        { number: 'kept', name: 'C' },
        { number: 'opened', name: 'Z' },
      ]);
      await revert(bank, { ...selection, includeEdited: true });
      await bank.settled([company]);
      expect((await opened.rows('toy.account')).length).toBe(3);
      const nowhere = await bank.eventLog.reverts.plan({ ...selection, import: 'i9' }, context());
      expect(nowhere).toMatchObject({ code: 'revert.import-not-found' });
    });

    it('G63 end with the rows as they were, live and rebuilt; history stays, and others are not touched', async () => {
      const opened = await scene();
      const bank = await opened.bank();
      await damaged(bank);
      await damaged(bank, otherCompany);
      await write(bank, ledgerStream('1'), BEFORE, [moved('1', 5, 'a'), moved('1', 6, 'b')]);
      await write(bank, ledgerStream('1'), AFTER, [moved('1', 7, 'c')]);
      await opened.published(bank);
      const written = await opened.records();
      const done = await revert(bank, toMoment);
      expect(done.counts.outcomes).toEqual({ done: 4, 'moved-on': 0, refused: 0 });
      await bank.settled([company, otherCompany]);
      const check = async (): Promise<void> => {
        const own = (await opened.rows('toy.account')).filter(
          (row) => 'company' in row && row.company === company,
        );
        expect(own).toMatchObject([
          { number: 'changed', name: 'A' },
          { number: 'closed', name: 'B' },
          { number: 'kept', name: 'C' },
        ]);
        expect((await opened.rows('toy.account')).length).toBe(6);
        expect(await opened.rows('toy.balance')).toMatchObject([
          { account: '1', total: 11, refs: ['a', 'b'] },
        ]);
      };
      await check();
      for (const name of ['toy.account', 'toy.balance']) {
        const live = await bank.eventLog.fingerprint(name);
        await bank.eventLog.rebuild(name);
        expect(await bank.eventLog.fingerprint(name)).toEqual(live);
      }
      await check();
      const ids = new Set((await opened.records()).map((record) => record.header('ce_id')));
      for (const record of written) expect(ids).toContain(record.header('ce_id'));
      const again = await plan(bank, toMoment);
      expect(again.counts).toMatchObject({ seen: 5, unchanged: 5 });
    });

    it('G61 leave a stream alone that has moved on since the preview, and refuse a name that somebody else has now', async () => {
      const opened = await scene();
      const bank = await opened.bank();
      await damaged(bank);
      for (const name of ['a', 'b']) {
        await write(bank, holderStream(name), BEFORE, [taken(name)]);
        await write(bank, holderStream(name), AFTER, [givenBack(name)]);
      }
      const planned = await plan(bank, toMoment);
      await write(bank, accountStream('changed'), AFTER, [account('changed', 'by hand')]);
      await write(bank, holderStream('thief', otherCompany), AFTER, [taken('b')]);
      await start(bank, planned);
      const { counts } = await comesTo(bank, planned.id, 'finished');
      expect(counts.outcomes).toEqual({ done: 3, 'moved-on': 1, refused: 1 });
      const left = (await itemsOf(bank, planned)).filter(({ outcome }) => outcome !== 'done');
      expect(left.map(({ stream, outcome, reason }) => [stream, outcome, reason])).toEqual([
        [accountStream('changed'), 'moved-on', undefined],
        [holderStream('b'), 'refused', 'code b is taken'],
      ]);
      await bank.settled([company]);
      expect((await opened.rows('toy.account'))[0]).toMatchObject({ number: 'changed', name: 'by hand' });
      const code = await opened.bankDatabase.holders('code');
      expect([...code]).toEqual([
        ['a', holderStream('a')],
        ['b', holderStream('thief', otherCompany)],
      ]);
    });

    it('G62 hold the intake of their company from before the first event until somebody lets it go, even where the database is lost', async () => {
      const opened = await scene();
      const bank = await opened.bank();
      await damaged(bank);
      const { reverts } = bank.eventLog;
      expect(await reverts.release(company, 'it is right again', context())).toMatchObject({
        code: 'revert.hold-not-found',
      });
      const done = await revert(bank, toMoment);
      const held = { revert: done.id, reason: 'a bad file', by: 'user:tester' };
      expect(await reverts.hold(company)).toMatchObject(held);
      expect(await reverts.hold(otherCompany)).toBeUndefined();
      const [hold] = await bank.eventStore.read(bank.eventLog.intake.stream(company));
      const first = (await appendedBy(bank.eventStore, done, [accountStream('changed')])).get(
        accountStream('changed'),
      );
      expect(hold && first?.[0] && hold.time <= first[0].time).toBe(true);
      await opened.published(bank);
      await opened.stop(bank);
      const anew = await opened.bank({}, await opened.world.database());
      expect(await anew.eventLog.reverts.hold(company)).toMatchObject(held);
      expect(await anew.eventLog.reverts.release(company, 'it is right again', context())).toMatchObject(
        held,
      );
      expect(await anew.eventLog.reverts.hold(company)).toBeUndefined();
    });

    it('G64 G65 are at work one a company, on record, pause, go on and are given up as they are told', async () => {
      const opened = await scene();
      const bank = await opened.bank();
      await damaged(bank);
      await damaged(bank, otherCompany);
      const { reverts } = bank.eventLog;
      const [first, second] = [await plan(bank, toMoment), await plan(bank, toMoment)];
      const other = await plan(bank, { kind: 'company', company: otherCompany, to: MOMENT });
      await reverts.wish(first.id, 'pause', 'user:tester');
      expect(await reverts.wish(first.id, 'pause', 'user:tester')).toMatchObject({
        code: 'revert.state-conflict',
      });
      await start(bank, first);
      await comesTo(bank, first.id, 'finished');
      // What a former one has put back has moved on.
      await start(bank, second);
      expect((await comesTo(bank, second.id, 'finished')).counts.outcomes).toMatchObject({ 'moved-on': 3 });
      expect(await reverts.start(second.id, 'again', 'user:tester')).toMatchObject({
        code: 'revert.state-conflict',
      });
      await reverts.wish(other.id, 'cancel', 'user:tester');
      await comesTo(bank, other.id, 'cancelled');
      expect(await reverts.hold(otherCompany)).toBeUndefined();
      expect((await reverts.list()).map(({ id }) => id)).toEqual([other.id, second.id, first.id]);
      const recorded = await waitFor(
        async () => {
          const { entries } = await bank.eventLog.audit.page({ operation: second.id, limit: 10 });
          return entries.length >= 2 ? entries : undefined;
        },
        { describe: 'the revert to be on record' },
      );
      expect(recorded).toMatchObject([
        { kind: 'revert', step: 'finished', scope: { company }, counts: { 'moved-on': 3 } },
        { kind: 'revert', step: 'begun', scope: { company } },
      ]);
    });

    it('G64 stand still while they are paused, and keep others of the company and its release waiting', async () => {
      const opened = await scene();
      // Whatever is to be appended waits for a backlog that does not end before the test says so.
      let isStuck = true;
      const bank = await opened.bank({
        eventStore: (store) =>
          overriding(store, {
            backlog: () =>
              isStuck ? Promise.resolve({ count: Number.MAX_SAFE_INTEGER, oldestMs: 0 }) : store.backlog(),
          }),
      });
      await damaged(bank);
      const { reverts } = bank.eventLog;
      const [first, second] = [await plan(bank, toMoment), await plan(bank, toMoment)];
      await start(bank, first);
      await waitFor(async () => (await reverts.hold(company)) !== undefined, {
        describe: 'the hold',
      });
      expect(await reverts.start(second.id, 'me too', 'user:tester')).toMatchObject({
        code: 'revert.running-conflict',
      });
      await reverts.wish(first.id, 'pause', 'user:tester');
      await comesTo(bank, first.id, 'paused');
      expect(await reverts.release(company, 'too early', context())).toMatchObject({
        code: 'revert.running-conflict',
      });
      isStuck = false;
      await reverts.wish(first.id, 'run', 'user:tester');
      expect((await comesTo(bank, first.id, 'finished')).counts.outcomes.done).toBe(3);
    });

    it('refuse streams that cannot be put back, and those of several companies', async () => {
      const opened = await scene();
      const bank = await opened.bank();
      const of = (...streams: readonly string[]) =>
        bank.eventLog.reverts.plan({ kind: 'streams', streams, to: MOMENT }, context());
      expect(await of('toy.owner/x/1')).toMatchObject({ code: 'revert.stream-not-possible' });
      expect(await of(accountStream('1'), accountStream('1', otherCompany))).toMatchObject({
        code: 'revert.stream-not-possible',
      });
      await damaged(bank);
      const { id } = await plan(bank, { kind: 'streams', streams: [accountStream('changed')], to: MOMENT });
      expect((await itemsOf(bank, { id })).map(({ stream }) => stream)).toEqual([accountStream('changed')]);
    });
  });
}
