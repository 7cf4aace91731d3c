import { z } from 'zod';

import { operationAnswer } from './operation.answers.js';
import { reactorAnswer } from './reactor.answers.js';

const stateWithReason = z.object({ state: z.string(), reason: z.string().optional() });

export const statusAnswer = z.object({
  topic: z.string(),
  gate: stateWithReason.describe('`open`: writing is let through'),
  relay: stateWithReason.describe('Publishing'),
  projections: stateWithReason.describe('Live projecting'),
  projectionRows: z
    .array(
      z.object({
        name: z.string(),
        version: z.int(),
        rows: z.int().describe('Of the live generation'),
        hash: z.string().describe('The same for the same rows, in whatever order'),
      }),
    )
    .readonly()
    .describe('Only where they were to be verified'),
  liveness: z
    .array(
      z.object({
        name: z.string(),
        version: z.int(),
        liveGeneration: z.int().optional().describe('Absent where it has not been built yet'),
        bytes: z.number().describe('Size of the live tables with their indexes'),
        parked: z.int(),
        lag: z.int().describe('Events that the live rows are behind'),
        lagging: z
          .array(z.object({ topic: z.string(), partition: z.int(), events: z.int() }))
          .readonly()
          .describe('Partitions that are behind'),
        replaced: z
          .array(z.object({ topic: z.string(), partition: z.int() }))
          .readonly()
          .describe('Partitions of a log that is not there any more: they stand still until it is rebuilt'),
      }),
    )
    .readonly(),
  logTrouble: z
    .string()
    .optional()
    .describe('Why it is not known how projections stand to the log: `liveness` is empty then'),
  keysFailing: z.string().optional().describe('What keeps keys of personal data from coming in'),
  unpublished: z.object({
    oldestMs: z.number().describe('What a lost database would lose is younger than this'),
    count: z.int(),
  }),
  reactors: z.array(reactorAnswer).readonly().describe('What is done outside because of events'),
  operations: z.array(operationAnswer).readonly().describe('Rebuilds and inspections that have not ended'),
});

export type StatusAnswer = z.input<typeof statusAnswer>;
