import { z } from 'zod';

export const topicsAnswer = z.object({
  topics: z
    .array(
      z.object({
        topic: z.string(),
        use: z.enum(['writes', 'reads']),
        declaredPartitions: z.int(),
        found: z
          .object({
            partitions: z.int(),
            replicas: z.int().optional(),
            settings: z.record(z.string(), z.string()),
            events: z.int(),
          })
          .optional()
          .describe('Absent where the topic does not exist'),
        faults: z.array(z.string()).readonly().describe('What is not as declared'),
      }),
    )
    .readonly(),
});

export type TopicsAnswer = z.input<typeof topicsAnswer>;
