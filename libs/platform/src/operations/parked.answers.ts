import { z } from 'zod';

/** A parked event without its data. Its id is its place on the log: `samspill.contacts:3:1042` is offset 1042 of partition 3. */
export const parkedAnswer = z
  .object({
    id: z.string(),
    projection: z.string(),
    reason: z.string().describe('Why it cannot be applied'),
    stream: z.string(),
    version: z.int(),
    type: z.string(),
    schemaVersion: z.int(),
    eventId: z.string(),
    key: z.string().describe('Record key: the company, where one is concerned'),
    time: z.string(),
    actor: z.string(),
    correlationId: z.string(),
    causationId: z.string(),
    topic: z.string(),
    partition: z.int(),
    offset: z.string(),
    bytes: z.int().describe('Size of its data'),
  })
  .meta({ id: 'ParkedEvent' });

export const parkedPageAnswer = z.object({
  parked: z.array(parkedAnswer).readonly(),
  next: z.string().optional().describe('`after` of the next page; absent on the last'),
});

export const parkedRecordAnswer = z.object({
  parked: z.array(parkedAnswer).readonly().describe('One for each projection that has set it aside'),
  headers: z.record(z.string(), z.string()),
  data: z.string().optional().describe('Only where it was asked for: it may hold personal data'),
});

export const parkedOutcomeAnswer = z
  .object({
    selected: z.int(),
    tried: z.int().describe('With what is parked of the same streams'),
    stillParked: z.int(),
    next: z
      .string()
      .optional()
      .describe('`after` of the next call, where all were asked for and there are more'),
  })
  .meta({ id: 'ParkedOutcome' });

export type ParkedAnswer = z.input<typeof parkedAnswer>;
export type ParkedPageAnswer = z.input<typeof parkedPageAnswer>;
export type ParkedRecordAnswer = z.input<typeof parkedRecordAnswer>;
export type ParkedOutcomeAnswer = z.input<typeof parkedOutcomeAnswer>;
