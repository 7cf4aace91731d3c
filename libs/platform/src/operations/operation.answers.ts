import { isCompanyId } from '@samspill/kernel';
import { z } from 'zod';

/**
 * What the operations API answers, for the service that answers and for clients alike: nothing but schemas is imported here. What
 * operations are and what their fields mean is in the event log's `operation.ts`.
 */
export const scope = z.discriminatedUnion('kind', [
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

export const throttle = z
  .strictObject({
    eventsPerSecond: z.int().min(1).optional().describe('Reads no faster than this'),
    maxLiveLag: z
      .int()
      .min(0)
      .optional()
      .describe('Waits while the live rows are this many events behind the log'),
  })
  .meta({ id: 'Throttle' });

export const asOf = z.discriminatedUnion('kind', [
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
]);

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
    asOf,
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
    throttle,
    createdAt: z.string(),
    startedAt: z.string().optional(),
    endedAt: z.string().optional(),
    seenAt: z.string().optional(),
    failure: z.string().optional(),
  })
  .meta({ id: 'Operation' });

export const droppedAnswer = z.object({
  generations: z.array(z.int()).readonly(),
  bytes: z.number().describe('Room that they took'),
});

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

export type DroppedAnswer = z.input<typeof droppedAnswer>;
export type OperationAnswer = z.input<typeof operationAnswer>;
export type PlanAnswer = z.input<typeof planAnswer>;
export type DiffAnswer = z.input<typeof diffAnswer>;
