import { describe, expect, it } from '@jest/globals';
import { isRejection } from '@samspill/kernel';
import { waitFor } from '@samspill/testing';
import type { AuditEntry } from '../audit/audit-trail.js';
import { granted } from './operating.js';
import { company, scenes } from './scene.js';
import { account, context, type ToyProcess } from './toy/toy-process.js';
import type { MakeWorld } from './world.js';

const EVERYTHING = { limit: 100 };

/** G65: who did what to a service is on its log. */
export function describeOnRecord(make: MakeWorld): void {
  describe('what was done to a service', () => {
    const scene = scenes(make);

    it('G65 is on record: who asked for a rebuild and why, what was asked of it since, and what came of it', async () => {
      const opened = await scene();
      const bank = await opened.bank();
      await bank.append(company, 'toy.account', '1', account('1', 'Ærø'));
      await opened.published(bank);
      const id = await rebuilt(bank, 'rows are wrong');
      await bank.eventLog.operations.wish(id, 'rebuild', 'undo', 'user:other');
      const entries = await recorded(bank, 4);
      expect(entries.map(({ step, actor }) => `${step} ${actor}`)).toEqual([
        'undone user:kari',
        'undo-asked user:other',
        'switched user:kari',
        'begun user:kari',
      ]);
      expect(entries.every(({ kind, operation }) => kind === 'rebuild' && operation === id)).toBe(true);
      expect(entries.at(-1)).toMatchObject({
        scope: { projection: 'toy.account' },
        reason: 'rows are wrong',
      });
      expect(entries[2]).toMatchObject({ counts: { rows: 1, changed: 0 } });
      const first = await bank.eventLog.audit.page({ actor: 'user:kari', limit: 2 });
      const second = await bank.eventLog.audit.page({ actor: 'user:kari', limit: 2, before: first.next });
      expect([...first.entries, ...second.entries].map(({ step }) => step)).toEqual([
        'undone',
        'switched',
        'begun',
      ]);
      const [begun] = second.entries;
      expect(await bank.eventLog.audit.page({ ...EVERYTHING, until: begun?.at })).toEqual({ entries: [] });
      expect((await bank.eventLog.audit.page({ ...EVERYTHING, since: begun?.at })).entries).toHaveLength(4);
    });

    it('G65 is on record once, though a process died after it was written and before it could know', async () => {
      const opened = await scene();
      const bank = await opened.bank();
      await bank.eventLog.audit.record({ kind: 'test', step: 'begun' }, context());
      await bank.eventLog.audit.record({ kind: 'test', step: 'finished' }, context());
      const [last] = await recorded(bank, 2);
      await opened.stop(bank);
      const later = await opened.bankConnected();
      if (!last) throw new Error('nothing is on record');
      const { actor, correlationId, version: _version, ...data } = last;
      await later.projectionStore.operations.notes.put({ by: actor, correlationId, data });
      later.eventLog.start();
      await later.ready();
      await nothingWaits(later);
      expect((await later.eventLog.audit.page(EVERYTHING)).entries).toHaveLength(2);
    });

    it('G65 comes back with a lost database, and what is done while nobody may write is put on record afterwards', async () => {
      const opened = await scene();
      const bank = await opened.bank();
      const id = await rebuilt(bank, 'a test');
      await recorded(bank, 2);
      await opened.published(bank);
      await opened.stop(bank);
      const restored = await opened.bankConnected({}, await opened.world.database());
      await restored.eventLog.audit.record({ kind: 'test', step: 'begun' }, context());
      restored.eventLog.start();
      await restored.ready();
      const entries = await recorded(restored, 3);
      expect(entries.map(({ kind, step }) => `${kind} ${step}`)).toEqual([
        'test begun',
        'rebuild switched',
        'rebuild begun',
      ]);
      expect(entries.at(-1)?.operation).toBe(id);
    });

    it('G65 says what a piece of work came to, refused and failed alike', async () => {
      const opened = await scene();
      const bank = await opened.bank();
      const { audit } = bank.eventLog;
      const what = { kind: 'test', scope: { projection: 'toy.account' }, reason: 'because' };
      await audit.around(
        what,
        context(),
        () => Promise.resolve(3),
        (events) => ({ counts: { events } }),
      );
      const failing = audit.around(
        what,
        context(),
        () => Promise.reject(new TypeError('what a row says')),
        () => ({}),
      );
      await expect(failing).rejects.toThrow('what a row says');
      const entries = await recorded(bank, 4);
      expect(entries.map(({ step, failure, counts }) => [step, failure, counts])).toEqual([
        ['failed', 'TypeError', {}],
        ['begun', undefined, {}],
        ['finished', undefined, { events: 3 }],
        ['begun', undefined, {}],
      ]);
      expect(JSON.stringify(entries)).not.toContain('what a row says');
    });
  });
}

/** Rebuilds the accounts for somebody; returns the operation's id. */
async function rebuilt(bank: ToyProcess, reason: string): Promise<string> {
  const scope = { kind: 'projection' as const, projection: 'toy.account' };
  const started = granted(await bank.eventLog.operations.rebuild({ scope, reason, by: 'user:kari' }));
  await waitFor(
    async () => {
      const now = await bank.eventLog.operations.find(started.id);
      return !isRejection(now) && now.state === 'done';
    },
    { describe: 'the rebuild to be done' },
  );
  return started.id;
}

async function recorded(bank: ToyProcess, count: number): Promise<readonly AuditEntry[]> {
  return await waitFor(
    async () => {
      const { entries } = await bank.eventLog.audit.page(EVERYTHING);
      return entries.length >= count ? entries : undefined;
    },
    { describe: `${count} entries to be on record` },
  );
}

async function nothingWaits(bank: ToyProcess): Promise<void> {
  await waitFor(async () => (await bank.projectionStore.operations.notes.waiting(1)).length === 0, {
    describe: 'nothing to be left to be put on record',
  });
}
