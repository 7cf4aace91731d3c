import type { DomainEvent } from '@samspill/kernel';
import type { ReservationRule } from '@samspill/eventlog';
import { emailKey } from './email-key.js';
import { isUserEvent } from './user-stream.js';
import { EMAIL_SCOPE } from './user-desk.js';

/** An e-mail address is one user's name (C18, W24), and is free again when they take another or are forgotten. */
export const userNames: ReservationRule = {
  scope: EMAIL_SCOPE,
  isPersonal: true,
  effects: {
    'identity.user.registered': { take: emailOf },
    'identity.user.email-changed': { givesAll: true, take: emailOf },
    'identity.user.forgotten': { givesAll: true },
  },
};

/** None where the person has been forgotten since: their address is blank then. */
function emailOf(event: DomainEvent): readonly string[] {
  if (!isUserEvent(event)) return [];
  if (event.type !== 'identity.user.registered' && event.type !== 'identity.user.email-changed') return [];
  return event.data.email === '' ? [] : [emailKey(event.data.email)];
}
