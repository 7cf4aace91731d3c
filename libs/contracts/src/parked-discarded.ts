import { z } from 'zod';
import { defineEvent, type EventDefinition } from './event-definition.js';

const parkedDiscardedData = z.strictObject({
  /** The projection for which the event is taken for not there, in this version of it and in every later one. */
  projection: z.string(),
  /** Which event: its stream, its version there, and for those who read this, its id and type. */
  stream: z.string(),
  version: z.int().min(1),
  eventId: z.string(),
  type: z.string(),
  /** Why, in the words of whoever discarded it. */
  reason: z.string(),
});
export type ParkedDiscarded = z.infer<typeof parkedDiscardedData>;

/**
 * An event that a projection had set aside was discarded by a person. Every context has this event in its own topic, for what its own
 * projections read: `contacts.parked.discarded`.
 */
export function parkedDiscarded(
  context: string,
): EventDefinition<`${string}.parked.discarded`, ParkedDiscarded> {
  return defineEvent({ type: `${context}.parked.discarded`, version: 1, schema: parkedDiscardedData });
}
