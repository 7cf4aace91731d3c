import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { waitFor } from '@samspill/testing';
import type { ProjectionStore } from '../projection-store.js';
import { granted } from './operating.js';
import { overriding } from './overriding.js';
import { companies, company, recordOf, scenes, storedEvent } from './scene.js';
import { account, moved, type Between, type ToyProcess } from './toy/toy-process.js';
import type { MakeWorld } from './world.js';

/** Others write meanwhile, steadily; who writes as fast as the machine can leaves none of it to those who read. */
const WRITE_PAUSE_MS = 5;
const READ_PAUSE_MS = 1;

/** G21–G23: derived data made anew. */
export function describeRebuilding(make: MakeWorld): void {
  describe('rebuilding', () => {
    const scene = scenes(make);

    it('G21 gives the same rows while writing goes on, and readers always see a whole table', async () => {
      const opened = await scene();
      const bank = await opened.bank();
      for (const each of companies) await bank.append(each, 'toy.account', '1', account('1', 'A'));
      await bank.settled(companies);
      let writing = true;
      let turns = 0;
      const write = async (): Promise<void> => {
        for (; writing; turns += 1) {
          const each = companies[turns % companies.length] ?? '';
          await bank.append(each, 'toy.ledger', '1', moved('1', 1, String(turns)));
          await bank.append(each, 'toy.account', '1', account('1', String(turns)));
          await setTimeout(WRITE_PAUSE_MS);
        }
      };
      const counts = new Set<number>();
      const read = async (): Promise<void> => {
        while (writing) {
          counts.add((await opened.rows('toy.account')).length);
          await setTimeout(READ_PAUSE_MS);
        }
      };
      const atWork = [write(), read()];
      const results = [];
      try {
        for (let turn = 0; turn < 3; turn += 1) {
          results.push(
            await bank.eventLog.rebuild('toy.account'),
            await bank.eventLog.rebuild('toy.balance'),
          );
        }
      } finally {
        writing = false;
        await Promise.all(atWork);
      }
      await bank.settled(companies);
      expect(counts).toEqual(new Set([companies.length]));
      const rows = await opened.rows('toy.balance');
      expect(rows.reduce((sum: number, row) => sum + ('moves' in row ? Number(row.moves) : 0), 0)).toBe(
        turns,
      );
      const live = await bank.eventLog.fingerprint('toy.balance');
      await bank.eventLog.rebuild('toy.balance');
      expect(await bank.eventLog.fingerprint('toy.balance')).toEqual(live);
      expect(
        results.every(({ replaced, generation = 0 }) => replaced !== undefined && generation > replaced),
      ).toBe(true);
    });

    it('G21 keeps the generation that was replaced, and no older one', async () => {
      const opened = await scene();
      const bank = await opened.bank();
      await bank.append(company, 'toy.account', '1', account('1', 'A'));
      await bank.settled([company]);
      for (let turn = 0; turn < 3; turn += 1) await bank.eventLog.rebuild('toy.account');
      const generations = await bank.projectionStore.generations(opened.projection('toy.account'));
      expect(generations.map(({ state }) => state)).toEqual(['live', 'old']);
    });

    it('G21 builds first what has no rows at all, and exchanges no company’s rows meanwhile', async () => {
      const opened = await scene();
      const { bankDatabase, bankManifest } = opened;
      const before = await opened.start(bankDatabase, {
        ...bankManifest,
        projections: [opened.projection('toy.account')],
      });
      await before.append(company, 'toy.account', '1', account('1', 'A'));
      await before.settled([company]);
      await opened.stop(before);
      const writer = await opened.start(bankDatabase, { ...bankManifest, projections: [] });
      await writer.append(company, 'toy.account', '1', account('1', 'B'));
      await opened.published(writer);
      await opened.stop(writer);

      const bank = await opened.bankConnected();
      const { operations } = bank.eventLog;
      const request = { reason: 'a test', by: 'user:operator' } as const;
      expect(await operations.rebuild({ ...request, scope: { kind: 'company', company } })).toMatchObject({
        code: 'operation.company-not-possible',
        detail: expect.stringContaining('toy.balance has no live rows yet'),
      });
      const begun = granted(await operations.rebuild({ ...request, scope: { kind: 'service' } }));
      bank.eventLog.start();
      await opened.operationsEnded(bank);
      // The live rows follow the log, to be compared with, only when there are some of each projection.
      const { parts } = granted(await operations.find(begun.id));
      expect(parts.map(({ projection, verification }) => [projection, verification?.rows.outcome])).toEqual([
        ['toy.account', 'equal'],
        ['toy.balance', 'not-comparable'],
      ]);
    });

    it('G21 lets one process rebuild a projection at a time', async () => {
      const opened = await scene();
      const { promise: go, resolve: letGo } = Promise.withResolvers<undefined>();
      let holding = false;
      const slow = await opened.bank(
        onLoad(async (load) => {
          if (holding) await go;
          await load();
        }),
      );
      const other = await opened.bank();
      holding = true;
      const rebuilding = slow.eventLog.rebuild('toy.account');
      await waitFor(
        async () => {
          const generations = await other.projectionStore.generations(opened.projection('toy.account'));
          return generations.some(({ state }) => state === 'building');
        },
        { describe: 'the rebuild to have begun' },
      );
      await expect(other.eventLog.rebuild('toy.account')).rejects.toMatchObject({
        code: 'eventlog.rebuild-refused',
      });
      letGo(undefined);
      await rebuilding;
      await other.eventLog.rebuild('toy.account');
    });

    it('G22 leaves the live rows as they were when it fails at any point, and the next one tidies up', async () => {
      const opened = await scene();
      const first = await opened.bank();
      await first.append(company, 'toy.account', '1', account('1', 'A'));
      await first.settled([company]);
      await opened.stop(first);
      for (const failure of failures) {
        let failing = false;
        const bank = await opened.bank({ projectionStore: failure(() => failing) });
        failing = true;
        await expect(bank.eventLog.rebuild('toy.account')).rejects.toThrow('the rebuild ends here');
        failing = false;
        expect(await opened.rows('toy.account')).toMatchObject([{ name: 'A' }]);
        await bank.eventLog.rebuild('toy.account');
        const generations = await bank.projectionStore.generations(opened.projection('toy.account'));
        expect(generations.map(({ state }) => state)).toEqual(['live', 'old']);
        expect(await opened.rows('toy.account')).toMatchObject([{ name: 'A' }]);
        await opened.stop(bank);
      }
    });

    it('G22 stops when it is told to, and everything is as it was', async () => {
      const opened = await scene();
      const stop = new AbortController();
      let stopping = false;
      const bank: ToyProcess = await opened.bank(
        onLoad(async (load) => {
          if (stopping) {
            stop.abort();
            await waitFor(async () => (await bank.projectionStore.operations.list(1))[0]?.wish === 'cancel', {
              describe: 'the rebuild to be cancelled',
            });
          }
          await load();
        }),
      );
      await bank.append(company, 'toy.account', '1', account('1', 'A'));
      await bank.settled([company]);
      stopping = true;
      await expect(bank.eventLog.rebuild('toy.account', 'a test', stop.signal)).rejects.toMatchObject({
        code: 'eventlog.rebuild-not-done',
      });
      const generations = await bank.projectionStore.generations(opened.projection('toy.account'));
      expect(generations.map(({ state }) => state)).toEqual(['live']);
    });

    it('G23 refuses a checkpoint of a log that is not there any more, until a rebuild from the log that is', async () => {
      const opened = await scene();
      const bank = await opened.bank();
      await fill(bank);
      const rows = await opened.rows('toy.balance');
      await opened.stop(bank);
      await opened.world.recreateTopics();
      const after = await opened.bankConnected();
      after.eventLog.start();
      await waitFor(() => failureOf(after).includes('of a log that is not there any more'), {
        describe: 'the old checkpoints to be refused',
      });
      expect(await opened.rows('toy.balance')).toEqual(rows);
      // Nothing is read on the strength of an offset alone, even where the new log has got as far.
      await opened.publish(
        opened.topic,
        ...Array.from({ length: 8 }, (_, index) =>
          recordOf(storedEvent(`toy.ledger/${company}/another`, index + 1, moved('another', 1, 'x'))),
        ),
      );
      await opened.published(after);
      expect(failureOf(after)).toContain('of a log that is not there any more');
      await after.eventLog.rebuild('toy.account');
      await after.eventLog.rebuild('toy.balance');
      await after.ready();
      await opened.caughtUp(after);
      expect(await opened.rows('toy.balance')).toHaveLength(rows.length + 1);
      expect(await opened.rows('toy.balance')).toEqual(expect.arrayContaining([...rows]));
    });
  });
}

