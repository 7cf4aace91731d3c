import { z } from 'zod';
import { defineEvent, type EventDefinition } from './event-definition.js';

const reason = z.string();
/** Decimal digits: offsets outgrow what JSON numbers hold exactly. */
const offset = z.string().regex(/^\d+$/);

const begun = z.strictObject({
  reactor: z.string(),
  topic: z.string(),
  /** The first record of each partition that it concerns itself with. */
  from: z.array(
    z.strictObject({
      partition: z.int().min(0),
      offset,
      /** Identity of the partition's log then; absent where it was empty. */
      log: z.string().optional(),
    }),
  ),
});
export type ReactorBegun = z.infer<typeof begun>;

const held = z.strictObject({ reactor: z.string(), reason });
export type ReactorHeld = z.infer<typeof held>;

/** What a reactor shall go over again. */
export const redeliveryWindow = z.strictObject({
  /** Only events with this record key. */
  company: z.string().optional(),
  /** Only events of these streams. */
  streams: z.array(z.string()).min(1).optional(),
  /** Only records from this time on, and up to before that one; RFC 3339. */
  from: z.iso.datetime({ offset: true }).optional(),
  to: z.iso.datetime({ offset: true }).optional(),
});
export type RedeliveryWindow = z.infer<typeof redeliveryWindow>;

const redeliveryRequested = z.strictObject({
  reactor: z.string(),
  request: z.uuid(),
  window: redeliveryWindow,
  /** What the other side is said to have is asked about as well, and sent if it lacks it. */
  verifies: z.exactOptional(z.literal(true)),
  reason,
});
export type RedeliveryRequested = z.infer<typeof redeliveryRequested>;

const redeliveryEnded = z.strictObject({
  reactor: z.string(),
  request: z.uuid(),
  /** Events of the window, things that they concern, and of these those that were put up for delivery. */
  events: z.int(),
  things: z.int(),
  toDeliver: z.int(),
});
export type RedeliveryEnded = z.infer<typeof redeliveryEnded>;

const confirmed = z.strictObject({
  reactor: z.string(),
  thing: z.string(),
  /** Of the stream of the event that was delivered. */
  version: z.int().min(1),
  attempt: z.int().min(0),
  /** What the other side calls it, where it says so. */
  reference: z.string().optional(),
});
export type DeliveryConfirmed = z.infer<typeof confirmed>;

const failed = z.strictObject({
  reactor: z.string(),
  thing: z.string(),
  version: z.int().min(1),
  attempt: z.int().min(0),
  /** Ours. The other side's words may quote a person's data, and stay out of what is kept for ever. */
  code: z.string(),
});
export type DeliveryFailed = z.infer<typeof failed>;

/** Schemas of these events, by the part of their type after the context. */
export const reactorEventSchemas = {
  'reactor.begun': begun,
  'reactor.held': held,
  'reactor.released': held,
  'reactor.redelivery-requested': redeliveryRequested,
  'reactor.redelivery-ended': redeliveryEnded,
  'delivery.confirmed': confirmed,
  'delivery.failed': failed,
} as const;

/** What a context with reactors writes about them, in its own topic: from these a lost ledger is made again. */
export function reactorEvents(context: string): readonly EventDefinition[] {
  return Object.entries(reactorEventSchemas).map(([name, schema]) => {
    const definition: EventDefinition = defineEvent<string, unknown>({
      type: `${context}.${name}`,
      version: 1,
      schema,
    });
    return definition;
  });
}
