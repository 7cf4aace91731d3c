import { describe, expect, it } from '@jest/globals';
import { waitFor } from '@samspill/testing';
import type { Log } from '../log.js';
import { losing, type Step, type Through } from './losing.js';
import { accounts, granted, partOf, reaches, start } from './operating.js';
import { overriding } from './overriding.js';
import { companies, company, scenes } from './scene.js';
import { account, moved, type Between, type ToyProcess } from './toy/toy-process.js';
import { TOY_PARTITIONS } from './toy/toy-manifests.js';
import type { MakeWorld } from './world.js';

const steps: readonly Step<'createGeneration' | 'load' | 'index' | 'switchTo'>[] = [
  ['createGeneration', 'before', 1],
  ['createGeneration', 'after', 1],
  ['load', 'before', 1],
  ['load', 'after', 1],
  ['load', 'after', TOY_PARTITIONS - 1],
  ['index', 'before', 1],
  ['index', 'after', 1],
  ['switchTo', 'before', 1],
  ['switchTo', 'after', 1],
];

/** G27 and G29: operations that outlive whoever runs them, and do what they are told. */
export function describeResuming(make: MakeWorld): void {
  describe('operations', () => {
    const scene = scenes(make);

    it.each(steps)(
      'G27 go on in another instance when one is lost at %s, %s it (time %i)',
      async (method, when, nth) => {
        const opened = await scene();
        const loss = losing([method, when, nth], operating);
        const first = await opened.bank(loss.between);
        await fill(first);
        loss.arm();
        const { id } = await start(first, { scope: accounts });
        await waitFor(loss.isLost, { describe: 'the instance to be lost' });
        const before = await opened.rows('toy.account');
        await opened.stop(first);
        let read = 0;
        const second = await opened.bank(counting((records) => (read += records)));
        const done = await reaches(second, id, 'done');
        expect(await opened.rows('toy.account')).toEqual(before);
        const generations = await second.projectionStore.generations(opened.projection('toy.account'));
        expect(generations.map(({ state, number }) => [number, state])).toEqual([
          [partOf(done).generation, 'live'],
          [expect.any(Number), 'old'],
        ]);
        // One event of each company was read by the first for each partition that it had finished.
        const finished =
          method === 'load'
            ? when === 'after'
              ? nth
              : 0
            : method === 'createGeneration'
              ? 0
              : TOY_PARTITIONS;
        expect(read).toBe(2 * (TOY_PARTITIONS - finished));
      },
    );

    it('G27 are run by one instance, however many there are', async () => {
      const opened = await scene();
      const loads: number[] = [];
      const count = (): Between => ({
        projectionStore: (store) =>
          overriding(store, {
            load: async (projection, generation, content) => {
              loads.push(generation);
              await store.load(projection, generation, content);
            },
          }),
      });
      const instances = [await opened.bank(count()), await opened.bank(count()), await opened.bank(count())];
      const [first] = instances;
      if (!first) throw new Error('there are no instances');
      await fill(first);
      const { id } = await start(first, { scope: accounts });
      const { generation } = partOf(await reaches(first, id, 'done'));
      expect(loads.filter((loaded) => loaded === generation)).toHaveLength(TOY_PARTITIONS);
    });

    it('G27 build all projections of a service whose database is empty', async () => {
      const opened = await scene();
      const former = await opened.bank();
      await fill(former);
      const rows = await opened.rows('toy.account');
      await opened.stop(former);
      const database = await opened.world.database();
      const anew = await opened.bank({}, database);
      const [operation, ...others] = await anew.eventLog.operations.list('rebuild');
      expect(others).toEqual([]);
      expect(operation?.task).toMatchObject({ scope: { kind: 'service' } });
      expect(operation?.parts.map(({ projection, phase }) => [projection, phase])).toEqual([
        ['toy.account', 'done'],
        ['toy.balance', 'done'],
      ]);
      expect(await opened.rows('toy.account', database)).toEqual(rows);
    });

    it('G29 pause, slow down and go on as they are told, and leave the live rows alone when they are cancelled', async () => {
      const opened = await scene();
      const bank = await opened.bank();
      await fill(bank);
      const { operations } = bank.eventLog;
      const slow = { eventsPerSecond: 1 };
      const { id } = await start(bank, { scope: accounts, throttle: slow });
      await waitFor(async () => granted(await operations.find(id)).state === 'running', {
        describe: 'it to run',
      });
      granted(await operations.wish(id, 'rebuild', 'pause'));
      await waitFor(async () => granted(await operations.find(id)).state === 'paused', {
        describe: 'it to pause',
      });
      await bank.append(company, 'toy.account', '2', account('2', 'B'));
      await bank.settled([company]);
      granted(await operations.throttle(id, {}));
      granted(await operations.wish(id, 'rebuild', 'run'));
      await reaches(bank, id, 'done');
      const rows = await opened.rows('toy.account');

      const { id: other } = await start(bank, { scope: accounts, throttle: slow });
      granted(await operations.wish(other, 'rebuild', 'cancel'));
      await reaches(bank, other, 'cancelled');
      expect(await opened.rows('toy.account')).toEqual(rows);
      const generations = await bank.projectionStore.generations(opened.projection('toy.account'));
      expect(generations.map(({ state }) => state)).toEqual(['live', 'old']);
      expect(await operations.wish(other, 'rebuild', 'pause')).toMatchObject({
        code: 'operation.state-conflict',
      });
    });

    it('G29 can be given up when the service has their projection no more', async () => {
      const opened = await scene();
      const before = await opened.bank();
      await fill(before);
      const { id } = await start(before, { scope: accounts, throttle: { eventsPerSecond: 1 } });
      await opened.stop(before);
      const { projections, ...manifest } = opened.bankManifest;
      const without = { ...manifest, projections: projections.filter(({ name }) => name !== 'toy.account') };
      const after = await opened.bankConnected({}, opened.bankDatabase, without);
      after.eventLog.start();
      await after.ready();
      granted(await after.eventLog.operations.wish(id, 'rebuild', 'cancel'));
      await reaches(after, id, 'cancelled');
    });

    it('G29 wait while the live rows are further behind than they may be', async () => {
      const opened = await scene();
      const { promise: go, resolve: letGo } = Promise.withResolvers<undefined>();
      let holding = false;
      const bank = await opened.bank({
        projectionStore: (store) =>
          overriding(store, {
            transaction: async (projection, generation, place, work) => {
              if (holding && generation === 'live') await go;
              return await store.transaction(projection, generation, place, work);
            },
          }),
      });
      await fill(bank);
      holding = true;
      for (let turn = 0; turn < 4; turn += 1) {
        for (const each of companies) await bank.append(each, 'toy.account', '1', account('1', String(turn)));
      }
      await opened.published(bank);
      const { id } = await start(bank, { scope: accounts, throttle: { maxLiveLag: 2, eventsPerSecond: 4 } });
      await waitFor(
        async () => (granted(await bank.eventLog.operations.find(id)).parts[0]?.progress.liveLag ?? 0) > 2,
        { describe: 'the lag to be seen' },
      );
      expect(granted(await bank.eventLog.operations.find(id)).state).toBe('running');
      holding = false;
      letGo(undefined);
      granted(await bank.eventLog.operations.throttle(id, {}));
      await reaches(bank, id, 'done');
    });
  });
}

