import { isCompanyId } from '@samspill/kernel';
import { z } from 'zod';

/** What the operations API answers about reverts. What they are and what their fields mean is in the event log's `revert.ts`. */
export const revertCompany = z.string().refine(isCompanyId, 'is not a company id (a UUID in lower case)');

const moment = z.iso.datetime({ offset: true }).describe('What was written at or before this time stays');

/** As many as a selection by name may hold (`MAX_NAMED_STREAMS`). */
const MAX_STREAMS = 1_000;

export const revertSelection = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('company'), company: revertCompany, to: moment }),
  z.strictObject({
    kind: z.literal('streams'),
    streams: z.array(z.string().min(1)).min(1).max(MAX_STREAMS).readonly(),
    to: moment,
  }),
  z.strictObject({
    kind: z.literal('import'),
    import: z.uuid(),
    includeEdited: z
      .boolean()
      .default(false)
      .describe('Takes back streams that were edited since the import as well, with those edits'),
  }),
]);

export const revertVerdict = z.enum([
  'put-back',
  'make-again',
  'remove',
  'refused',
  'impossible',
  'edited-since',
  'forgotten',
]);
const outcome = z.enum(['done', 'moved-on', 'refused']);

export const revertItem = z
  .object({
    stream: z.string(),
    verdict: revertVerdict.describe('What would be done, or what stands in the way'),
    version: z
      .int()
      .describe('Of the stream when the preview was made; only on this one is anything appended'),
    then: z.int().describe('Version that is gone back to; 0: before its first event'),
    reason: z.string().optional(),
    outcome: outcome.optional().describe('moved-on: changed since the preview, and left as it is'),
  })
  .meta({ id: 'RevertItem' });

export const revertAnswer = z
  .object({
    id: z.string(),
    company: z.string(),
    selection: revertSelection,
    state: z.enum(['planning', 'planned', 'started', 'paused', 'finished', 'cancelled', 'failed']),
    wish: z.enum(['run', 'pause', 'cancel']),
    plannedBy: z.string(),
    startedBy: z.string().optional(),
    reason: z.string().optional(),
    counts: z
      .object({
        seen: z.int(),
        unchanged: z.int(),
        verdicts: z.record(revertVerdict, z.int()),
        outcomes: z.record(outcome, z.int()),
      })
      .describe('In streams'),
    createdAt: z.string(),
    startedAt: z.string().optional(),
    endedAt: z.string().optional(),
    failure: z.string().optional(),
    samples: z.array(revertItem).readonly().describe('Some of each kind; all of it is /items'),
    leaves: z.array(z.string()).readonly().describe('What no revert of this service touches'),
    hold: z
      .object({ since: z.string(), by: z.string(), reason: z.string(), revert: z.string() })
      .optional()
      .describe('Why nothing is taken in for the company now'),
  })
  .meta({ id: 'Revert' });

export const revertsAnswer = z.object({
  reverts: z.array(revertAnswer.omit({ samples: true, leaves: true, hold: true })).readonly(),
});

export const releaseAnswer = z
  .object({
    company: z.string(),
    since: z.string().describe('It had been held since then'),
    reason: z.string().describe('Why it had been held'),
    revert: z.string(),
  })
  .meta({ id: 'IntakeRelease' });

export type RevertAnswer = z.input<typeof revertAnswer>;
export type RevertItemAnswer = z.input<typeof revertItem>;
export type ListedRevertAnswer = z.input<typeof revertsAnswer>['reverts'][number];
export type ReleaseAnswer = z.input<typeof releaseAnswer>;
