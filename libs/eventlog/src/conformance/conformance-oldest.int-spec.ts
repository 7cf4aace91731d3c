import { afterAll, beforeAll } from '@jest/globals';
import {
  OLDEST_KAFKA,
  OLDEST_POSTGRES,
  startKafka,
  startTestPostgres,
  type KafkaBroker,
} from '@samspill/testing';
import { describeWithOwnKafka } from '@samspill/testing/jest';
import { KafkaWorld } from './kafka-world.js';
import { describeKills } from './kills.js';
import { describeConformance } from './suite.js';

/** The oldest versions that are supported. Kills are few here: what differs between versions is what they understand. */
const FEW_KILLS = { seeds: [3], kills: 4 };

/** On both at once: the world on Kafka keeps its event store and its projections in Postgres. */
describeWithOwnKafka(`Kafka ${OLDEST_KAFKA} and Postgres ${OLDEST_POSTGRES}`, OLDEST_KAFKA, () => {
  let postgres: Awaited<ReturnType<typeof startTestPostgres>> | undefined;
  let kafka: KafkaBroker | undefined;
  beforeAll(async () => {
    postgres = await startTestPostgres(OLDEST_POSTGRES);
    kafka = await startKafka({ version: OLDEST_KAFKA });
  });
  afterAll(async () => {
    await kafka?.stop();
    await postgres?.stop();
  });
  const make = (): Promise<KafkaWorld> =>
    KafkaWorld.create(kafka?.brokers ?? [], postgres?.url('postgres') ?? '');
  describeConformance(`Kafka ${OLDEST_KAFKA}`, make);
  describeKills(`Kafka ${OLDEST_KAFKA}`, make, FEW_KILLS);
});
