import { currentCaller, HttpProblem } from '@samspill/platform';
import {
  MAILS_BY_ACCOUNT,
  type AttemptLimit,
  type Attempted,
  type Attempts,
} from '../credentials/attempts.js';
import { emailKey } from './email-key.js';

const MINUTE_MS = 60_000;
const MS_PER_SECOND = 1000;
/** Mails that one caller has sent to others: all who work for a large company, and no campaign from our domain. */
export const MAILS_BY_CALLER: AttemptLimit = {
  scope: 'mails-of-caller',
  free: 500,
  firstBlockMs: MINUTE_MS,
  longestBlockMs: 60 * MINUTE_MS,
  forgetMs: 60 * MINUTE_MS,
  forgetsFrom: 'first-failure',
};

/** How many mails routes send: to one address, and for one caller. */
export class MailLimits {
  constructor(private readonly attempts: Attempts) {}

  /**
   * Counts one more of the caller's.
   * @param email whom it goes to, where somebody can be sent several
   * @returns seconds to wait first; undefined where it may be sent
   */
  async waitSeconds(now: Date, email?: string): Promise<number | undefined> {
    const caller = currentCaller();
    const counted: readonly Attempted[] = [
      ...(email === undefined ? [] : [{ limit: MAILS_BY_ACCOUNT, subject: emailKey(email) }]),
      ...(caller?.kind === 'user' ? [{ limit: MAILS_BY_CALLER, subject: caller.id }] : []),
    ];
    if (counted.length === 0) return undefined;
    const begun = await this.attempts.begin(counted, now);
    if (begun.kind === 'counted') return undefined;
    return Math.max(1, Math.ceil((begun.until.getTime() - now.getTime()) / MS_PER_SECOND));
  }
}

export function tooManyMails(waitSeconds: number): HttpProblem {
  return new HttpProblem(
    429,
    'user.too-many-mails',
    `Too many mails were asked for. Try again in ${waitSeconds} seconds.`,
  );
}
