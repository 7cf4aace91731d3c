import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import type { Row } from '@samspill/kernel';
import { waitFor } from '@samspill/testing';
import { partitionOf } from '../partitioner.js';
import { accounts, granted, partOf, reaches, start } from './operating.js';
import { companies, company, recordOf, scenes, storedEvent, type Scene } from './scene.js';
import { account, moved, type ToyProcess } from './toy/toy-process.js';
import { TOY_PARTITIONS } from './toy/toy-manifests.js';
import type { MakeWorld } from './world.js';

/** Higher than any version that events bring: a row damaged with it stays damaged. */
const DAMAGED_VERSION = 1_000;

/** G30 to G33: what is found before a switch, the way back, one company, and another moment. */
export function describeRestoring(make: MakeWorld): void {
  describe('putting rows back', () => {
    const scene = scenes(make);

    it('G30 finds nothing to tell of where the rows are the same, while writing goes on', async () => {
      const opened = await scene();
      const bank = await opened.bank();
      await fill(bank);
      let writing = true;
      const write = async (): Promise<void> => {
        for (let turn = 0; writing; turn += 1) {
          const each = companies[turn % companies.length] ?? '';
          await bank.append(each, 'toy.account', '1', account('1', String(turn)));
          await setImmediate();
        }
      };
      const atWork = write();
      const { id } = await start(bank, { scope: accounts, switch: 'by-hand' });
      const part = partOf(await reaches(bank, id, 'ready'));
      writing = false;
      await atWork;
      expect(part.verification).toMatchObject({ rows: { outcome: 'equal' }, gaps: { streams: 0 } });
      expect(part.diff).toMatchObject({ added: 0, changed: 0, gone: 0 });
      granted(await bank.eventLog.operations.wish(id, 'rebuild', 'switch'));
      await reaches(bank, id, 'done');
      await bank.settled(companies);
    });

    it('G30 finds every row that is wrong, missing or too many, before the switch', async () => {
      const opened = await scene();
      const bank = await opened.bank();
      await fill(bank);
      const right = await opened.rows('toy.account');
      await damage(opened, bank, company);
      const wrong = await opened.rows('toy.account');
      const { id } = await start(bank, { scope: accounts, switch: 'by-hand' });
      const part = partOf(await reaches(bank, id, 'ready'));
      expect(part.verification?.rows.outcome).toBe('different');
      expect(part.diff).toMatchObject({ added: 1, changed: 1, gone: 1, unchanged: right.length - 2 });
      const samples = part.diff?.samples.toSorted((a, b) => (a.kind < b.kind ? -1 : 1));
      expect(samples).toEqual([
        { kind: 'added', key: { company, number: '2' }, columns: [] },
        { kind: 'changed', key: { company, number: '1' }, columns: ['name'] },
        { kind: 'gone', key: { company, number: 'too many' }, columns: [] },
      ]);
      expect(await opened.rows('toy.account')).toEqual(wrong);
      granted(await bank.eventLog.operations.wish(id, 'rebuild', 'switch'));
      await reaches(bank, id, 'done');
      expect(await opened.rows('toy.account')).toEqual(right);
    });

    it('G30 does not switch by itself where a stream’s versions have a hole', async () => {
      const opened = await scene();
      const bank = await opened.bank();
      const stream = `toy.account/${company}/1`;
      await opened.publish(
        opened.topic,
        recordOf(storedEvent(stream, 1, account('1', 'A'))),
        recordOf(storedEvent(stream, 3, account('1', 'C'))),
      );
      await opened.caughtUp(bank);
      const { id } = await start(bank, { scope: accounts });
      const part = partOf(await reaches(bank, id, 'ready'));
      expect(part.verification?.gaps).toEqual({ streams: 1, samples: [{ stream, expected: 2, found: 3 }] });
      granted(await bank.eventLog.operations.wish(id, 'rebuild', 'switch'));
      await reaches(bank, id, 'done');
    });

    it('G31 brings the former rows back, with what has come since', async () => {
      const opened = await scene();
      const bank = await opened.bank();
      await fill(bank);
      await damage(opened, bank, company);
      const { id } = await start(bank, { scope: accounts });
      await reaches(bank, id, 'done');
      await bank.append(company, 'toy.account', '3', account('3', 'later'));
      await bank.settled([company]);
      granted(await bank.eventLog.operations.wish(id, 'rebuild', 'undo'));
      await reaches(bank, id, 'undone');
      const names = (await opened.rows('toy.account')).map((row) => ('name' in row ? row.name : ''));
      expect(names).toEqual(expect.arrayContaining(['damaged', 'later', 'invented']));
      await bank.append(company, 'toy.account', '3', account('3', 'latest'));
      await bank.settled([company]);
      expect(await opened.rows('toy.account')).toContainEqual(expect.objectContaining({ name: 'latest' }));
      expect(await bank.eventLog.operations.wish(id, 'rebuild', 'undo')).toMatchObject({
        code: 'operation.state-conflict',
      });
    });

    it('G31 has no way back once the former rows have been dropped to make room', async () => {
      const opened = await scene();
      const bank = await opened.bank();
      await fill(bank);
      const { id } = await start(bank, { scope: accounts });
      const done = await reaches(bank, id, 'done');
      const rows = await opened.rows('toy.account');
      const { operations } = bank.eventLog;
      expect(await operations.dropOld('toy.account')).toMatchObject({
        generations: [partOf(done).replaced],
      });
      expect(await operations.dropOld('toy.account')).toMatchObject({ generations: [] });
      expect(await operations.dropOld('toy.nothing')).toMatchObject({
        code: 'operation.projection-not-found',
      });
      granted(await operations.wish(id, 'rebuild', 'undo'));
      const failure = await waitFor(async () => granted(await operations.find(id)).failure, {
        describe: 'the undo to be refused',
      });
      expect(failure).toMatch(/nothing to go back to/);
      expect(await opened.rows('toy.account')).toEqual(rows);
    });

    it('G32 replaces the rows of one company and of no other, while it is written to', async () => {
      const opened = await scene();
      const bank = await opened.bank();
      const neighbour = neighbourOf(company);
      await fill(bank, [...companies, neighbour]);
      const right = await opened.rows('toy.account');
      await damage(opened, bank, company);
      await damage(opened, bank, neighbour);
      const wrong = await opened.rows('toy.account');
      const of = (rows: readonly object[], which: string): readonly object[] =>
        rows.filter((row) => 'company' in row && row.company === which);
      const { id } = await start(bank, { scope: { kind: 'company', company } });
      const writing = Promise.all(
        [company, neighbour].map((each) => bank.append(each, 'toy.account', '9', account('9', 'new'))),
      );
      const done = await reaches(bank, id, 'done');
      await writing;
      await bank.settled([company, neighbour]);
      expect(done.parts.map(({ projection }) => projection)).toEqual(['toy.account', 'toy.balance']);
      const after = await opened.rows('toy.account');
      const added = { number: '9', name: 'new' };
      expect(of(after, company)).toMatchObject([...of(right, company), added]);
      expect(of(after, neighbour)).toHaveLength(of(wrong, neighbour).length + 1);
      expect(after.filter((row) => !of(after, company).includes(row))).toEqual(
        expect.arrayContaining(wrong.filter((row) => !of(wrong, company).includes(row))),
      );
      granted(await bank.eventLog.operations.wish(id, 'rebuild', 'undo'));
      await reaches(bank, id, 'undone');
      expect(of(await opened.rows('toy.account'), company)).toMatchObject([
        ...of(wrong, company).slice(0, 1),
        added,
        {},
      ]);
      await bank.append(company, 'toy.account', '9', account('9', 'newer'));
      await bank.settled([company]);
      expect(of(await opened.rows('toy.account'), company)).toContainEqual(
        expect.objectContaining({ name: 'newer' }),
      );
    });

    it('G33 shows the rows of another moment to whoever asked, and to nobody else', async () => {
      const opened = await scene();
      const bank = await opened.bank();
      const stream = `toy.account/${company}/1`;
      const at = (hour: number): { readonly time: string } => ({ time: `2026-03-01T${hour}:00:00.000Z` });
      await opened.publish(
        opened.topic,
        recordOf(storedEvent(stream, 1, account('1', 'before'), at(10))),
        recordOf(storedEvent(stream, 2, account('1', 'after'), at(12))),
        recordOf(storedEvent(`toy.account/${company}/2`, 1, account('2', 'after'), at(12))),
      );
      await opened.caughtUp(bank);
      const now = await opened.rows('toy.account');
      const { operations } = bank.eventLog;
      const asOf = [
        { kind: 'time', time: '2026-03-01T11:00:00Z' },
        {
          kind: 'offsets',
          offsets: [{ topic: opened.topic, partition: partitionOf(company, TOY_PARTITIONS), before: '1' }],
        },
      ] as const;
      for (const moment of asOf) {
        const request = { scope: accounts, asOf: moment, reason: 'a test', by: 'user:tester' } as const;
        const { id } = granted(await operations.inspect(request));
        await reaches(bank, id, 'ready');
        const all = { where: {}, after: undefined, limit: 10 };
        const rows = granted<readonly Row[]>(await operations.rows(id, all));
        expect(rows).toMatchObject([{ company, number: '1', name: 'before' }]);
        expect(
          granted<readonly Row[]>(await operations.rows(id, { ...all, where: { name: 'after' } })),
        ).toEqual([]);
        expect(granted<readonly Row[]>(await operations.rows(id, { ...all, after: rows[0] }))).toEqual([]);
        expect(granted(await operations.diff(id))).toMatchObject({ added: 1, changed: 1, gone: 0 });
        expect(await opened.rows('toy.account')).toEqual(now);
        granted(await operations.wish(id, 'inspection', 'drop'));
        await reaches(bank, id, 'done');
        expect(await operations.rows(id, all)).toMatchObject({ code: 'operation.state-conflict' });
      }
      const expiring = { scope: accounts, asOf: asOf[0], reason: 'a test', by: 'user:tester' } as const;
      const { id } = granted(await operations.inspect({ ...expiring, expiresInHours: 1e-6 }));
      await waitFor(async () => ['done', 'cancelled'].includes(granted(await operations.find(id)).state), {
        describe: 'the inspection to expire',
      });
      const generations = await bank.projectionStore.generations(opened.projection('toy.account'));
      expect(generations.map(({ state }) => state)).toEqual(['live']);
    });
  });
}

