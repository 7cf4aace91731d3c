import { parseStream, streamName } from '@samspill/kernel';
import { z } from 'zod';
import { defineEvent, type EventOf } from '../event-definition.js';
import { personal } from '../personal.js';
import {
  contactPersonRecord,
  customerRecord,
  RECORD_LIMITS,
  supplierRecord,
  type ContactKind,
  type ContactRecord,
} from './record.js';

/** Longest reason for forgetting a person, in UTF-16 units: a case number and a sentence. It is kept for ever. */
export const FORGETTING_REASON_MAX_LENGTH = 500;

const number = z.string().min(1).max(RECORD_LIMITS.numberMaxLength);

/** The whole record, and which of its fields differ from before (all of them where it is new). */
const changed = <Schema extends z.ZodType>(record: Schema) =>
  z.strictObject({ record, changed: z.array(z.string()) });
const deleted = z.strictObject({ number });
/**
 * Which record, and why; nothing about the person. `number` is the record's number, or what stands for it where a change without a
 * usable one was rejected: whatever the stream is named for.
 */
const forgetting = z.strictObject({ number, reason: z.string().min(1).max(FORGETTING_REASON_MAX_LENGTH) });

export const customerChanged = defineEvent({
  type: 'contacts.customer.changed',
  version: 1,
  schema: changed(customerRecord),
});
export const customerDeleted = defineEvent({
  type: 'contacts.customer.deleted',
  version: 1,
  schema: deleted,
});
/** The person is forgotten; what is sent of them from now on is refused. */
export const customerForgotten = defineEvent({
  type: 'contacts.customer.forgotten',
  version: 1,
  schema: forgetting,
  forgets: true,
});
/** Who was forgotten may come in again. */
export const customerForgettingLifted = defineEvent({
  type: 'contacts.customer.forgetting-lifted',
  version: 1,
  schema: forgetting,
});
export const supplierChanged = defineEvent({
  type: 'contacts.supplier.changed',
  version: 1,
  schema: changed(supplierRecord),
});
export const supplierDeleted = defineEvent({
  type: 'contacts.supplier.deleted',
  version: 1,
  schema: deleted,
});
export const supplierForgotten = defineEvent({
  type: 'contacts.supplier.forgotten',
  version: 1,
  schema: forgetting,
  forgets: true,
});
export const supplierForgettingLifted = defineEvent({
  type: 'contacts.supplier.forgetting-lifted',
  version: 1,
  schema: forgetting,
});
export const contactPersonChanged = defineEvent({
  type: 'contacts.contact-person.changed',
  version: 1,
  schema: changed(contactPersonRecord),
});
export const contactPersonDeleted = defineEvent({
  type: 'contacts.contact-person.deleted',
  version: 1,
  schema: deleted,
});
export const contactPersonForgotten = defineEvent({
  type: 'contacts.contact-person.forgotten',
  version: 1,
  schema: forgetting,
  forgets: true,
});
export const contactPersonForgettingLifted = defineEvent({
  type: 'contacts.contact-person.forgetting-lifted',
  version: 1,
  schema: forgetting,
});

export const recordEvents = [
  customerChanged,
  customerDeleted,
  customerForgotten,
  customerForgettingLifted,
  supplierChanged,
  supplierDeleted,
  supplierForgotten,
  supplierForgettingLifted,
  contactPersonChanged,
  contactPersonDeleted,
  contactPersonForgotten,
  contactPersonForgettingLifted,
] as const;
export type RecordEvent = EventOf<(typeof recordEvents)[number]>;
export type RecordChanged = Extract<RecordEvent, { type: `${string}.changed` }>;
export type RecordDeleted = Extract<RecordEvent, { type: `${string}.deleted` }>;
export type RecordForgotten = Extract<RecordEvent, { type: `${string}.forgotten` }>;
export type RecordForgettingLifted = Extract<RecordEvent, { type: `${string}.forgetting-lifted` }>;

/** Of {@link recordEvents}, those that say who is forgotten now. */
export const forgettingEvents = [
  customerForgotten,
  customerForgettingLifted,
  supplierForgotten,
  supplierForgettingLifted,
  contactPersonForgotten,
  contactPersonForgettingLifted,
] as const;
export type ForgettingEvent = RecordForgotten | RecordForgettingLifted;

/** The event that a record has become this. */
export function recordChanged(record: ContactRecord, fields: readonly string[]): RecordChanged {
  const changedFields = [...fields];
  switch (record.kind) {
    case 'customer':
      return { type: 'contacts.customer.changed', data: { record, changed: changedFields } };
    case 'supplier':
      return { type: 'contacts.supplier.changed', data: { record, changed: changedFields } };
    case 'contact-person':
      return { type: 'contacts.contact-person.changed', data: { record, changed: changedFields } };
  }
}

/** The event that a record is no more. */
export function recordDeleted(kind: ContactKind, recordNumber: string): RecordDeleted {
  return { type: `contacts.${kind}.deleted`, data: { number: recordNumber } };
}

/** The event that the person a record is about is forgotten. */
export function recordForgotten(kind: ContactKind, recordNumber: string, reason: string): RecordForgotten {
  return { type: `contacts.${kind}.forgotten`, data: { number: recordNumber, reason } };
}

/** The event that a forgotten record may come in again. */
export function recordForgettingLifted(
  kind: ContactKind,
  recordNumber: string,
  reason: string,
): RecordForgettingLifted {
  return { type: `contacts.${kind}.forgetting-lifted`, data: { number: recordNumber, reason } };
}

/** The detail quotes what was sent. */
const fault = z.strictObject({ pointer: z.string(), code: z.string(), detail: personal(z.string(), '') });

/** A change that could not be taken in, with the change itself so that it can be tried again. */
export const recordRejected = defineEvent({
  type: 'contacts.record.rejected',
  version: 1,
  schema: z.strictObject({
    kind: z.enum(['customer', 'supplier', 'contact-person']),
    /** As sent; absent where there was none that can be used. */
    number: number.optional(),
    /** Where it came from: an agent's batch or a file, and the line in it. */
    source: z.strictObject({ kind: z.enum(['batch', 'import']), id: z.string(), line: z.int() }),
    faults: z.array(fault),
    change: personal(z.record(z.string(), z.unknown()), {}),
  }),
  /** The record that was refused, by the reference that its own stream goes by as well; so that forgetting it forgets this, too. */
  subject: ({ kind }, stream) => {
    const [company = '', , reference = ''] = parseStream(stream).parts;
    return streamName(`contacts.${kind}`, company, reference);
  },
});
/** A rejection that does not stand any more. */
export const rejectionResolved = defineEvent({
  type: 'contacts.record.rejection-resolved',
  version: 1,
  schema: z.strictObject({
    kind: z.enum(['customer', 'supplier', 'contact-person']),
    number: number.optional(),
    /** The record came in good, is gone, or a person waived it. */
    how: z.enum(['accepted', 'deleted', 'dismissed']),
  }),
});
export const rejectionEvents = [recordRejected, rejectionResolved] as const;
export type RejectionEvent = EventOf<(typeof rejectionEvents)[number]>;
