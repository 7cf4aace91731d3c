/** Ends the title of a suite that was skipped because there is no Kafka; the reporter looks for it. */
export const NEEDS_KAFKA = '(needs Kafka)';

/** What lets those suites run. */
export const WHAT_TO_INSTALL =
  'Start a Docker engine, or install Java 17 or newer and Maven, or name a running Kafka in KAFKA_BROKERS (host:port,…).';
