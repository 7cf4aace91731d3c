import { z } from 'zod';

const name = z.string().regex(/^[A-Za-z0-9._-]{1,64}$/);

/** How an agent names a batch, in the query of the operation that takes it in. */
export const batchQuery = z.strictObject({
  agent: name.describe('Name of the agent that sends; stays when it is installed anew'),
  incarnation: name.describe('New whenever the agent has lost what it knew'),
  sequence: z.coerce.number().int().min(1).describe('1, 2, 3 … in the incarnation'),
});

const count = z.int();
export const batchAnswer = z
  .object({
    created: count,
    changed: count,
    deleted: count,
    unchanged: count.describe('Came as they were already'),
    rejected: count.describe('Stand in the list of what was rejected, with their reasons'),
    forgotten: count
      .optional()
      .describe('Of the rejected, records of people who have been forgotten; absent where there is none'),
    repeated: z.boolean().describe('This batch had been taken in before; nothing was done now'),
  })
  .meta({ id: 'BatchAnswer' });
