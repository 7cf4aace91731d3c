import { MAX_RECORDED_KEYS } from '@samspill/contracts';
import type { Actor } from '@samspill/kernel';
import type { AuditNote } from '../audit/audit-note.js';
import { noteOf } from '../audit/audit-trail.js';
import type {
  Operation,
  OperationKind,
  OperationPart,
  OperationState,
  OperationWish,
  RebuildScope,
} from './operation.js';

/** What a service does by itself, such as its first rows, is in its log lines and not on record. */
function isOwn(actor: Actor): boolean {
  return actor.startsWith('service:');
}

const ENDS: Readonly<Record<OperationKind, Readonly<Partial<Record<OperationState, string>>>>> = {
  rebuild: { ready: 'built', done: 'switched', failed: 'failed', cancelled: 'cancelled', undone: 'undone' },
  inspection: { ready: 'built', done: 'dropped', failed: 'failed', cancelled: 'cancelled' },
};

const ASKED: Readonly<Record<OperationWish, string>> = {
  run: 'resumed',
  pause: 'paused',
  cancel: 'cancel-asked',
  verify: 'verify-asked',
  switch: 'switch-asked',
  undo: 'undo-asked',
  drop: 'drop-asked',
};

/** That an operation was asked for. */
export function begunNote(operation: Operation): AuditNote | undefined {
  const { by, reason, createdAt } = operation;
  return noted(operation, by, 'begun', new Date(createdAt), { reason });
}

/** That somebody has asked something of an operation. */
export function wishNote(operation: Operation, wish: OperationWish, by: Actor): AuditNote | undefined {
  return noted(operation, by, ASKED[wish], new Date());
}

/** That somebody has said how fast an operation may read. */
export function throttleNote(operation: Operation, by: Actor): AuditNote | undefined {
  return noted(operation, by, 'throttled', new Date());
}

/**
 * What a run has come to, where that is something to be told: in the name of whoever asked for the operation.
 * @param failure code of what it has failed with
 */
export function outcomeNote(
  before: OperationState,
  operation: Operation,
  failure: string | undefined,
): AuditNote | undefined {
  const { state, task, by, wish } = operation;
  if (state === before) {
    const hasFailedToUndo = state === 'done' && wish === 'undo' && failure !== undefined;
    return hasFailedToUndo ? noted(operation, by, 'undo-failed', new Date(), { failure }) : undefined;
  }
  const step = ENDS[task.kind][state];
  if (step === undefined) return undefined;
  const counts = state === 'done' || state === 'ready' || state === 'undone' ? countsOf(operation) : {};
  const keys = state === 'done' ? keysOf(operation) : [];
  return noted(operation, by, step, new Date(), { counts, keys, ...(failure !== undefined && { failure }) });
}

function noted(
  { id, task }: Operation,
  actor: Actor,
  step: string,
  now: Date,
  more: {
    readonly reason?: string;
    readonly failure?: string;
    readonly counts?: Readonly<Record<string, number>>;
    readonly keys?: readonly string[];
  } = {},
): AuditNote | undefined {
  if (isOwn(actor)) return undefined;
  const what = { operation: id, kind: task.kind, step, scope: scopeOf(task.scope), ...more };
  return noteOf(what, { actor, correlationId: id, now });
}

function scopeOf(scope: RebuildScope): Readonly<Record<string, string>> {
  switch (scope.kind) {
    case 'projection':
      return { projection: scope.projection };
    case 'company':
      return { company: scope.company };
    case 'service':
      return { all: 'projections' };
  }
}

function countsOf({ parts }: Operation): Readonly<Record<string, number>> {
  const sum = (of: (part: OperationPart) => number): number =>
    parts.reduce((total, part) => total + of(part), 0);
  const isCompared = parts.some(({ diff }) => diff !== undefined);
  return {
    projections: parts.length,
    events: sum(({ progress }) => progress.eventsRead),
    rows: sum(rowsOf),
    parked: sum(({ progress }) => progress.parked),
    ...(isCompared && {
      added: sum(({ diff }) => diff?.added ?? 0),
      changed: sum(({ diff }) => diff?.changed ?? 0),
      gone: sum(({ diff }) => diff?.gone ?? 0),
    }),
  };
}

function rowsOf({ verification, progress }: OperationPart): number {
  const rows = verification?.rows;
  return rows === undefined || rows.outcome === 'not-comparable' ? progress.rows : rows.built.rows;
}

/** Keys of some of the rows that readers have seen change. */
function keysOf({ parts }: Operation): readonly string[] {
  return parts
    .flatMap(({ projection, diff }) =>
      (diff?.samples ?? []).map(({ key }) => `${projection} ${JSON.stringify(key)}`),
    )
    .slice(0, MAX_RECORDED_KEYS);
}
