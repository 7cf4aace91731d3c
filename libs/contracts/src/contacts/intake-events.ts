import { z } from 'zod';
import { batchAcceptedOf } from '../batch-accepted.js';
import { defineEvent, type EventOf } from '../event-definition.js';

const count = z.int().min(0);

/** An agent's batch of changes was taken in. */
export const batchAccepted = batchAcceptedOf('contacts');

/** Which records a full snapshot speaks for: all of a kind, or the contact persons of customers or of suppliers. */
const scope = z.strictObject({
  kind: z.enum(['customer', 'supplier', 'contact-person']),
  parentKind: z.enum(['customer', 'supplier']).optional(),
});
export type ResyncScope = z.infer<typeof scope>;

/** What a resync would do, or did, to the records of one kind. */
const resyncCounts = z.strictObject({
  kind: z.enum(['customer', 'supplier', 'contact-person']),
  created: count,
  changed: count,
  deleted: count,
  unchanged: count,
});
export type ResyncCounts = z.infer<typeof resyncCounts>;

export const resyncStarted = defineEvent({
  type: 'contacts.resync.started',
  version: 1,
  schema: z.strictObject({
    source: z.enum(['csv']),
    fileName: z.string().optional(),
    scopes: z.array(scope),
    /** With `all`, what the snapshot lacks is removed; with `none` it only adds and changes. */
    removes: z.enum(['all', 'none']),
    /** The import whose rejected rows come again, mended. */
    amends: z.string().optional(),
  }),
});
export const resyncReceived = defineEvent({
  type: 'contacts.resync.received',
  version: 1,
  schema: z.strictObject({ rows: count, rejected: count, preview: z.array(resyncCounts) }),
});
/** The brake: an unusual share of the records would go, and a person has to say that this is meant. */
export const resyncHeld = defineEvent({
  type: 'contacts.resync.held',
  version: 1,
  schema: z.strictObject({ removals: count, of: count }),
});
export const resyncConfirmed = defineEvent({
  type: 'contacts.resync.confirmed',
  version: 1,
  schema: z.strictObject({ removals: count }),
});
export const resyncCompleted = defineEvent({
  type: 'contacts.resync.completed',
  version: 1,
  schema: z.strictObject({ outcome: z.array(resyncCounts), rejected: count }),
});
export const resyncCancelled = defineEvent({
  type: 'contacts.resync.cancelled',
  version: 1,
  schema: z.strictObject({ reason: z.string() }),
});

export const resyncEvents = [
  resyncStarted,
  resyncReceived,
  resyncHeld,
  resyncConfirmed,
  resyncCompleted,
  resyncCancelled,
] as const;
export type ResyncEvent = EventOf<(typeof resyncEvents)[number]>;
export type BatchEvent = EventOf<typeof batchAccepted>;
export const intakeEvents = [batchAccepted, ...resyncEvents] as const;
