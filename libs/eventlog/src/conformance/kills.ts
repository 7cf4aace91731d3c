import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { randomFrom, type ServiceProcess } from '@samspill/testing';
import type { PostgresServiceDatabase } from './postgres-database.js';
import { pick } from './pick.js';
import { companies, scenes } from './scene.js';
import { outsideIsTold, outsides, telling } from './telling.js';
import { ownersManifest } from './toy/toy-manifests.js';
import { nothingLostOrDoubled } from './truth.js';
import { attemptsOf, spawnWorker } from './worker-process.js';
import type { WorkerSettings } from './worker.js';
import type { World } from './world.js';

/** A life is long enough to be killed at the start, in the first rebuild, and in the middle of work. */
const MIN_LIFE_MS = 100;
const MAX_LIFE_MS = 2_500;
const TEST_MS = 480_000;
/** The outside has its own troubles meanwhile. */
const OUTSIDE_FAULTS = { busy: 0.05, failing: 0.05, failingAfter: 0.05, cutAfter: 0.05 };
/** Commands that have been acknowledged in any run worth its name. */
const MIN_WORK = 200;

export interface KillPlan {
  readonly seeds: readonly number[];
  /** Kills for each seed. */
  readonly kills: number;
}

/** A world that processes of their own can find. */
export interface KillableWorld extends World<PostgresServiceDatabase> {
  readonly logAddress: WorkerSettings['log'];
}

/** G24 with real processes and `kill -9`. */
export function describeKills(name: string, make: () => Promise<KillableWorld>, plan: KillPlan): void {
  describe(`the event log on ${name}, killed`, () => {
    const scene = scenes(make);
    const startOutside = outsides();

    it.each(plan.seeds)(
      'G24 G71 loses nothing and doubles nothing, here and outside, when processes are killed at any point (seed %i)',
      async (seed) => {
        const opened = await scene();
        const ownersDatabase = await opened.world.database();
        const { topics, logAddress: log } = opened.world;
        const outside = await startOutside({ seed, faults: OUTSIDE_FAULTS });
        const worker = async (
          service: WorkerSettings['service'],
          number: number,
        ): Promise<ServiceProcess> => {
          const { url: database } = service === 'bank' ? opened.bankDatabase : ownersDatabase;
          const workerSeed = seed + number;
          return await spawnWorker({
            service,
            task: 'work',
            topics,
            log,
            database,
            companies: [...companies],
            seed: workerSeed,
            outside: outside.url,
          });
        };
        const workers = await Promise.all([worker('bank', 1), worker('bank', 2), worker('owners', 3)]);
        await killAtRandom(workers, seed, plan.kills);
        await Promise.all(workers.map((each) => each.kill()));
        const attempts = workers.flatMap((each) => attemptsOf(each.output()));

        outside.faults = {};
        const bank = await telling(opened, outside);
        const owners = await opened.start(ownersDatabase, ownersManifest(opened.world.topics));
        await nothingLostOrDoubled(opened, { bank, owners }, attempts);
        await outsideIsTold(opened, bank, outside);
        expect(attempts.filter(({ acknowledged }) => acknowledged).length).toBeGreaterThan(MIN_WORK);
      },
      TEST_MS,
    );
  });
}

async function killAtRandom(workers: readonly ServiceProcess[], seed: number, kills: number): Promise<void> {
  const random = randomFrom(seed);
  for (let kill = 0; kill < kills; kill += 1) {
    // The moment of the kill is what is random here; nothing is waited for.
    await delay(MIN_LIFE_MS + random() * (MAX_LIFE_MS - MIN_LIFE_MS));
    const victim = pick(random, workers);
    await victim.kill();
    await victim.restart();
  }
}
