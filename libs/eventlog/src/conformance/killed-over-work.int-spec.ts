import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { streamName } from '@samspill/kernel';
import { randomFrom, type ServiceProcess, testPostgresUrl, waitFor } from '@samspill/testing';
import { MasterKeys, type MasterKey } from '../keys/master-keys.js';
import type { RevertState } from '../revert/revert.js';
import { granted } from './operating.js';
import { newMaster, oldMaster, people } from './people.js';
import type { PostgresServiceDatabase } from './postgres-database.js';
import { PostgresWorld } from './postgres-world.js';
import { AFTER, accountStream, appendedBy, BEFORE, start, toMoment } from './reverting-scene.js';
import { companies, company, scenes, type Scene } from './scene.js';
import { person } from './toy/people.js';
import { account, context, type ToyProcess } from './toy/toy-process.js';
import { spawnWorker } from './worker-process.js';
import type { WorkerSettings } from './worker.js';

/** Several pages of a revert, and of keys that are sealed anew. */
const STREAMS = 2_500;
const STREAMS_AT_ONCE = 500;
/** From a worker's start: its connections, the gate, and some pages. */
const MAX_LIFE_MS = 500;
const TEST_MS = 300_000;

describe('a process that is killed with SIGKILL', () => {
  const scene = scenes<PostgresServiceDatabase, PostgresWorld>(() => PostgresWorld.create(testPostgresUrl()));

  it(
    'G61 G62 while it previews a revert and puts streams back has another do the rest, and nothing twice',
    async () => {
      const opened = await scene();
      const bank = await opened.bank();
      await inGroups(bank, BEFORE, (number) => account(number, `before ${number}`));
      await inGroups(bank, AFTER, (number) => account(number, 'nonsense'));
      await bank.settled([company]);
      await opened.stop(bank);
      const operator = await opened.bankConnected();
      const stateOf = async (): Promise<RevertState> =>
        granted(await operator.eventLog.reverts.find(id)).state;
      const worker = await spawnWorker(settings(opened, { service: 'bank', task: 'run' }));
      const { id } = granted(await operator.eventLog.reverts.plan(toMoment, context()));
      const met = await killed(worker, 2, stateOf, { during: 'planning', over: 'planned' });
      await waitFor(async () => (await stateOf()) === 'planned', { describe: 'the preview' });
      await start(operator, { id });
      met.push(...(await killed(worker, 4, stateOf, { during: 'started', over: 'finished' })));
      await waitFor(async () => (await stateOf()) === 'finished', { describe: 'the end' });
      await worker.kill();

      expect(met).toEqual(expect.arrayContaining(['planning', 'started']));
      const { counts } = granted(await operator.eventLog.reverts.find(id));
      expect(counts.outcomes).toEqual({ done: STREAMS, 'moved-on': 0, refused: 0 });
      const streams = numbers().map((number) => accountStream(number));
      const appended = await appendedBy(operator.eventStore, { id }, streams);
      expect(new Set([...appended.values()].map(({ length }) => length))).toEqual(new Set([1]));
      const held = await operator.eventStore.read(operator.eventLog.intake.stream(company));
      expect(held).toHaveLength(1);
      const after = await opened.bank();
      await after.settled([company]);
      const names = (await opened.rows('toy.account')).map((row) => 'name' in row && row.name);
      expect(new Set(names)).toEqual(new Set(numbers().map((number) => `before ${number}`)));
    },
    TEST_MS,
  );

  it(
    'G56 while it seals keys anew is no harm: whoever begins again does the rest',
    async () => {
      const opened = await scene();
      const writer = await people(opened);
      const stream = (number: string): string => streamName('toy.person', company, number);
      await inGroups(writer, BEFORE, (number) => person(`Kari ${number}`), stream);
      await opened.published(writer);
      await opened.stop(writer);
      const masterKeys = [newMaster, oldMaster].map(asText).join(',');
      const worker = await spawnWorker(settings(opened, { service: 'people', task: 'rotate', masterKeys }));
      const met = await killed(worker, 4, () => Promise.resolve(lastSaid(worker)), {
        during: 'rotating',
        over: 'rotated',
      });
      await waitFor(() => worker.output().includes('"rotated"'), { describe: 'the end' });
      await worker.kill();

      expect(met).toContain('rotating');
      const after = await people(opened, { masterKeys: new MasterKeys([newMaster]) });
      const care = after.eventLog.keys?.care;
      expect(await care?.status()).toMatchObject({ toRotate: 0 });
      expect(await care?.check()).toMatchObject({ missing: 0, sealed: { kept: STREAMS, forgotten: 0 } });
    },
    TEST_MS,
  );
});

function settings(
  { world, bankDatabase }: Scene<PostgresServiceDatabase, PostgresWorld>,
  more: Pick<WorkerSettings, 'service' | 'task' | 'masterKeys'>,
): WorkerSettings {
  const { topics, logAddress: log } = world;
  return { topics, log, database: bankDatabase.url, companies: [...companies], seed: 1, ...more };
}

/** The last word that a worker has printed: `started`, `rotating` … */
function lastSaid(worker: ServiceProcess): string {
  return /"(\w+)"\s*$/.exec(worker.output())?.[1] ?? '';
}

/**
 * Kills the worker while it is at something, the first time as soon as it is, later after a random while, and has it start again.
 * @param at what it is at
 * @returns what it was at when a kill was due, each time: it may have come to the end before
 */
async function killed<T>(
  worker: ServiceProcess,
  times: number,
  at: () => Promise<T>,
  { during, over }: { readonly during: T; readonly over: T },
): Promise<T[]> {
  const random = randomFrom(times);
  const met: T[] = [];
  for (let kill = 0; kill < times; kill += 1) {
    const due = async (): Promise<{ readonly state: T } | undefined> => {
      const state = await at();
      return state === during || state === over ? { state } : undefined;
    };
    const { state } = await waitFor(due, { describe: `the worker to be ${String(during)}`, intervalMs: 1 });
    met.push(state);
    // The moment of the kill is what is random here; nothing is waited for.
    if (kill > 0) await delay(random() * MAX_LIFE_MS);
    await worker.kill();
    await worker.restart();
  }
  return met;
}

function numbers(): readonly string[] {
  return Array.from({ length: STREAMS }, (_, number) => String(number));
}

/** Appends an event to each of many streams. */
async function inGroups(
  process: ToyProcess,
  now: Date,
  event: (number: string) => Parameters<ToyProcess['append']>[3],
  streamOf = accountStream,
): Promise<void> {
  const all = numbers();
  for (let from = 0; from < all.length; from += STREAMS_AT_ONCE) {
    const some = all.slice(from, from + STREAMS_AT_ONCE);
    await process.eventLog.transact(context(now), async (unit) => {
      const heads = await unit.heads(some.map((number) => streamOf(number)));
      for (const number of some) {
        const stream = streamOf(number);
        unit.append({ stream, key: company }, heads.get(stream)?.version ?? 0, [event(number)]);
      }
    });
  }
}

function asText({ id, key }: MasterKey): string {
  return `${id}:${key.toString('base64')}`;
}
