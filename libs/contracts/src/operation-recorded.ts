import { z } from 'zod';
import { defineEvent, type EventDefinition } from './event-definition.js';

/** Enough to see what was touched; the whole of it is what the operation itself can tell. */
export const MAX_RECORDED_KEYS = 100;

const word = z.string().regex(/^[a-z][a-z0-9-]*$/);

const operationRecordedData = z.strictObject({
  /** What makes it the same entry, should it be written again. */
  id: z.uuid(),
  /** What belongs to one operation: its id, or that of the request where it was done at once. */
  operation: z.string().min(1),
  /** `rebuild`, `inspection`, `parked-retry`, … */
  kind: word,
  /** `begun`, `switched`, `failed`, … */
  step: word,
  /** When it happened. It was written when writing was possible: the event's own time is never before. */
  at: z.iso.datetime(),
  /** What it was about: `projection`, `service`, `company`, … */
  scope: z.record(z.string(), z.string()),
  /** What came of it: `events`, `rows`, `changed`, … */
  counts: z.record(z.string(), z.int()),
  /** Streams or keys of rows that it has touched, never what they say. */
  keys: z.array(z.string()).max(MAX_RECORDED_KEYS).readonly(),
  /** Why, in the words of whoever asked. */
  reason: z.string().optional(),
  /** Code of what kept it from being done: texts may hold what rows say. */
  failure: z.string().optional(),
});
export type OperationRecorded = z.infer<typeof operationRecordedData>;

/**
 * Something was done to a service by whoever looks after it. Every context has this event in its own topic, so that who did what, and
 * why, is found again by whatever brings the context itself back.
 */
export function operationRecorded(
  context: string,
): EventDefinition<`${string}.operation.recorded`, OperationRecorded> {
  return defineEvent({ type: `${context}.operation.recorded`, version: 1, schema: operationRecordedData });
}
