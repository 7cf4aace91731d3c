import { z } from 'zod';
import { defineEvent, type EventDefinition } from './event-definition.js';
import { intakeHeld, intakeReleased } from './intake-hold.js';
import { operationRecorded } from './operation-recorded.js';
import { parkedDiscarded } from './parked-discarded.js';

const anchors = z.strictObject({
  /** Of each partition of the context's topic that has been written to: the event published last, and where it is. */
  partitions: z.array(
    z.strictObject({
      partition: z.int().min(0),
      /** Decimal digits: offsets outgrow what JSON numbers hold exactly. */
      offset: z.string().regex(/^\d+$/),
      eventId: z.uuid(),
    }),
  ),
});
export type LogAnchors = z.infer<typeof anchors>;

/** How far a context's topic went at a moment. Whatever comes after vouches for it: an end that is cut off shows. */
export function logAnchored(context: string): EventDefinition<string, LogAnchors> {
  return defineEvent({ type: `${context}.log.anchored`, version: 1, schema: anchors });
}

/** What every context writes about its own topic, what its projections read, what it takes in, and what was done to it. */
export function logEvents(context: string): readonly EventDefinition[] {
  return [
    logAnchored(context),
    parkedDiscarded(context),
    intakeHeld(context),
    intakeReleased(context),
    operationRecorded(context),
  ];
}
