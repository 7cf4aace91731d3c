import { z } from 'zod';
import { defineEvent, type EventDefinition } from './event-definition.js';

const count = z.int().min(0);

/** What became of the changes that were taken in together. */
export const intakeCounts = z.strictObject({
  created: count,
  changed: count,
  deleted: count,
  unchanged: count,
  rejected: count,
  /** Of the rejected, records of people who have been forgotten; absent where there is none. */
  forgotten: z.exactOptional(count),
});
export type IntakeCounts = z.infer<typeof intakeCounts>;

const accepted = z.strictObject({
  agent: z.string(),
  incarnation: z.string(),
  sequence: z.int().min(1),
  /** SHA-256 of the batch's bytes, hex. */
  contentHash: z.string(),
  counts: intakeCounts,
});
export type BatchAccepted = z.infer<typeof accepted>;

/**
 * An agent's batch was taken in. Its stream is the agent's incarnation and its version the batch's sequence number, so that a batch
 * is taken in once and in its turn, and the store rebuilt from the log still knows which. Every context that takes batches has this event
 * in its own topic: `contacts.batch.accepted`.
 */
export function batchAcceptedOf<Context extends string>(
  context: Context,
): EventDefinition<`${Context}.batch.accepted`, BatchAccepted> {
  return defineEvent({ type: `${context}.batch.accepted` as const, version: 1, schema: accepted });
}
