import { z } from 'zod';
import type { Course } from './contender.js';

/** What a service that is written to is told to do while its rows are rebuilt. */
export const liveOrder = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('write'), nth: z.number(), company: z.string(), number: z.string() }),
  z.object({ kind: z.literal('rebuild'), eventsPerSecond: z.number().optional() }),
  z.object({ kind: z.literal('stop') }),
]);
export type LiveOrder = z.infer<typeof liveOrder>;

export const liveAnswer = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('started') }),
  /** Written at a time since the epoch. */
  z.object({ kind: z.literal('written'), nth: z.number(), atMs: z.number() }),
  z.object({ kind: z.literal('rebuilt'), ms: z.number(), switchMs: z.number() }),
]);
export type LiveAnswer = z.infer<typeof liveAnswer>;

/** Where such a service finds everything: `topic` is what is rebuilt from, `liveTopic` what it writes to. */
export interface LiveCourse extends Course {
  readonly liveTopic: string;
}

/** Milliseconds since the epoch, the same in all processes, with fractions. */
export function epochMs(): number {
  return performance.timeOrigin + performance.now();
}
