import type { KafkaBroker } from './broker.js';
import { whyNoDocker } from './docker-engine.js';
import { startJvmKafka, whyNoJvmKafka } from './jvm-kafka.js';
import { kafkaJars } from './kafka-jars.js';

/** The newest version that is tested, and the oldest that is supported. */
export const NEWEST_KAFKA = '4.1.1';
export const OLDEST_KAFKA = '3.9.1';

export interface StartKafkaOptions {
  readonly version?: string;
  /** Heap of a broker on the JVM; more for benchmarks. */
  readonly heapMiB?: number;
  /** Broker settings besides those that every test's broker has. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Passwords by name of users, who sign in with SASL PLAIN at `signInBrokers` and may do there what access control lists let them. */
  readonly users?: Readonly<Record<string, string>>;
}

/** No provider could start a broker; the message says why each could not. */
export class NoKafka extends Error {
  override readonly name = 'NoKafka';
}

/**
 * Starts a broker of one's own with the first provider that can: a Docker engine, then the local JVM.
 * @throws NoKafka
 */
export async function startKafka({
  version = NEWEST_KAFKA,
  heapMiB,
  settings = {},
  users,
}: StartKafkaOptions = {}): Promise<KafkaBroker> {
  const reasons: string[] = [];
  const noDocker = await whyNoDocker();
  if (noDocker === undefined) {
    try {
      const { startDockerKafka } = await dockerKafka();
      return await startDockerKafka(version, settings, users);
    } catch (error) {
      reasons.push(`Docker could not run Kafka ${version} (${String(error)})`);
    }
  } else {
    reasons.push(noDocker);
  }
  const noJvm = await whyNoJvmKafka();
  if (noJvm === undefined) {
    try {
      return await startJvmKafka({
        version,
        settings,
        ...(heapMiB === undefined ? {} : { heapMiB }),
        ...(users === undefined ? {} : { users }),
      });
    } catch (error) {
      reasons.push(`the JVM could not run Kafka ${version} (${String(error)})`);
    }
  } else {
    reasons.push(noJvm);
  }
  throw new NoKafka(reasons.join('; '));
}

/** Whether `startKafka` can have that version, once its image or jars are fetched, which this does. */
export async function canHaveKafka(version: string): Promise<boolean> {
  if ((await whyNoDocker()) === undefined && (await (await dockerKafka()).hasKafkaImage(version)))
    return true;
  if ((await whyNoJvmKafka()) !== undefined) return false;
  return kafkaJars(version).then(
    () => true,
    () => false,
  );
}

/** Read only where there is an engine: it brings Testcontainers along, which takes a second that every test file would pay for. */
async function dockerKafka(): Promise<typeof import('./docker-kafka.js')> {
  return await import('./docker-kafka.js');
}
