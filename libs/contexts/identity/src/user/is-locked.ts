import type { KnownUser } from './user.decider.js';

/** Whether somebody may not sign in at a moment because they are locked. */
export function isLocked({ lock }: Pick<KnownUser, 'lock'>, now: Date): boolean {
  return lock !== undefined && (lock.until === undefined || Date.parse(lock.until) > now.getTime());
}
