export * from './chain.js';
export * from './chain-check.js';
export * from './codec.js';
export * from './event-store.js';
export * from './log.js';
export * from './partitioner.js';
export * from './projection-store.js';
export * from './ids.js';
export * from './event-log-dependencies.js';
export * from './event-log.js';
export * from './logger.js';
export * from './manifest.js';
export * from './unit.js';
export * from './keys/personal-data.js';
export type { KeysCheck, KeysStatus } from './keys/key-care.js';
export { keyName, type KeyCount, type KeyStore, type StoredKey } from './keys/key-store.js';
export { toKeyRecord } from './keys/key-record.js';
export { sealValue, unsealedValue } from './keys/sealed-value.js';
export {
  KEY_BYTES,
  MasterKeys,
  newMasterKey,
  open,
  readMasterKeys,
  seal,
  type MasterKey,
  type WrappedKey,
} from './keys/master-keys.js';
export { PostgresKeyStore } from './adapters/postgres/key-store.js';
export { MemoryKeyStore } from './adapters/memory/memory-key-store.js';
export * from './operations/operation.js';
export {
  MAX_PARKED_AT_ONCE,
  ParkedEvents,
  type ParkedCursor,
  type ParkedInProjection,
  type ParkedOutcome,
  type ParkedPage,
  type ParkedRecord,
  type ParkedSelection,
} from './parked/parked-events.js';
export * from './revert/revert.js';
export {
  revertible,
  type Compensation,
  type Decided,
  type Reverting,
  type Revertible,
  type RevertRule,
  type RunCause,
} from './revert/revert-rule.js';
export { MAX_NAMED_STREAMS, MAX_REVERT_SAMPLES, Reverts } from './revert/reverts.js';
export type { ItemQuery, RevertStore } from './revert/revert-store.js';
export { IntakeHolds, type Hold } from './revert/intake-hold.js';
export {
  AuditTrail,
  type AuditEntry,
  type AuditPage,
  type AuditQuery,
  type Recordable,
} from './audit/audit-trail.js';
export type { ProjectionStatus } from './projection-status.js';
export type { CreatedTopics } from './create-topics.js';
export { Republishing, type RepublishStatus, type TopicState } from './republishing.js';
export type { TopicStatus } from './topic-status.js';
export {
  DEFAULT_LIMITS,
  type LookUpOutcome,
  type OpenKey,
  type Outgoing,
  type Outside,
  type OutsideLimits,
  type Outsides,
  type SendOutcome,
} from './reactors/outside.js';
export {
  MAX_DELIVERIES_AT_ONCE,
  Reactors,
  type RetryOutcome,
  type UndeliveredSelection,
} from './reactors/reactors.js';
export type { DeliveryState, LedgerEntry } from './reactors/delivery.js';
export type { DeliveryLedger, DeliveryWait, LedgerCounts } from './reactors/delivery-ledger.js';
export type { Held, RedeliveryRequest } from './reactors/reactor-state.js';
export type { KeyStatus, ReactorStanding, ReactorStatus } from './reactors/reactor-status.js';
export type { RedeliveryPreview } from './reactors/redelivering.js';
export { readPlace, writePlace } from './parked/record-place.js';
export type { DroppedGenerations } from './operations/drop-old.js';
export type { ClaimedOperation, OperationChange, OperationStore } from './operations/operation-store.js';
export { DEFAULT_EXPIRY_HOURS, DEFAULT_MEMORY_MIB, Operations } from './operations/operations.js';
export { BECOME_READER, CompanyReader, type ReadQuery } from './adapters/postgres/company-reader.js';
export { ensureReaderRole, loginOf, raiseWalls } from './adapters/postgres/company-wall.js';
export { Database, type DatabaseOptions } from './adapters/postgres/database.js';
export { under } from './telemetry/origins.js';
export { TracedClient } from './telemetry/statements.js';
export { readTraceparent } from './telemetry/traceparent.js';
export { PostgresEventStore } from './adapters/postgres/event-store.js';
export { PostgresProjectionStore } from './adapters/postgres/projection-store.js';
export { EVENTLOG_MIGRATIONS } from './adapters/postgres/migrations/eventlog-migrations.js';
export * from './record-size.js';
export { KafkaLog } from './adapters/kafka/kafka-log.js';
export type { KafkaLogOptions, NewTopics } from './adapters/kafka/kafka-client.js';
export { TOPIC_SETTINGS } from './adapters/kafka/kafka-topics.js';
export { PostgresLog, type PostgresLogOptions } from './adapters/postgres/postgres-log.js';
export { Faults, SimulatedCrash, SimulatedFailure, type FaultPoint } from './adapters/memory/faults.js';
export { MemoryCluster } from './adapters/memory/memory-cluster.js';
export { MemoryEventDatabase } from './adapters/memory/memory-event-database.js';
export { MemoryEventStore } from './adapters/memory/memory-event-store.js';
export { MemoryLog } from './adapters/memory/memory-log.js';
export { MemoryProjectionStore } from './adapters/memory/memory-projection-store.js';
export { MemoryReadTables } from './adapters/memory/memory-read-tables.js';
export { eventParameters, INSERT_EVENTS_SQL } from './adapters/postgres/event-rows.js';
