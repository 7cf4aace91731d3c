import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  NEWEST_KAFKA,
  startKafka,
  startKillablePostgres,
  type KafkaBroker,
  type KillablePostgres,
} from '@samspill/testing';
import { describeWithOwnKafka } from '@samspill/testing/jest';
import { chaos, type ChaosServers } from './chaos.js';
import { KafkaWorld } from './kafka-world.js';
import type { PostgresServiceDatabase } from './postgres-database.js';
import { scenes } from './scene.js';

/** `npm run chaos` asks for more. */
const KILLS = Number(process.env['CHAOS_KILLS'] ?? 10);
const SEED = Number(process.env['CHAOS_SEED'] ?? 20_260_301);
const isLong = process.env['CHAOS_KILLS'] !== undefined;
/** What a kill takes at the most, with the time until everything is there again and the checks; no more than a bound. */
const KILL_MS = 40_000;
/** Servers, and the checks at the end of a round. */
const ROUND_MS = 180_000;

describeWithOwnKafka('everything killed', NEWEST_KAFKA, () => {
  const servers = ownServers();
  const scene = scenes<PostgresServiceDatabase, KafkaWorld>(async () => {
    const { kafka, postgres } = servers();
    return await KafkaWorld.create(kafka.brokers, postgres.url('postgres'));
  });

  describe('services, Kafka and Postgres', () => {
    it(
      `G24 G27 lose nothing and double nothing, whatever operators ask for meanwhile (seed ${SEED}, ${KILLS} kills)`,
      async () => {
        const report = await chaos(await scene(), servers(), { seed: SEED, kills: KILLS });
        if (isLong) process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
        const { service, Kafka, Postgres } = report.kills;
        expect(service + Kafka + Postgres).toBe(KILLS);
        expect(report.acknowledged).toBeGreaterThan(0);
      },
      KILLS * KILL_MS + ROUND_MS,
    );
  });
});

/** A broker and a server for the tests of the block that it is called in. */
function ownServers(): () => ChaosServers {
  let kafka: KafkaBroker | undefined;
  let postgres: KillablePostgres | undefined;
  beforeAll(async () => {
    [kafka, postgres] = await Promise.all([
      startKafka(),
      startKillablePostgres({ settings: { max_connections: '200' } }),
    ]);
  }, ROUND_MS);
  afterAll(async () => {
    await Promise.all([kafka?.stop(), postgres?.stop()]);
  });
  return () => {
    if (!kafka || !postgres) throw new Error('the servers have not been started');
    return { kafka, postgres };
  };
}
