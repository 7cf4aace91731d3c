import type { Discards } from '../parked/discards.js';
import type { BuildDependencies } from '../rebuild/build-generation.js';
import type { GateState } from '../write-gate.js';

/** What operations stand on. */
export interface TaskDependencies extends BuildDependencies {
  /** Whether the event store knows the whole log. */
  readonly gate: () => GateState;
  /** How much of the service's own topic the event store has, in events. */
  readonly stored: () => Promise<{ readonly events: number; readonly total: number }>;
  /** What operators have discarded: looked up before anything is built. */
  readonly discards: Discards;
  /** Whether anybody has been forgotten since a time, RFC 3339, by the clock of the service's database. */
  readonly isAnyForgottenSince?: (time: string) => Promise<boolean>;
  /** A folder for what does not fit into memory; each operation has one of its own in it. */
  readonly spillFolder: string;
  /** Events up to which partitions are folded together, where a test says so. */
  readonly unitEvents?: number;
}
