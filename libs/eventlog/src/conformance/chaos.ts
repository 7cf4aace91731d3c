import { setTimeout as delay } from 'node:timers/promises';
import { expect } from '@jest/globals';
import { randomFrom, type KafkaBroker, type KillablePostgres, type ServiceProcess } from '@samspill/testing';
import type { Operation } from '../operations/operation.js';
import type { KafkaWorld } from './kafka-world.js';
import type { PostgresServiceDatabase } from './postgres-database.js';
import { pick } from './pick.js';
import { companies, type Scene } from './scene.js';
import { ownersManifest } from './toy/toy-manifests.js';
import type { ToyProcess } from './toy/toy-process.js';
import { nothingLostOrDoubled } from './truth.js';
import { attemptsOf, spawnWorker } from './worker-process.js';
import type { WorkerSettings } from './worker.js';

/** Between two kills; what was killed may still be on its way back, so that several are away at once. */
const MIN_LIFE_MS = 100;
const MAX_LIFE_MS = 2_500;
/** After so many kills everything is held against the truth, and goes on. */
const KILLS_A_ROUND = 10;

export type ChaosScene = Scene<PostgresServiceDatabase, KafkaWorld>;

/** What services stand on, each on its own and killed as they are. */
export interface ChaosServers {
  readonly kafka: KafkaBroker;
  readonly postgres: KillablePostgres;
}

/** What a run has been through, for people. */
export interface ChaosReport {
  kills: Record<Victim['name'], number>;
  /** Phases in which kills have met operations. */
  phases: Record<string, number>;
  commands: number;
  acknowledged: number;
  /** Operations by the state that they have ended in. */
  operations: Record<string, number>;
}

interface Victim {
  readonly name: 'service' | 'Kafka' | 'Postgres';
  /** Kills it, and resolves when it is there again. */
  readonly strike: () => Promise<void>;
}

/**
 * Two services at work, one of them in two processes whose operators ask for anything at any time, while whatever they consist of and stand on
 * is killed. Every {@link KILLS_A_ROUND} kills it is shown that nothing was lost and nothing happened twice.
 * @throws what does not hold
 */
export async function chaos(
  scene: ChaosScene,
  servers: ChaosServers,
  { seed, kills }: { readonly seed: number; readonly kills: number },
): Promise<ChaosReport> {
  const report: ChaosReport = {
    kills: { service: 0, Kafka: 0, Postgres: 0 },
    phases: {},
    commands: 0,
    acknowledged: 0,
    operations: {},
  };
  const ownersDatabase = await scene.world.database();
  const workers = await startWorkers(scene, ownersDatabase, seed);
  const random = randomFrom(seed);
  for (let left = kills; left > 0; left -= KILLS_A_ROUND) {
    await killAtRandom(scene, servers, workers, random, Math.min(left, KILLS_A_ROUND), report);
    await Promise.all(workers.map((worker) => worker.stop()));
    const attempts = workers.flatMap((worker) => attemptsOf(worker.output()));
    const bank = await scene.bankAfterOperations();
    const owners = await scene.start(ownersDatabase, ownersManifest(scene.world.topics));
    await nothingLostOrDoubled(scene, { bank, owners }, attempts);
    report.commands = attempts.length;
    report.acknowledged = attempts.filter(({ acknowledged }) => acknowledged).length;
    report.operations = countedBy(await everyOperation(bank), ({ state }) => state);
    await scene.stop(bank);
    await scene.stop(owners);
    if (left > KILLS_A_ROUND) await Promise.all(workers.map((worker) => worker.start()));
  }
  return report;
}

async function everyOperation({ eventLog: { operations } }: ToyProcess): Promise<readonly Operation[]> {
  return [...(await operations.list('rebuild')), ...(await operations.list('inspection'))];
}

/** A worker that ends only when it is killed. */
class ChaosWorker {
  #isWanted = true;

  constructor(private readonly service: ServiceProcess) {
    this.#watch();
  }

  output(): string {
    return this.service.output();
  }

  async start(): Promise<void> {
    await this.service.restart();
    this.#isWanted = true;
    this.#watch();
  }

  async stop(): Promise<void> {
    this.#isWanted = false;
    await this.service.kill();
  }

  async strike(): Promise<void> {
    await this.stop();
    await this.start();
  }

  /** @throws where it has ended by itself */
  check(): void {
    if (this.#failure) throw this.#failure;
  }

  #failure: Error | undefined;

  #watch(): void {
    void this.service.ended.then((end) => {
      if (!this.#isWanted) return;
      const said = this.output().split('\n').slice(-20).join('\n');
      this.#failure = new Error(`A worker ended by itself (${JSON.stringify(end)}): ${said}`);
    });
  }
}

async function startWorkers(
  scene: ChaosScene,
  ownersDatabase: PostgresServiceDatabase,
  seed: number,
): Promise<readonly ChaosWorker[]> {
  const { topics, logAddress: log } = scene.world;
  const services: readonly WorkerSettings['service'][] = ['bank', 'bank', 'owners'];
  return await Promise.all(
    services.map(async (service, index) => {
      const { url: database } = service === 'bank' ? scene.bankDatabase : ownersDatabase;
      const settings: WorkerSettings = {
        service,
        task: 'work',
        topics,
        log,
        database,
        companies: [...companies],
        seed: seed + index,
      };
      return new ChaosWorker(await spawnWorker(settings));
    }),
  );
}

async function killAtRandom(
  scene: ChaosScene,
  { kafka, postgres }: ChaosServers,
  workers: readonly ChaosWorker[],
  random: () => number,
  kills: number,
  report: ChaosReport,
): Promise<void> {
  const victims: readonly Victim[] = [
    ...workers.map((worker) => ({ name: 'service' as const, strike: () => worker.strike() })),
    { name: 'Kafka', strike: () => kafka.restart() }, // which kills it first
    {
      name: 'Postgres',
      strike: async () => {
        await postgres.kill();
        await postgres.restart();
      },
    },
  ];
  const away = new Map<Victim, Promise<void>>();
  const failures: unknown[] = [];
  const operator = await scene.bankConnected();
  for (let killed = 0; killed < kills;) {
    // The moment of the kill is what is random here; nothing is waited for.
    await delay(MIN_LIFE_MS + random() * (MAX_LIFE_MS - MIN_LIFE_MS));
    const victim = pick(random, victims);
    if (away.has(victim)) continue;
    for (const phase of await phasesNow(operator)) report.phases[phase] = (report.phases[phase] ?? 0) + 1;
    const back = victim
      .strike()
      .catch((error: unknown) => failures.push(error))
      .then(() => {
        away.delete(victim);
      });
    away.set(victim, back);
    report.kills[victim.name] += 1;
    killed += 1;
    for (const worker of workers) worker.check();
  }
  await Promise.all(away.values());
  await scene.stop(operator);
  for (const worker of workers) worker.check();
  expect(failures).toEqual([]);
}

/** What operations are at; nothing is known while the database is away. */
async function phasesNow({ eventLog }: ToyProcess): Promise<readonly string[]> {
  try {
    const all = await eventLog.operations.list('rebuild');
    return all
      .filter(({ state }) => state === 'running' || state === 'paused' || state === 'ready')
      .flatMap(({ state, parts }) =>
        parts
          .filter(({ phase }) => phase !== 'waiting' && phase !== 'done')
          .map(({ phase }) => `${state}: ${phase}`),
      );
  } catch {
    return [];
  }
}

function countedBy<T>(all: readonly T[], of: (each: T) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const each of all) counts[of(each)] = (counts[of(each)] ?? 0) + 1;
  return counts;
}
