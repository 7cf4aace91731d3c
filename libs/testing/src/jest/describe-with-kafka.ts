import { describe } from '@jest/globals';

import type { KafkaProvider } from '../kafka/broker.js';
import { kafkaForTests, startableKafkaVersions } from '../kafka/kafka-for-tests.js';
import { NEEDS_KAFKA } from './needs-kafka.js';

/** A suite over the run's shared Kafka; without one it is counted as skipped, and the end of the run says what to install. */
export function describeWithKafka(
  title: string,
  suite: (kafka: { readonly brokers: readonly string[]; readonly provider: KafkaProvider }) => void,
): void {
  const kafka = kafkaForTests();
  if (kafka.kind === 'kafka') describe(title, () => suite(kafka));
  else describe.skip(`${title} ${NEEDS_KAFKA}`, () => suite({ brokers: [], provider: 'external' }));
}

/** A suite that starts, kills and restarts a broker of its own, of that version. */
export function describeWithOwnKafka(title: string, version: string, suite: () => void): void {
  if (startableKafkaVersions().includes(version)) describe(title, suite);
  else describe.skip(`${title} ${NEEDS_KAFKA}`, suite);
}