/** Two events a company on the bank's topic, one of them of an account. */
async function fill(bank: ToyProcess): Promise<void> {
  for (const each of companies) {
    await bank.append(each, 'toy.account', '1', account('1', 'A'));
    await bank.append(each, 'toy.ledger', '1', moved('1', 1, 'a'));
  }
  await bank.settled(companies);
}

/** The parts of the database that an operation is worked on through. */
const operating = (through: Through): Between => ({
  projectionStore: (store) =>
    overriding(store, {
      createGeneration: (...call) => through('createGeneration', () => store.createGeneration(...call)),
      load: (...call) => through('load', () => store.load(...call)),
      index: (...call) => through('index', () => store.index(...call)),
      switchTo: (...call) => through('switchTo', () => store.switchTo(...call)),
      dropGeneration: (...call) => through('dropGeneration', () => store.dropGeneration(...call)),
      operations: overriding(store.operations, {
        report: (...call) => through('report', () => store.operations.report(...call)),
        claim: (...call) => through('claim', () => store.operations.claim(...call)),
        open: () => through('open', () => store.operations.open()),
      }),
    }),
});

/** Counts what is read of accounts’ topic in ranges that begin at the beginning: what a rebuild reads, not what it catches up on. */
function counting(count: (records: number) => void): Between {
  return {
    log: (log: Log) =>
      overriding(log, {
        read: async (ranges, handle, signal) => {
          const isWhole = ranges.every(({ from }) => from === 0n);
          await log.read(
            ranges,
            async (batch) => {
              // What was asked of the service is on its topic as well, and may come late.
              const filled = batch.records.filter((record) =>
                /^toy\.(?:account|ledger)\//.test(record.header('ce_subject') ?? ''),
              );
              if (isWhole) count(filled.length);
              await handle(batch);
            },
            signal,
          );
        },
      }),
  };
}
