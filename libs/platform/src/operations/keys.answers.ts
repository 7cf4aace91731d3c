import { z } from 'zod';

export const keysAnswer = z
  .object({
    topic: z.string().describe('The topic of keys'),
    masterKeys: z
      .array(z.string())
      .readonly()
      .describe('Ids of the master keys that the service was given: the first one seals, all of them open'),
    counts: z
      .array(
        z.object({
          topic: z.string().describe('The topic whose events they seal'),
          state: z.enum(['kept', 'forgotten']),
          master: z.string().optional().describe('The master key that they are sealed with; kept ones only'),
          keys: z.int(),
        }),
      )
      .readonly(),
    toRotate: z
      .int()
      .describe('Kept keys of the service’s own that another master key than the first one seals'),
    failing: z.string().optional().describe('What keeps keys from coming in'),
  })
  .meta({ id: 'KeysStatus' });

const failed = z.object({ kind: z.literal('failed'), code: z.string(), detail: z.string() });
const progress = z.object({ kind: z.literal('progress'), done: z.int(), total: z.int() });

/** A line of the answer: progress in events now and then, and at the end what came of it. */
export const keysCheckLine = z.discriminatedUnion('kind', [
  progress,
  z.object({
    kind: z.literal('checked'),
    events: z.int(),
    sealed: z
      .object({ kept: z.int(), forgotten: z.int() })
      .describe(
        'Events whose personal data is sealed: with a key that is kept, and with one that is forgotten',
      ),
    missing: z.int().describe('Keys that are neither kept nor forgotten, or that do not open'),
    named: z
      .array(
        z.object({
          key: z.string(),
          topic: z.string(),
          partition: z.int(),
          offset: z.string().describe('An event that is sealed with it'),
          problem: z.enum(['absent', 'master-key-missing', 'damaged']),
        }),
      )
      .readonly()
      .describe('The first of them'),
  }),
  failed,
]);

/** A line of the answer: progress in keys now and then, and at the end what came of it. */
export const keysRotationLine = z.discriminatedUnion('kind', [
  progress,
  z.object({
    kind: z.literal('rotated'),
    masterKey: z.string().describe('The master key that seals'),
    rotated: z.int().describe('Keys that were sealed anew'),
    left: z.int().describe('Keys that another master key seals still: they do not open, or were in use'),
  }),
  failed,
]);

export type KeysAnswer = z.input<typeof keysAnswer>;
export type KeysCheckLine = z.input<typeof keysCheckLine>;
export type KeysRotationLine = z.input<typeof keysRotationLine>;
