export { waitFor, type WaitOptions } from './wait-for.js';
export { randomFrom } from './random-from.js';
export { freePort } from '@samspill/embedded-postgres';
export { uniqueName } from './unique-name.js';
export { specificationOf, type History, type Outcome } from './specification.js';
export { CommandLine, RunningCommand, type CommandEnd } from './service/command-line.js';
export {
  spawnService,
  type ServiceEnd,
  type ServiceOptions,
  type ServiceProcess,
} from './service/service-process.js';
export {
  createTestDatabase,
  databaseUrl,
  testPostgresUrl,
  type Template,
  type TestDatabase,
  type TestDatabaseOptions,
} from './postgres/test-database.js';
export {
  NEWEST_POSTGRES,
  OLDEST_POSTGRES,
  postgresVersions,
  startTestPostgres,
} from './postgres/postgres-versions.js';
export {
  startKillablePostgres,
  type KillablePostgres,
  type KillablePostgresOptions,
} from './postgres/killable-postgres.js';
export { kafkaForTests, startableKafkaVersions, type KafkaForTests } from './kafka/kafka-for-tests.js';
export {
  NEWEST_KAFKA,
  NoKafka,
  OLDEST_KAFKA,
  startKafka,
  type StartKafkaOptions,
} from './kafka/start-kafka.js';
export type { KafkaBroker, KafkaProvider } from './kafka/broker.js';
export { runKafkaTool } from './kafka/kafka-tools.js';
export { createTestTopics, deleteTopics, type TestTopic } from './kafka/test-topics.js';
export {
  OutsideSystem,
  type OutsideEffect,
  type OutsideFaults,
  type OutsideOptions,
} from './outside/outside-system.js';
export { OtlpReceiver, type ReceivedSpan } from './telemetry/otlp-receiver.js';
export { TestIssuer, type TokenOptions } from './sign-in/test-issuer.js';
export { TestPasskey } from './sign-in/test-passkey.js';
export { Browser, Shown } from './sign-in/browser.js';
export { accessibilityFaults, openChromium } from './sign-in/chromium.js';
export { Person } from './sign-in/person.js';
export { SmtpReceiver, type TakenMail } from './mail/smtp-receiver.js';
export { ContainerStack, type ServiceImage } from './containers/container-stack.js';
