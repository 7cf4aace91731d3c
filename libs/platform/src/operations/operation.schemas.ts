import {
  DEFAULT_EXPIRY_HOURS,
  DEFAULT_MEMORY_MIB,
  type Operation,
  type RebuildDiff,
  type RebuildPlan,
} from '@samspill/eventlog';
import { isCompanyId } from '@samspill/kernel';
import { z } from 'zod';

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

const scope = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('projection'),
    projection: z.string().describe('E.g. contacts.directory'),
  }),
  z.strictObject({ kind: z.literal('service') }),
  z.strictObject({
    kind: z.literal('company'),
    company: z.string().refine(isCompanyId, 'is not a company id (a UUID in lower case)'),
  }),
]);

export const throttleRequest = z
  .strictObject({
    eventsPerSecond: z.int().min(1).optional().describe('Reads no faster than this'),
    maxLiveLag: z
      .int()
      .min(0)
      .optional()
      .describe('Waits while the live rows are this many events behind the log'),
  })
  .meta({ id: 'Throttle' });

export const planRequest = z.strictObject({ scope, memoryMiB });

export const rebuildRequest = z.strictObject({
  scope,
  reason,
  switch: z
    .enum(['automatic', 'by-hand'])
    .default('automatic')
    .describe('by-hand: built and compared, then waits for a person'),
  memoryMiB,
  throttle: throttleRequest.optional(),
});

export const inspectionRequest = z.strictObject({
  scope,
  reason,
  asOf: z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('time'),
      time: z.iso.datetime({ offset: true }).describe('Events whose record has this time or an earlier one'),
    }),
    z.strictObject({
      kind: z.literal('offsets'),
      offsets: z
        .array(
          z.strictObject({
            topic: z.string(),
            partition: z.int().min(0),
            before: z
              .string()
              .regex(/^\d{1,19}$/)
              .describe('First offset that is left out, in digits'),
          }),
        )
        .readonly(),
    }),
  ]),
  expiresInHours: z.int().min(1).max(MAX_EXPIRY_HOURS).default(DEFAULT_EXPIRY_HOURS),
  memoryMiB,
  throttle: throttleRequest.optional(),
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

const fingerprint = z.object({ rows: z.int(), hash: z.string() });
const gaps = z.object({
  streams: z.int(),
  samples: z.array(z.object({ stream: z.string(), expected: z.int(), found: z.int() })).readonly(),
});

const verification = z.object({
  verifiedAt: z.string(),
  rows: z.discriminatedUnion('outcome', [
    z.object({ outcome: z.literal('equal'), live: fingerprint, built: fingerprint }),
    z.object({ outcome: z.literal('different'), live: fingerprint, built: fingerprint }),
    z.object({ outcome: z.literal('not-comparable'), reason: z.string() }),
  ]),
  gaps: gaps.describe('Streams whose versions have a hole on the log'),
});

export const diffAnswer = z
  .object({
    projection: z.string(),
    added: z.int(),
    changed: z.int(),
    gone: z.int(),
    unchanged: z.int(),
    samples: z
      .array(
        z.object({
          kind: z.enum(['added', 'changed', 'gone']),
          key: z.record(z.string(), z.unknown()),
          columns: z.array(z.string()).readonly(),
        }),
      )
      .readonly(),
  })
  .meta({ id: 'RebuildDiff' });

const progress = z.object({
  eventsRead: z.int(),
  eventsTotal: z.int(),
  partitionsDone: z.int(),
  partitionsTotal: z.int(),
  rows: z.int(),
  parked: z.int(),
  eventsPerSecond: z.number(),
  percent: z.number(),
  etaMs: z.number().optional(),
  liveLag: z.int(),
  spilledBytes: z.int(),
});

const part = z.object({
  projection: z.string(),
  version: z.int(),
  phase: z.enum([
    'waiting',
    'filling-store',
    'reading',
    'indexing',
    'catching-up',
    'verifying',
    'ready',
    'switching',
    'done',
    'undone',
  ]),
  generation: z.int().optional(),
  replaced: z.int().optional(),
  progress,
  gaps: gaps.optional(),
  verification: verification.optional(),
  diff: diffAnswer.optional(),
  result: z
    .object({
      durationMs: z.number(),
      readMs: z.number(),
      indexMs: z.number(),
      switchMs: z.number().optional(),
    })
    .optional(),
});

const taskAnswer = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('rebuild'),
    scope,
    switch: z.enum(['automatic', 'by-hand']),
    memoryMiB: z.int(),
  }),
  z.object({
    kind: z.literal('inspection'),
    scope,
    asOf: inspectionRequest.shape.asOf,
    expiresAt: z.string(),
    memoryMiB: z.int(),
  }),
]);

export const operationAnswer = z
  .object({
    id: z.string(),
    task: taskAnswer,
    state: z.enum(['waiting', 'running', 'paused', 'ready', 'done', 'failed', 'cancelled', 'undone']),
    wish: z.enum(['run', 'pause', 'cancel', 'verify', 'switch', 'undo', 'drop']),
    reason: z.string(),
    by: z.string(),
    parts: z.array(part).readonly(),
    throttle: throttleRequest,
    createdAt: z.string(),
    startedAt: z.string().optional(),
    endedAt: z.string().optional(),
    seenAt: z.string().optional(),
    failure: z.string().optional(),
  })
  .meta({ id: 'Operation' });

export const operationsAnswer = z.object({ operations: z.array(operationAnswer).readonly() });

export const planAnswer = z
  .object({
    scope,
    parts: z
      .array(
        z.object({
          projection: z.string(),
          version: z.int(),
          topics: z.array(z.string()).readonly(),
          partitions: z.int(),
          events: z.int(),
          eventsPerSecond: z.number(),
          basis: z.enum(['measured', 'assumed']),
          durationMs: z.number(),
          liveBytes: z.number(),
          byPartition: z.boolean(),
        }),
      )
      .readonly(),
    eventsTotal: z.int(),
    durationMs: z.number(),
    memory: z.object({ neededMiB: z.number(), freeMiB: z.number(), suffices: z.boolean() }),
    spill: z.object({ folder: z.string(), freeBytes: z.number() }),
    database: z.object({
      neededBytes: z.number(),
      freeBytes: z.number().optional(),
      suffices: z.boolean().optional(),
    }),
  })
  .meta({ id: 'RebuildPlan' });

export const rowsAnswer = z.object({
  rows: z.array(z.record(z.string(), z.unknown())).readonly(),
  next: z.string().optional().describe('`after` of the next page; absent on the last'),
});

/** What callers get is what the schemas say: these keep the two together. */
export type OperationAnswer = z.input<typeof operationAnswer>;
export const shown = {
  operation: (operation: Operation): OperationAnswer => operation,
  plan: (plan: RebuildPlan): z.input<typeof planAnswer> => plan,
  diff: (diff: RebuildDiff): z.input<typeof diffAnswer> => diff,
};
