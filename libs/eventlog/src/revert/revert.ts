import type { Actor } from '@samspill/kernel';
import type { RevertDeed } from './revert-rule.js';

/**
 * Streams of a company are put back as they were by events that lead from what is to what was. It is a row in the service's database,
 * with one for each stream: whoever asked may leave, any process may die, and an instance of the service goes on with it by itself.
 */
export interface Revert {
  /** UUIDv7. */
  readonly id: string;
  readonly company: string;
  readonly selection: RevertSelection;
  /** What an import's events are known by, where an import is reverted. */
  readonly causationId: string | undefined;
  readonly state: RevertState;
  /** What has been asked of it since; the instance that works on it notices between two pages. */
  readonly wish: RevertWish;
  readonly plannedBy: Actor;
  /** Who began it, and why in their words; absent before. */
  readonly startedBy: Actor | undefined;
  readonly reason: string | undefined;
  readonly counts: RevertCounts;
  /** Times are RFC 3339 in UTC. */
  readonly createdAt: string;
  readonly startedAt: string | undefined;
  readonly endedAt: string | undefined;
  /** Why it failed; or, while it is still at work, what it is waiting for and tries again. */
  readonly failure: string | undefined;
}

/** `planning`: the preview is being made. `planned`: it can be looked at, and nothing has been done. The last three are ends. */
export type RevertState = 'planning' | 'planned' | 'started' | 'paused' | 'finished' | 'cancelled' | 'failed';

export type RevertWish = 'run' | 'pause' | 'cancel';

/** States in which an instance may have something to do for a revert. */
export const UNFINISHED_REVERTS: readonly RevertState[] = ['planning', 'planned', 'started', 'paused'];

/** Times are RFC 3339: what was written at or before them stays. */
export type RevertSelection =
  | { readonly kind: 'company'; readonly company: string; readonly to: string }
  | { readonly kind: 'streams'; readonly streams: readonly string[]; readonly to: string }
  /** What an import changed, to what it was just before; streams that were edited since only where that is said. */
  | { readonly kind: 'import'; readonly import: string; readonly includeEdited: boolean };

/** What stands in the way: a rule of the business, the nature of the thing, an edit since the import, or that a person was forgotten. */
export type RevertObstacle = 'refused' | 'impossible' | 'edited-since' | 'forgotten';

export type RevertVerdict = RevertDeed | RevertObstacle;

export const REVERT_DEEDS: readonly RevertDeed[] = ['put-back', 'make-again', 'remove'];
export const REVERT_VERDICTS: readonly RevertVerdict[] = [
  ...REVERT_DEEDS,
  'refused',
  'impossible',
  'edited-since',
  'forgotten',
];

/** What became of a stream that was to be put back. `moved-on`: it has changed since the preview, and was left as it is. */
export type RevertOutcome = 'done' | 'moved-on' | 'refused';

/** One stream of a preview. Those that are as they were are only counted. */
export interface RevertItem {
  readonly stream: string;
  readonly verdict: RevertVerdict;
  /** The stream's version when the preview was made: only on this one is anything appended. */
  readonly version: number;
  /** The version that is gone back to; 0: before its first event. */
  readonly then: number;
  /** What stands in the way, for a person. */
  readonly reason: string | undefined;
  readonly outcome: RevertOutcome | undefined;
}

/** In streams. */
export interface RevertCounts {
  /** Looked at so far. */
  readonly seen: number;
  readonly unchanged: number;
  /** What the preview says, by verdict. */
  readonly verdicts: Readonly<Record<RevertVerdict, number>>;
  /** What has become of those that were to be put back. */
  readonly outcomes: Readonly<Record<RevertOutcome, number>>;
}

export const NOTHING_YET: RevertCounts = {
  seen: 0,
  unchanged: 0,
  verdicts: {
    'put-back': 0,
    'make-again': 0,
    remove: 0,
    refused: 0,
    impossible: 0,
    'edited-since': 0,
    forgotten: 0,
  },
  outcomes: { done: 0, 'moved-on': 0, refused: 0 },
};

/** Streams that a revert would put back, or has. */
export function deedsOf({ verdicts }: RevertCounts): number {
  return REVERT_DEEDS.reduce((sum, deed) => sum + verdicts[deed], 0);
}
