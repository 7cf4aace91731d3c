import { z } from 'zod';

const fault = z.object({
  kind: z
    .string()
    .describe('gap, broken, fork, head-missing, beginning-missing, end-missing, malformed, not-as-stored'),
  topic: z.string(),
  partition: z.int(),
  offset: z.string().optional().describe('Absent where it is about the partition as a whole'),
  detail: z.string(),
});

/** A line of the answer: progress now and then, and at the end what came of it. */
export const logVerificationLine = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('progress'), read: z.int(), total: z.int() }),
  z.object({
    kind: z.literal('verified'),
    topic: z.string(),
    events: z.int(),
    streams: z.int(),
    faults: z.int(),
    named: z.array(fault).readonly().describe('The first of them'),
    durationMs: z.number(),
  }),
  z.object({ kind: z.literal('failed'), code: z.string(), detail: z.string() }),
]);

export type LogVerificationLine = z.input<typeof logVerificationLine>;
