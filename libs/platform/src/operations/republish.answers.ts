import { z } from 'zod';

export const republishAnswer = z
  .object({
    topic: z.string(),
    state: z
      .enum(['missing', 'not-as-declared', 'lacking', 'filling', 'in-step'])
      .describe(
        'missing: there is no such topic; not-as-declared: it cannot be published to; lacking: some of what was published is not there; filling: it is on its way; in-step: nothing is to be done',
      ),
    why: z.array(z.string()).readonly(),
    onLog: z.int().describe('Events on the topic now, repeats among them'),
    stored: z.int().optional().describe('Events of the event store, where they were to be counted'),
    waiting: z.int().describe('Events that wait to be published, counted up to a bound'),
    lacking: z.array(z.int()).readonly().describe('Partitions that lack what was published to them'),
  })
  .meta({ id: 'RepublishStatus' });

export const createdTopicsAnswer = z.object({
  created: z.array(z.string()).readonly(),
  missingOfOthers: z
    .array(z.string())
    .readonly()
    .describe('Topics that this service reads; whoever writes them makes them'),
});

export type RepublishAnswer = z.input<typeof republishAnswer>;
export type CreatedTopicsAnswer = z.input<typeof createdTopicsAnswer>;
