import { z } from 'zod';

// What the tests read of the API's answers; a service may say more.

export const company = z.looseObject({ id: z.string() });
export const companyPage = z.looseObject({ companies: z.array(company) });

const record = z.looseObject({ kind: z.string(), number: z.string(), name: z.string() });
export type DirectoryRecord = z.infer<typeof record>;
const contact = z.looseObject({ kind: z.string(), number: z.string(), name: z.string(), record });
export const contactPage = z.looseObject({ contacts: z.array(contact), next: z.string().optional() });

const counts = z.object({
  kind: z.string(),
  created: z.int(),
  changed: z.int(),
  deleted: z.int(),
  unchanged: z.int(),
});
export const importView = z.looseObject({
  id: z.string(),
  state: z.string(),
  rows: z.int().optional(),
  rejectedRows: z.int().optional(),
  removals: z.int().optional(),
  preview: z.array(counts).optional(),
  outcome: z.array(counts).optional(),
  reason: z.string().optional(),
  progress: z.looseObject({ done: z.int(), total: z.int(), percent: z.number() }).optional(),
});
export type ImportView = z.infer<typeof importView>;
export const importPage = z.looseObject({ imports: z.array(importView) });

export const batchAnswer = z.strictObject({
  created: z.int(),
  changed: z.int(),
  deleted: z.int(),
  unchanged: z.int(),
  rejected: z.int(),
  repeated: z.boolean(),
});
export type BatchAnswer = z.infer<typeof batchAnswer>;

export const syncStatus = z.looseObject({
  enabled: z.boolean(),
  lastSynchronisedAt: z.string().nullable(),
  resync: z.looseObject({ state: z.string() }).nullable(),
});
export type SyncStatus = z.infer<typeof syncStatus>;
const reportEntry = z.looseObject({
  kind: z.string(),
  reference: z.string(),
  faults: z.array(z.looseObject({ code: z.string(), pointer: z.string() })),
  source: z.looseObject({ kind: z.string(), id: z.string(), line: z.int() }),
});
export type ReportEntry = z.infer<typeof reportEntry>;
export const reportPage = z.looseObject({ entries: z.array(reportEntry), next: z.string().optional() });
export const retryResult = z.strictObject({ accepted: z.int(), rejected: z.int() });
export type RetryResult = z.infer<typeof retryResult>;

export const operationsStatus = z.looseObject({
  projectionRows: z.array(z.looseObject({ name: z.string(), rows: z.int(), hash: z.string() })),
  unpublished: z.looseObject({ count: z.int() }),
});
export const rebuild = z.looseObject({
  id: z.string(),
  state: z.enum(['waiting', 'running', 'paused', 'ready', 'done', 'failed', 'cancelled', 'undone']),
  failure: z.string().optional(),
  parts: z.array(z.looseObject({ phase: z.string(), progress: z.looseObject({ eventsRead: z.int() }) })),
});
export type Rebuild = z.infer<typeof rebuild>;
