import type { AuditNote, AuditNotes } from '../audit/audit-note.js';
import type { Operation, OperationPart, OperationState, OperationWish, Throttle } from './operation.js';

/** Operations of one service, in its database. What is to be put on record about a change is written with it, or neither is. */
export interface OperationStore {
  /**
   * Writes a new operation, unless it is a rebuild of a projection that an unfinished one is rebuilding.
   * @returns that other one; undefined when it was written
   */
  add(operation: Operation, note?: AuditNote): Promise<Operation | undefined>;
  find(id: string): Promise<Operation | undefined>;
  /** Newest first. */
  list(limit: number): Promise<readonly Operation[]>;
  /** Those that an instance may have something to do for: unfinished ones, and ends that something is still wished of. Oldest first. */
  open(): Promise<readonly Operation[]>;
  /** Says what is wished, if the operation is in one of these states. Undefined where it is not, or is not there. */
  wish(
    id: string,
    wish: OperationWish,
    states: readonly OperationState[],
    note?: AuditNote,
  ): Promise<Operation | undefined>;
  throttle(id: string, throttle: Throttle, note?: AuditNote): Promise<Operation | undefined>;
  /** Begins a run: from now on reports of former runs are refused. Undefined where the operation is not there. */
  claim(id: string): Promise<ClaimedOperation | undefined>;
  /**
   * Writes what a run has done.
   * @returns the operation as it is then, with what is wished of it; undefined when another run has been begun
   */
  report(id: string, run: number, change: OperationChange): Promise<Operation | undefined>;
  /** What is to be put on record, about operations and whatever else is done. */
  readonly notes: AuditNotes;
}

export interface ClaimedOperation {
  readonly operation: Operation;
  readonly run: number;
}

/** What is not named stays as it is. */
export interface OperationChange {
  readonly state?: OperationState;
  readonly parts?: readonly OperationPart[];
  /** `null`: none any more. */
  readonly failure?: string | null;
  readonly startedAt?: string;
  readonly endedAt?: string;
  /** A wish that has been seen to, or cannot be: forgotten unless another has come since. */
  readonly settled?: OperationWish;
  readonly note?: AuditNote;
}
