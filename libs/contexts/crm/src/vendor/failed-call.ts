import type { CallOutcome } from '@samspill/connector';
import type { LookUpOutcome, SendOutcome } from '@samspill/eventlog';
import type { CrmCheck, CrmReason, CrmRecordReason } from '../crm/crm.js';

/** A call that was not answered as it should be. */
export type FailedCall = Exclude<CallOutcome, { readonly kind: 'answered' }>;

const REASONS: Readonly<Record<string, CrmReason>> = {
  'connector.rate-limited': 'crm.rate-limited',
  // Nothing but a vendor's limit lets a call wait before it goes out.
  'connector.given-up': 'crm.rate-limited',
  'connector.sign-in-refused': 'crm.sign-in-refused',
  'connector.forbidden': 'crm.permission-missing',
  'connector.no-connection': 'crm.unreachable',
  'connector.timeout': 'crm.unreachable',
  'connector.broken-off': 'crm.unreachable',
};

const RECORD_REFUSED: CrmRecordReason = 'crm.record-refused';

/** What it means for a record that was to be written. */
export function sendOutcomeOf(failed: FailedCall): SendOutcome {
  switch (failed.kind) {
    case 'refused':
      return { kind: 'refused', code: RECORD_REFUSED, words: wordsOf(failed) };
    case 'unknown':
      return { kind: 'unknown', code: reasonOfCall(failed), words: failed.words };
    case 'not-sent':
      return notSentOf(failed);
  }
}

/** What a call that only asks means for what was to be written after it: nothing has happened yet, whatever became of it. */
export function notSentOf(failed: FailedCall): SendOutcome {
  return {
    kind: 'not-sent',
    code: reasonOfCall(failed),
    words: wordsOf(failed),
    holdsUp: 'key',
    ...waitOf(failed),
  };
}

export function noAnswerOf(failed: FailedCall): LookUpOutcome {
  return { kind: 'no-answer', code: reasonOfCall(failed), words: wordsOf(failed), ...waitOf(failed) };
}

export function notReadyOf(failed: FailedCall): CrmCheck {
  return { kind: 'not-ready', code: reasonOfCall(failed), words: wordsOf(failed), ...waitOf(failed) };
}

export function refused(words: string): SendOutcome {
  return { kind: 'refused', code: RECORD_REFUSED, words };
}

/** The customer has not got there: it is delivered by a reactor of its own, which may be behind. */
export function withoutCustomer(customer: string): SendOutcome {
  const code: CrmRecordReason = 'crm.customer-not-there';
  return {
    kind: 'not-sent',
    code,
    words: `The customer ${customer} is not in the CRM yet.`,
    holdsUp: 'thing',
  };
}

export function busyRecord(words: string): SendOutcome {
  const code: CrmRecordReason = 'crm.record-busy';
  return { kind: 'not-sent', code, words, holdsUp: 'thing' };
}

/** An answer whose body is not as its documentation has it: what was done is not known. */
export function unreadable(words: string): FailedCall {
  return { kind: 'unknown', code: 'connector.answer-unreadable', words };
}

function reasonOfCall(failed: FailedCall): CrmReason {
  if (failed.kind === 'refused') return failed.status === 404 ? 'crm.set-up-missing' : 'crm.failing';
  const code = failed.kind === 'not-sent' ? (failed.waitingFor ?? failed.code) : failed.code;
  return REASONS[code] ?? 'crm.failing';
}

function waitOf(failed: FailedCall): { readonly retryAfterMs?: number } {
  return failed.kind === 'not-sent' && failed.retryAfterMs !== undefined
    ? { retryAfterMs: failed.retryAfterMs }
    : {};
}

/** The vendor's own sentence where there is one, without what is round it. */
function wordsOf(failed: FailedCall): string {
  if (failed.kind !== 'refused') return failed.words;
  for (const name of ['message', 'Message']) {
    const { body } = failed;
    const found: unknown = typeof body === 'object' && body !== null ? Reflect.get(body, name) : undefined;
    if (typeof found === 'string' && found !== '') return found;
  }
  return failed.words;
}
