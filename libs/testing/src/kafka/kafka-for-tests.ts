import { fromRun, RUN_ENVIRONMENT } from '../run-environment.js';
import type { KafkaProvider } from './broker.js';

/** The Kafka that all suites of a run share, or why there is none. */
export type KafkaForTests =
  | { readonly kind: 'kafka'; readonly brokers: readonly string[]; readonly provider: KafkaProvider }
  | { readonly kind: 'skipped'; readonly reason: string };

/** @throws Error outside the integration and e2e projects, where nothing has looked for a Kafka */
export function kafkaForTests(): KafkaForTests {
  const reason = fromRun('kafkaSkipped');
  if (reason !== undefined) return { kind: 'skipped', reason };
  const brokers = fromRun('kafkaBrokers');
  if (brokers === undefined) {
    throw new Error(
      `${RUN_ENVIRONMENT.kafkaBrokers} is not set: Kafka is started for *.int-spec.ts and *.e2e-spec.ts files only.`,
    );
  }
  return { kind: 'kafka', brokers: brokers.split(','), provider: providerOf(fromRun('kafkaProvider')) };
}

/** Versions that `startKafka` can start in this run, newest first; none where only an external broker was given. */
export function startableKafkaVersions(): readonly string[] {
  return fromRun('kafkaVersions')?.split(',') ?? [];
}

function providerOf(name: string | undefined): KafkaProvider {
  return name === 'docker' || name === 'jvm' ? name : 'external';
}
