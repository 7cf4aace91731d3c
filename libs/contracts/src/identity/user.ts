import { z } from 'zod';
import { defineEvent, type EventOf } from '../event-definition.js';
import { EMAIL_MAX_LENGTH } from '../party/email.js';
import { personal } from '../personal.js';

/** Longest first or last name, in UTF-16 units: more than anybody has, and a row of a list still holds it. */
export const PERSON_NAME_MAX_LENGTH = 100;
/** Longest reason for locking or forgetting a user; it is kept for ever. */
export const USER_REASON_MAX_LENGTH = 500;

/** Languages that people are written to in: Norwegian (bokmål), Swedish, English. */
export const userLanguage = z.enum(['nb', 'sv', 'en']);
export type UserLanguage = z.infer<typeof userLanguage>;

const name = personal(z.string().max(PERSON_NAME_MAX_LENGTH), '');
const email = personal(z.string().max(EMAIL_MAX_LENGTH), '');
const reason = z.string().min(1).max(USER_REASON_MAX_LENGTH);

/** A person who may sign in. The e-mail address is the user name (C16, C18). */
export const userRegistered = defineEvent({
  type: 'identity.user.registered',
  version: 1,
  schema: z.strictObject({ firstName: name, lastName: name, email, language: userLanguage }),
});
export const userDetailsChanged = defineEvent({
  type: 'identity.user.details-changed',
  version: 1,
  schema: z.strictObject({ firstName: name, lastName: name, language: userLanguage }),
});
/**
 * A link was made for the user and is on its way to an address of theirs. The event names it; the secret in it is nowhere on the log.
 * `activation`: to show that the address is theirs (W25). `password`: to set a password, the first or another (W27).
 * `email`: to show that a new address is theirs.
 */
export const userLinkIssued = defineEvent({
  type: 'identity.user.link-issued',
  version: 1,
  schema: z.strictObject({
    link: z.uuid(),
    purpose: z.enum(['activation', 'password', 'email']),
    /** RFC 3339 in UTC. */
    validUntil: z.iso.datetime(),
    /** Where it is sent, and what the mail is written with: a mail that is late says what it would have said. */
    email,
    firstName: name,
    language: userLanguage,
  }),
});
/** The address has shown itself to be the user's. */
export const userActivated = defineEvent({
  type: 'identity.user.activated',
  version: 1,
  schema: z.strictObject({}),
});
/** That there is a password now, or another: never what. */
export const userPasswordSet = defineEvent({
  type: 'identity.user.password-set',
  version: 1,
  schema: z.strictObject({ how: z.enum(['first', 'reset', 'changed']) }),
});
export const userTermsAccepted = defineEvent({
  type: 'identity.user.terms-accepted',
  version: 1,
  schema: z.strictObject({ version: z.string().min(1) }),
});
export const userEmailChanged = defineEvent({
  type: 'identity.user.email-changed',
  version: 1,
  schema: z.strictObject({ email, before: email }),
});
export const userSecondFactorChanged = defineEvent({
  type: 'identity.user.second-factor-changed',
  version: 1,
  schema: z.strictObject({
    factor: z.enum(['totp', 'passkey', 'recovery-codes']),
    change: z.enum(['added', 'removed', 'used-up']),
  }),
});
/** May not sign in any more: until a time, or until somebody unlocks them. */
export const userLocked = defineEvent({
  type: 'identity.user.locked',
  version: 1,
  schema: z.strictObject({ until: z.exactOptional(z.iso.datetime()), reason }),
});
export const userUnlocked = defineEvent({
  type: 'identity.user.unlocked',
  version: 1,
  schema: z.strictObject({ reason }),
});
/** The person is forgotten; the address may be registered anew, as somebody else's. */
export const userForgotten = defineEvent({
  type: 'identity.user.forgotten',
  version: 1,
  schema: z.strictObject({ reason }),
  forgets: true,
});

/** Every service reads them: who is locked may do nothing, whatever token they have. */
export const userLockEvents = [userLocked, userUnlocked] as const;
export type UserLockEvent = EventOf<(typeof userLockEvents)[number]>;

export const userEvents = [
  userRegistered,
  userDetailsChanged,
  userLinkIssued,
  userActivated,
  userPasswordSet,
  userTermsAccepted,
  userEmailChanged,
  userSecondFactorChanged,
  ...userLockEvents,
  userForgotten,
] as const;
export type UserEvent = EventOf<(typeof userEvents)[number]>;
export type LinkPurpose = Extract<UserEvent, { type: 'identity.user.link-issued' }>['data']['purpose'];
export type SecondFactor = Extract<
  UserEvent,
  { type: 'identity.user.second-factor-changed' }
>['data']['factor'];
