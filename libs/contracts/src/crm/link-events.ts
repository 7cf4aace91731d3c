import { z } from 'zod';
import { defineEvent, type EventOf } from '../event-definition.js';

/** Longest reason that is given for a rewind or a stop, in UTF-16 units: a case number and a sentence. It is kept for ever. */
export const LINK_REASON_MAX_LENGTH = 500;
const reason = z.string().min(1).max(LINK_REASON_MAX_LENGTH);

/** What goes to the CRM, and what becomes there of what is gone here. */
export const linkSettings = z.strictObject({
  /** Customers, and contact persons with them. */
  customers: z.boolean(),
  orders: z.boolean(),
  /** A record that is deleted in the ERP is archived in the CRM, or left alone. It is never deleted for good. */
  onDeletion: z.enum(['archive', 'keep']),
  /** A record of somebody who is forgotten: its fields about them are emptied and it is archived; or just that; or it is left alone. */
  onErasure: z.enum(['erase', 'archive', 'keep']),
  /** IANA name: the clock by which people say when. */
  timeZone: z.string().min(1),
});
export type LinkSettings = Readonly<z.infer<typeof linkSettings>>;

export const linkStarted = defineEvent({
  type: 'crm.link.started',
  version: 1,
  schema: z.strictObject({}),
});
export const linkStopped = defineEvent({
  type: 'crm.link.stopped',
  version: 1,
  schema: z.strictObject({}),
});
/** What was found out about the CRM when somebody started the link or asked: a stable code; `crm.ready` where nothing is the matter. */
export const linkDiagnosed = defineEvent({
  type: 'crm.link.diagnosed',
  version: 1,
  schema: z.strictObject({ code: z.string() }),
});
export const linkSettingsChanged = defineEvent({
  type: 'crm.link.settings-changed',
  version: 1,
  schema: z.strictObject({ settings: linkSettings, changed: z.array(z.string()) }),
});
/** Somebody had all that changed since a moment gone over again. */
export const linkWatermarkMoved = defineEvent({
  type: 'crm.link.watermark-moved',
  version: 1,
  schema: z.strictObject({
    /** The moment, RFC 3339, and as it was said: date and time of the company's clock, and its zone. */
    to: z.iso.datetime({ offset: true }),
    said: z.strictObject({ local: z.string(), timeZone: z.string() }),
    reason,
    /** The redeliveries that it comes to, by reactor. */
    redeliveries: z.record(z.string(), z.uuid()),
  }),
});

export const linkEvents = [
  linkStarted,
  linkStopped,
  linkDiagnosed,
  linkSettingsChanged,
  linkWatermarkMoved,
] as const;
export type LinkEvent = EventOf<(typeof linkEvents)[number]>;
