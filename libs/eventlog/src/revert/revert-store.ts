import type { Actor } from '@samspill/kernel';
import type { AuditNote } from '../audit/audit-note.js';
import type {
  Revert,
  RevertCounts,
  RevertItem,
  RevertOutcome,
  RevertState,
  RevertVerdict,
  RevertWish,
} from './revert.js';

/** Reverts of one service with their previews, in its database. What is to be put on record about a change is written with it, or neither is. */
export interface RevertStore {
  add(revert: Revert): Promise<void>;
  find(id: string): Promise<Revert | undefined>;
  /** Newest first. */
  list(limit: number): Promise<readonly Revert[]>;
  /** Those that an instance may have something to do for, oldest first. */
  open(): Promise<readonly Revert[]>;
  /** Says what is wished, if the revert is in one of these states. Undefined where it is not, or is not there. */
  wish(
    id: string,
    wish: RevertWish,
    states: readonly RevertState[],
    note?: AuditNote,
  ): Promise<Revert | undefined>;
  /**
   * Lets a planned revert begin, unless another one of the company has begun and not ended.
   * @returns what it is now; the other one; undefined where it is not planned
   */
  start(id: string, start: RevertStart): Promise<Revert | undefined>;
  /** Begins a run: from now on what former runs write is refused. Undefined where the revert is not there. */
  claim(id: string): Promise<ClaimedRevert | undefined>;

  /**
   * Writes a page of a preview and how far it has come, together.
   * @returns the revert as it is then; undefined when another run has been begun
   */
  addItems(id: string, run: number, page: PreviewPage): Promise<Revert | undefined>;
  /** What has still to be done, by the names of the streams. */
  pending(id: string, limit: number): Promise<readonly RevertItem[]>;
  /** Writes what became of streams; what has been written of a stream stays. Returns as {@link addItems}. */
  settle(id: string, run: number, settled: readonly SettledItem[]): Promise<Revert | undefined>;
  /** Writes what a run has come to; returns as {@link addItems}. */
  report(id: string, run: number, change: RevertChange): Promise<Revert | undefined>;

  /** The preview, by the names of the streams. */
  items(id: string, query: ItemQuery): Promise<readonly RevertItem[]>;
  /** Drops previews of reverts that ended before a time; the reverts stay. */
  dropItems(endedBefore: string): Promise<void>;
}

export interface RevertStart {
  readonly by: Actor;
  readonly reason: string;
  readonly at: string;
  readonly note: AuditNote;
}

export interface ClaimedRevert {
  readonly revert: Revert;
  readonly run: number;
  readonly progress: PreviewProgress | undefined;
}

/** Where a preview goes on: behind a stream, under a rule. */
export interface PreviewProgress {
  readonly rule: number;
  readonly after: string | undefined;
}

export interface PreviewPage {
  readonly items: readonly RevertItem[];
  readonly counts: RevertCounts;
  readonly progress: PreviewProgress;
}

export interface SettledItem {
  readonly stream: string;
  readonly outcome: RevertOutcome;
  readonly reason?: string | undefined;
}

/** What is not named stays as it is. */
export interface RevertChange {
  readonly state?: RevertState;
  /** `null`: none any more. */
  readonly failure?: string | null;
  readonly endedAt?: string;
  /** A wish that has been seen to: forgotten unless another has come since. */
  readonly settled?: RevertWish;
  readonly note?: AuditNote;
}

export interface ItemQuery {
  readonly verdict?: RevertVerdict | undefined;
  /** Only what has come out like this. */
  readonly outcome?: RevertOutcome | undefined;
  readonly after?: string | undefined;
  readonly limit: number;
}
