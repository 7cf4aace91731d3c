/** Where a broker runs: given from outside, in a container, or on the local JVM. */
export type KafkaProvider = 'external' | 'docker' | 'jvm';

/** A single-node Kafka of the test's own. */
export interface KafkaBroker {
  /** `host:port` of each broker. */
  readonly brokers: readonly string[];
  /** The same, where users sign in; empty where it knows none. */
  readonly signInBrokers: readonly string[];
  readonly version: string;
  readonly provider: Exclude<KafkaProvider, 'external'>;
  /** SIGKILL; its data stays. */
  kill(): Promise<void>;
  /** Starts it again on the same data and port, after `kill`, or after killing it. Resolves when it answers. */
  restart(): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}
