import type { Elapsed } from './stopwatch.js';

/** What a contender works on, in a process of its own. */
export interface Course {
  readonly brokers: readonly string[];
  readonly topic: string;
  readonly partitions: number;
  readonly events: number;
  /** A database of its own, with the tables of an event log in it. */
  readonly databaseUrl: string;
  /** Where the topic's personal data is sealed. */
  readonly keys?: CourseKeys;
}

/** The keys of a topic whose personal data is sealed. */
export interface CourseKeys {
  readonly topic: string;
  /** As configuration has them. */
  readonly masterKeys: string;
}

/** What was measured, from the first to the last event. */
export interface Run extends Elapsed {
  /** Rows of the read table at the end; 0 for those that only read. */
  readonly rows: number;
}

export type Contender = (course: Course) => Promise<Run>;

export interface MeasuredRun extends Run {
  /** Highest resident size of the process, MiB. */
  readonly peakMiB: number;
}

/** In the order in which they run and are printed. */
export const CONTENDERS = {
  consumePublished: 'kafkajs as published, consume only',
  consumeOnly: '(a) kafkajs as mended here, consume only',
  consumeParse: '(b) the same and JSON.parse',
  plainUpsert: '(c) the same, upserted batch by batch with unnest',
  readOnly: 'our reader alone',
  chainCheck: 'our check of the chains, a pass of its own',
  rebuildState: '(d) our rebuild, events that carry the state',
  rebuildStateEncrypted: '(d) the same, personal data sealed and opened',
  rebuildEvery: '(d) our rebuild, every event parsed and folded',
  copyOnly: '(e) COPY of the final rows only',
} as const;

export type ContenderName = keyof typeof CONTENDERS;

export function isContender(name: string): name is ContenderName {
  return Object.hasOwn(CONTENDERS, name);
}
