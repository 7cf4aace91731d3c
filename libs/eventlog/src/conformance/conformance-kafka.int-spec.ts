import { testPostgresUrl } from '@samspill/testing';
import { describeWithKafka } from '@samspill/testing/jest';
import { KafkaWorld } from './kafka-world.js';
import { describeKills } from './kills.js';
import { describeConformance } from './suite.js';

describeWithKafka('Kafka', ({ brokers }) => {
  const make = (): Promise<KafkaWorld> => KafkaWorld.create(brokers, testPostgresUrl());
  describeConformance('Kafka', make);
  describeKills('Kafka', make, { seeds: [1], kills: 15 }); // more are in chaos.int-spec.ts
});