async function fill(bank: ToyProcess): Promise<void> {
  for (const each of companies) {
    for (let turn = 0; turn < 4; turn += 1) {
      await bank.append(each, 'toy.ledger', '1', moved('1', turn, String(turn)));
    }
    await bank.append(each, 'toy.account', '1', account('1', 'A'));
  }
  await bank.settled(companies);
}

function failureOf(process: ToyProcess): string {
  const { projections } = process.eventLog.status();
  return 'reason' in projections ? projections.reason : '';
}

function onLoad(around: (load: () => Promise<void>) => Promise<void>): Between {
  return {
    projectionStore: (store) =>
      overriding(store, {
        load: async (projection, generation, content) => {
          await around(() => store.load(projection, generation, content));
        },
      }),
  };
}

type Failure = (isFailing: () => boolean) => (store: ProjectionStore) => ProjectionStore;

/** Where a rebuild can end; it cannot tidy up after itself either. */
const failures: readonly Failure[] = (['createGeneration', 'load', 'index', 'switchTo'] as const).flatMap(
  (step) =>
    (['before', 'after'] as const).map((when): Failure => (isFailing) => (store) => {
      const ending = (): void => {
        if (isFailing()) throw new Error('the rebuild ends here');
      };
      // The step's own types are kept by the caller; here only its place matters.
      const through = async <T>(call: () => Promise<T>): Promise<T> => {
        if (when === 'before') ending();
        const result = await call();
        ending();
        return result;
      };
      return overriding(store, {
        dropGeneration: async (projection, generation) => {
          ending();
          await store.dropGeneration(projection, generation);
        },
        ...(step === 'createGeneration' && {
          createGeneration: (projection, options) =>
            through(() => store.createGeneration(projection, options)),
        }),
        ...(step === 'index' && {
          index: (projection, generation) => through(() => store.index(projection, generation)),
        }),
        ...(step === 'load' && {
          load: (projection, generation, content) =>
            through(() => store.load(projection, generation, content)),
        }),
        ...(step === 'switchTo' && {
          switchTo: (projection, generation, lockTimeoutMs, options) =>
            through(() => store.switchTo(projection, generation, lockTimeoutMs, options)),
        }),
      });
    }),
);
