import {
  DEFAULT_EXPIRY_HOURS,
  DEFAULT_MEMORY_MIB,
  type Operation,
  type RebuildDiff,
  type RebuildPlan,
} from '@samspill/eventlog';
import { z } from 'zod';

import {
  asOf,
  scope,
  throttle,
  type DiffAnswer,
  type OperationAnswer,
  type PlanAnswer,
} from './operation.answers.js';

const MAX_REASON_LENGTH = 500;
/** Below, nothing would be gained by folding in memory at all; above, a process of this kind has no such memory. */
const MIN_MEMORY_MIB = 16;
const MAX_MEMORY_MIB = 64 * 1024;
const MAX_EXPIRY_HOURS = 24 * 30;
const MAX_ROWS = 1_000;
const DEFAULT_ROWS = 100;

const reason = z.string().trim().min(1).max(MAX_REASON_LENGTH).describe('Why; kept for ever');
const memoryMiB = z
  .int()
  .min(MIN_MEMORY_MIB)
  .max(MAX_MEMORY_MIB)
  .default(DEFAULT_MEMORY_MIB)
  .describe('Memory for what is folded; past it, entries go to the spill folder');

export const reasonedRequest = z.strictObject({ reason });

export const dropOldRequest = z.strictObject({ projection: z.string(), reason });

export const planRequest = z.strictObject({ scope, memoryMiB });

export const rebuildRequest = z.strictObject({
  scope,
  reason,
  switch: z
    .enum(['automatic', 'by-hand'])
    .default('automatic')
    .describe('by-hand: built and compared, then waits for a person'),
  memoryMiB,
  throttle: throttle.optional(),
});

export const inspectionRequest = z.strictObject({
  scope,
  reason,
  asOf,
  expiresInHours: z.int().min(1).max(MAX_EXPIRY_HOURS).default(DEFAULT_EXPIRY_HOURS),
  memoryMiB,
  throttle: throttle.optional(),
});

const whole = z.string().describe('Which projection, where the operation has several').optional();

export const partQuery = z.object({ projection: whole });

export const rowsQuery = z.object({
  projection: whole,
  where: z
    .union([z.string().transform((text) => [text]), z.array(z.string())])
    .default([])
    .describe('column=value, repeatable: only rows whose column, as text, is that'),
  after: z.string().optional().describe('`next` of the page before'),
  limit: z.coerce.number().int().min(1).max(MAX_ROWS).default(DEFAULT_ROWS),
});

export const exportQuery = z.object({
  projection: whole,
  format: z.enum(['csv', 'ndjson']).default('ndjson'),
});

/** What callers get is what the schemas say: these keep the two together. */
export const shown = {
  operation: (operation: Operation): OperationAnswer => operation,
  plan: (plan: RebuildPlan): PlanAnswer => plan,
  diff: (diff: RebuildDiff): DiffAnswer => diff,
};
