import type { KnownUser } from './user.decider.js';

/** Whether somebody may not sign in at a moment because they are locked. */
export function isLocked({ lock }: Pick<KnownUser, 'lock'>, now: Date): boolean {
  return lock !== undefined && (lock.until === undefined || Date.parse(lock.until) > now.getTime());
}

/** Whether only somebody else can let them in again. A lock for a time is no such: it comes from whoever guesses at a password. */
export function isLockedForGood({ lock }: Pick<KnownUser, 'lock'>): boolean {
  return lock !== undefined && lock.until === undefined;
}
