/**
 * How Jest's main process, which starts the servers, tells its workers about them. The names are not `SAMSPILL_…`: a
 * service started by a test refuses names of that kind that it does not know.
 */
export const RUN_ENVIRONMENT = {
  /** Connection string of a superuser; given from outside, or set to the embedded server. */
  postgresUrl: 'TEST_POSTGRES_URL',
  /** Comma-separated `host:port`; given from outside, or set to the broker that was started. */
  kafkaBrokers: 'KAFKA_BROKERS',
  /** Where the broker came from: `external`, `docker` or `jvm`. */
  kafkaProvider: 'TEST_KAFKA_PROVIDER',
  /** Versions that `startKafka` can start, comma-separated, newest first. */
  kafkaVersions: 'TEST_KAFKA_VERSIONS',
  /** Why there is no Kafka; unset when there is one. */
  kafkaSkipped: 'TEST_KAFKA_SKIPPED',
} as const;

/** The value of an environment variable, undefined when it is unset or empty. */
export function fromRun(name: keyof typeof RUN_ENVIRONMENT): string | undefined {
  const value = process.env[RUN_ENVIRONMENT[name]];
  return value === '' ? undefined : value;
}

export function tellRun(name: keyof typeof RUN_ENVIRONMENT, value: string): void {
  process.env[RUN_ENVIRONMENT[name]] = value;
}
