import { testPostgresUrl } from '@samspill/testing';
import { describeWithKafka } from '@samspill/testing/jest';
import { KafkaWorld } from './kafka-world.js';
import { describeConformance } from './suite.js';

describeWithKafka('Kafka', ({ brokers }) => {
  describeConformance('Kafka', () => KafkaWorld.create(brokers, testPostgresUrl()));
});
