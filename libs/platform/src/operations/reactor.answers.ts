import { z } from 'zod';

/** How a reactor of a service stands. */
export const reactorAnswer = z
  .object({
    name: z.string(),
    state: z.enum(['running', 'held', 'waiting', 'failing']),
    reason: z.string().optional().describe('Why it does not run'),
    held: z
      .object({ since: z.string(), by: z.string(), reason: z.string() })
      .optional()
      .describe('Until somebody releases it, nothing is delivered'),
    mayRedeliver: z.boolean(),
    waits: z
      .array(
        z.object({
          key: z.string().describe('The company whose deliveries wait'),
          failures: z.int().describe('Calls in a row that failed'),
          since: z.string(),
          until: z.string(),
          code: z.string(),
          words: z.string().describe('What the other side says'),
        }),
      )
      .readonly(),
    lag: z.int().describe('Events that it has not taken in yet'),
    toDeliver: z.int(),
    inDoubt: z.int().describe('Of these, the ones that the other side is asked about first'),
    refused: z.int(),
    confirmed: z.int().describe('Things that the other side has as they are'),
    lastDeliveredAt: z.string().optional(),
    deliveriesPerSecond: z.number().describe('Over the last minute'),
  })
  .meta({ id: 'Reactor' });

export const reactorsAnswer = z.object({ reactors: z.array(reactorAnswer).readonly() });

export const undeliveredAnswer = z.object({
  deliveries: z
    .array(
      z
        .object({
          thing: z.string().describe('Our reference to it'),
          key: z.string(),
          stream: z.string(),
          version: z.int(),
          code: z.string().describe('What is the matter, in our words'),
          words: z.string().describe("In the other side's; may hold personal data"),
          attempts: z.int(),
          confirmedVersion: z.int().optional().describe('What the other side has of it'),
        })
        .meta({ id: 'UndeliveredThing' }),
    )
    .readonly(),
  next: z.string().optional().describe('`after` of the next page; absent on the last'),
});

export const retriedAnswer = z.object({
  tried: z.int(),
  next: z
    .string()
    .optional()
    .describe('`after` of the next call, where all were asked for and there are more'),
});

export const redeliveryWindowSchema = z.strictObject({
  company: z.string().min(1).optional().describe('Only events with this record key'),
  streams: z.array(z.string().min(1)).min(1).max(500).optional().describe('Only events of these streams'),
  from: z.iso.datetime({ offset: true }).optional().describe('Only records from this time on'),
  to: z.iso.datetime({ offset: true }).optional().describe('Only records from before this time'),
});

export const redeliveryPreviewAnswer = z.object({
  events: z.int(),
  things: z.int().describe('That these events are about; each of them is one of the following'),
  confirmed: z.int().describe('The other side has them in this version or a later one: not sent'),
  waiting: z.int().describe('To be delivered anyway'),
  outOfDate: z.int().describe('Of these a later version is known: not sent'),
  toDeliver: z.int(),
  samples: z.array(z.string()).readonly().describe('Some of the things that would be sent'),
});

export const redeliveryAnswer = z
  .object({
    id: z.string(),
    window: redeliveryWindowSchema,
    verifies: z.boolean().describe('Whether the other side is asked about what it is said to have'),
    reason: z.string(),
    by: z.string(),
    requestedAt: z.string(),
    ended: z
      .object({ at: z.string(), events: z.int(), things: z.int(), toDeliver: z.int() })
      .optional()
      .describe('Absent until all of the window is up for delivery'),
  })
  .meta({ id: 'Redelivery' });

export const redeliveriesAnswer = z.object({ redeliveries: z.array(redeliveryAnswer).readonly() });

export type ReactorAnswer = z.input<typeof reactorAnswer>;
export type ReactorsAnswer = z.input<typeof reactorsAnswer>;
export type UndeliveredAnswer = z.input<typeof undeliveredAnswer>;
export type RetriedAnswer = z.input<typeof retriedAnswer>;
export type RedeliveryPreviewAnswer = z.input<typeof redeliveryPreviewAnswer>;
export type RedeliveryAnswer = z.input<typeof redeliveryAnswer>;