/** Accounts 1 and 2 of each company, and a ledger. */
async function fill(bank: ToyProcess, all: readonly string[] = companies): Promise<void> {
  for (const each of all) {
    await bank.append(each, 'toy.account', '1', account('1', 'A'));
    await bank.append(each, 'toy.account', '2', account('2', 'B'));
    await bank.append(each, 'toy.ledger', '1', moved('1', 1, 'a'));
  }
  await bank.settled(all);
}

/** Makes one live row of a company wrong, loses one, and invents one. */
async function damage(opened: Scene, bank: ToyProcess, of: string): Promise<void> {
  const projection = opened.projection('toy.account');
  const place = { topic: opened.topic, partition: partitionOf(of, TOY_PARTITIONS) };
  await bank.projectionStore.transaction(projection, 'live', place, async (tx) => {
    const key = (number: string): { readonly company: string; readonly number: string } => ({
      company: of,
      number,
    });
    const [row] = await tx.rows([key('1')]);
    const change = (number: string, changed: Row | undefined) => ({
      stream: `toy.account/${of}/${number}`,
      version: DAMAGED_VERSION,
      key: key(number),
      row: changed,
    });
    await tx.writeStates([
      change('1', row && { ...row, name: 'damaged' }),
      change('2', undefined),
      change('too many', row && { ...row, ...key('too many'), name: 'invented' }),
    ]);
  });
}

/** Another company whose events lie in the same partition. */
function neighbourOf(other: string): string {
  for (let number = 0; ; number += 1) {
    const candidate = `neighbour-${number}`;
    if (partitionOf(candidate, TOY_PARTITIONS) === partitionOf(other, TOY_PARTITIONS)) return candidate;
  }
}
