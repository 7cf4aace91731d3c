import { MAX_RECORDED_KEYS } from '@samspill/contracts';
import type { Actor } from '@samspill/kernel';
import type { AuditNote } from '../audit/audit-note.js';
import { failureCode, noteOf, type Recordable } from '../audit/audit-trail.js';
import type { RevertStart } from './revert-store.js';
import { deedsOf, type Revert, type RevertState, type RevertWish } from './revert.js';

const ASKED: Readonly<Record<RevertWish, string>> = {
  run: 'resumed',
  pause: 'pause-asked',
  cancel: 'cancel-asked',
};

/** That somebody has begun a revert, and what it was to put back. */
export function startNote(revert: Revert, { by, reason, at }: RevertStart): AuditNote {
  const counts = { planned: deedsOf(revert.counts) };
  return noted(revert, by, new Date(at), { step: 'begun', reason, counts });
}

/** That somebody has asked something of a revert. */
export function revertWishNote(revert: Revert, wish: RevertWish, by: Actor): AuditNote {
  return noted(revert, by, new Date(), { step: ASKED[wish] });
}

/**
 * What a revert has come to, in the name of whoever began it; undefined where it was never begun.
 * @param streams that it has put back
 */
export function endNote(
  revert: Revert,
  state: Extract<RevertState, 'finished' | 'cancelled' | 'failed'>,
  streams: readonly string[],
  error?: unknown,
): AuditNote | undefined {
  if (revert.startedBy === undefined) return undefined;
  const { outcomes } = revert.counts;
  return noted(revert, revert.startedBy, new Date(), {
    step: state,
    counts: { done: outcomes.done, movedOn: outcomes['moved-on'], refused: outcomes.refused },
    keys: streams.slice(0, MAX_RECORDED_KEYS),
    ...(error !== undefined && { failure: failureCode(error) }),
  });
}

function noted(revert: Revert, by: Actor, now: Date, what: Omit<Recordable, 'kind'>): AuditNote {
  const { id, company, selection } = revert;
  const scope = {
    company,
    ...(selection.kind === 'import' ? { import: selection.import } : { to: selection.to }),
    ...(selection.kind === 'streams' && { streams: String(selection.streams.length) }),
  };
  return noteOf({ operation: id, kind: 'revert', scope, ...what }, { actor: by, correlationId: id, now });
}
