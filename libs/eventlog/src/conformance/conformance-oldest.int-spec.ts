import { afterAll, beforeAll, describe } from '@jest/globals';
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
import { PostgresWorld } from './postgres-world.js';
import { describeConformance } from './suite.js';

/** The oldest versions that are supported. Kills are few here: what differs between versions is what they understand. */
const FEW_KILLS = { seeds: [3], kills: 4 };

describe(`Postgres ${OLDEST_POSTGRES}`, () => {
  const postgres = ownPostgres();
  describeConformance(`Postgres ${OLDEST_POSTGRES}`, () => PostgresWorld.create(postgres.url()));
});

describeWithOwnKafka(`Kafka ${OLDEST_KAFKA} and Postgres ${OLDEST_POSTGRES}`, OLDEST_KAFKA, () => {
  const postgres = ownPostgres();
  let kafka: KafkaBroker | undefined;
  beforeAll(async () => {
    kafka = await startKafka({ version: OLDEST_KAFKA });
  });
  afterAll(async () => {
    await kafka?.stop();
  });
  const make = (): Promise<KafkaWorld> => KafkaWorld.create(kafka?.brokers ?? [], postgres.url());
  describeConformance(`Kafka ${OLDEST_KAFKA}`, make);
  describeKills(`Kafka ${OLDEST_KAFKA}`, make, FEW_KILLS);
});

/** A server for the tests of the block that it is called in. */
function ownPostgres(): { url(): string } {
  let server: Awaited<ReturnType<typeof startTestPostgres>> | undefined;
  beforeAll(async () => {
    server = await startTestPostgres(OLDEST_POSTGRES);
  });
  afterAll(async () => {
    await server?.stop();
  });
  return { url: () => server?.url('postgres') ?? '' };
}
