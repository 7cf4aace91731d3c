import type { Actor } from '@samspill/kernel';
import type { AuditNote } from '../audit/audit-note.js';
import { noteOf } from '../audit/audit-trail.js';
import { deedsOf, type Revert, type RevertState, type RevertWish } from './revert.js';

const ASKED: Readonly<Record<RevertWish, string>> = {
  run: 'resumed',
  pause: 'paused',
  cancel: 'cancel-asked',
};
const ENDS: readonly RevertState[] = ['finished', 'failed', 'cancelled'];

/** That somebody has let a revert begin. */
export function startedNote(revert: Revert, by: Actor, reason: string, now: Date): AuditNote {
  return noted(revert, by, 'begun', now, { reason, counts: { streams: deedsOf(revert.counts) } });
}

/** That somebody has asked something of a revert. */
export function revertWishNote(revert: Revert, wish: RevertWish, by: Actor): AuditNote {
  return noted(revert, by, ASKED[wish], new Date());
}

/** What a revert has come to, in the name of whoever began it; nothing where it was never begun, or has not ended. */
export function revertOutcomeNote(
  revert: Revert,
  state: RevertState | undefined,
  failure: string | undefined,
): AuditNote | undefined {
  if (state === undefined || !ENDS.includes(state) || revert.startedBy === undefined) return undefined;
  const { done, refused, 'moved-on': movedOn } = revert.counts.outcomes;
  const counts = { done, refused, 'moved-on': movedOn };
  return noted(revert, revert.startedBy, state, new Date(), {
    counts,
    ...(failure !== undefined && { failure }),
  });
}

function noted(
  { id, company, selection }: Revert,
  actor: Actor,
  step: string,
  now: Date,
  more: {
    readonly reason?: string;
    readonly failure?: string;
    readonly counts?: Readonly<Record<string, number>>;
  } = {},
): AuditNote {
  const scope = { company, ...('to' in selection ? { to: selection.to } : { import: selection.import }) };
  return noteOf({ operation: id, kind: 'revert', step, scope, ...more }, { actor, correlationId: id, now });
}
