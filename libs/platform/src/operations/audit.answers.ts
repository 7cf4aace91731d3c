import { z } from 'zod';

export const auditAnswer = z.object({
  entries: z
    .array(
      z
        .object({
          id: z.string(),
          operation: z.string().describe('What belongs to one operation'),
          kind: z.string(),
          step: z.string(),
          at: z.string(),
          actor: z.string(),
          correlationId: z.string(),
          scope: z.record(z.string(), z.string()),
          counts: z.record(z.string(), z.int()),
          keys: z
            .array(z.string())
            .readonly()
            .describe('Streams or keys of rows that it has touched, the first of them'),
          reason: z.string().optional(),
          failure: z.string().optional().describe('Code of what kept it from being done'),
        })
        .meta({ id: 'AuditEntry' }),
    )
    .readonly()
    .describe('Newest first'),
  next: z.string().optional().describe('`after` of the next page; absent on the last'),
});

export type AuditAnswer = z.input<typeof auditAnswer>;
export type AuditEntryAnswer = AuditAnswer['entries'][number];
