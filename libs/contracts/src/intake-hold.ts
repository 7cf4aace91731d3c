import { z } from 'zod';
import { defineEvent, type EventDefinition } from './event-definition.js';

const held = z.strictObject({
  /** The revert that it is held for. */
  revert: z.string(),
  /** Why, in the words of whoever began the revert. */
  reason: z.string(),
});
export type IntakeHeld = z.infer<typeof held>;

const released = z.strictObject({ reason: z.string() });
export type IntakeReleased = z.infer<typeof released>;

/**
 * A context takes in nothing for a company until somebody lets its business system speak again: what it sends would undo a revert.
 * Every context has this event in its own topic: `contacts.intake.held`.
 */
export function intakeHeld(context: string): EventDefinition<`${string}.intake.held`, IntakeHeld> {
  return defineEvent({ type: `${context}.intake.held`, version: 1, schema: held });
}

/** Somebody has let it speak again. */
export function intakeReleased(
  context: string,
): EventDefinition<`${string}.intake.released`, IntakeReleased> {
  return defineEvent({ type: `${context}.intake.released`, version: 1, schema: released });
}
