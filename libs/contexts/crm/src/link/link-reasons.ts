import type { CrmReason } from '../crm/crm.js';

/** Nothing is the matter. */
export const READY = 'crm.ready';
/** Nobody has said which CRM it is, and how to sign in there. */
export const NOT_CONNECTED = 'crm.not-connected';

/** What may be the matter with a link as a whole. */
export type LinkReason = CrmReason | typeof READY | typeof NOT_CONNECTED;

interface ReasonText {
  /** Whether it heals by itself: then the link waits; otherwise somebody has to do something. */
  readonly heals: boolean;
  readonly whatToDo: string;
}

const REASONS: Readonly<Record<LinkReason, ReasonText>> = {
  'crm.ready': { heals: true, whatToDo: 'Nothing: the CRM can be worked with.' },
  'crm.not-connected': {
    heals: false,
    whatToDo: 'Connect the company to its CRM: say which one it is and give it a token.',
  },
  'crm.sign-in-refused': {
    heals: false,
    whatToDo:
      'The CRM does not take the token any more. Make a new one in the CRM and connect again with it.',
  },
  'crm.permission-missing': {
    heals: false,
    whatToDo:
      'The token may not do everything that is needed. Give it the permission that the CRM names, or make a token that has it and connect again.',
  },
  'crm.set-up-missing': {
    heals: false,
    whatToDo:
      'The CRM lacks a field or a feature that is needed and that cannot be made from here. Have the CRM’s administrator add what it names, and start again.',
  },
  'crm.rate-limited': {
    heals: true,
    whatToDo: 'Nothing: the CRM takes no more just now, and the link goes on when it does.',
  },
  'crm.unreachable': {
    heals: true,
    whatToDo: 'Nothing, if it lasts minutes: the CRM does not answer, and the link goes on when it does.',
  },
  'crm.failing': {
    heals: true,
    whatToDo:
      'Nothing, if it lasts minutes: the CRM is failing, and the link goes on when it works again. If it lasts, look at the CRM’s status page.',
  },
};

function isReason(code: string): code is LinkReason {
  return Object.hasOwn(REASONS, code);
}

/** Whether a link is not started because of it. */
export function holdsUpStart(code: LinkReason): boolean {
  return !REASONS[code].heals;
}

/** Whether a code of a wait or of a diagnosis heals by itself: what is not known here is about an attempt, and is tried again. */
export function heals(code: string): boolean {
  return isReason(code) ? REASONS[code].heals : true;
}

/** What somebody has to do because of a code, in a sentence. */
export function whatToDo(code: string): string {
  return isReason(code)
    ? REASONS[code].whatToDo
    : 'Nothing, if it lasts minutes: it is tried again. If it lasts, show the code and the CRM’s words to who looks after the service.';
}
