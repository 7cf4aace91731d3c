import type { MigrationInterface } from 'typeorm';
import { AddAuditNotes1765300000000 } from './add-audit-notes.js';
import { AddDeliveries1765400000000 } from './add-deliveries.js';
import { AddOperations1764000000000 } from './add-operations.js';
import { AddReverts1765200000000 } from './add-reverts.js';
import { AddSubjectKeys1765000000000 } from './add-subject-keys.js';
import { CreateEventlog1763000000000 } from './create-eventlog.js';
import { DropDeliveryConfirmed1767200000000 } from './drop-delivery-confirmed.js';
import { IndexDeliveriesByKey1766460000000 } from './index-deliveries-by-key.js';
import { NameKeyTopic1766000000000 } from './name-key-topic.js';
import { NumberSubjectKeys1767400000000 } from './number-subject-keys.js';

/** The event log's own tables, in the order in which they came about. */
export const EVENTLOG_MIGRATIONS: readonly (new () => MigrationInterface)[] = [
  CreateEventlog1763000000000,
  AddOperations1764000000000,
  AddReverts1765200000000,
  AddAuditNotes1765300000000,
  AddDeliveries1765400000000,
  AddSubjectKeys1765000000000,
  NameKeyTopic1766000000000,
  IndexDeliveriesByKey1766460000000,
  DropDeliveryConfirmed1767200000000,
  NumberSubjectKeys1767400000000,
];
