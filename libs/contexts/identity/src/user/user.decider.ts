import type { LinkPurpose, SecondFactor, UserEvent, UserLanguage } from '@samspill/contracts';
import { reject, type Decider, type Rejection } from '@samspill/kernel';
import type { UserStage } from './user.js';

/** What is registered of a person (C16). */
export interface UserDetails {
  readonly firstName: string;
  readonly lastName: string;
  readonly email: string;
  readonly language: UserLanguage;
}

export interface IssuedLink {
  readonly link: string;
  /** RFC 3339 in UTC. */
  readonly validUntil: string;
  /** Where it was sent. */
  readonly email: string;
}

export interface KnownUser extends UserDetails {
  readonly kind: 'registered';
  readonly stage: UserStage;
  /** Versions of the terms that they have accepted. */
  readonly terms: ReadonlySet<string>;
  /** The last link of each purpose that has not been used: an earlier one is of no use any more. */
  readonly links: ReadonlyMap<LinkPurpose, IssuedLink>;
  /** How many of each: of passkeys there may be several. */
  readonly secondFactors: ReadonlyMap<SecondFactor, number>;
  /** `until` undefined: until somebody unlocks them. */
  readonly lock: { readonly until: string | undefined } | undefined;
}

export type UserState = { readonly kind: 'unregistered' } | { readonly kind: 'forgotten' } | KnownUser;

export type UserCommand =
  | { readonly kind: 'register'; readonly details: UserDetails }
  | ({ readonly kind: 'change-details' } & Omit<UserDetails, 'email'>)
  | {
      readonly kind: 'issue-link';
      readonly link: string;
      readonly purpose: LinkPurpose;
      /** RFC 3339 in UTC. */
      readonly validUntil: string;
      /** For `email`: the new address. */
      readonly email?: string;
    }
  /** Somebody has followed the link of a mail: what it was for happens. */
  | {
      readonly kind: 'activate' | 'change-email' | 'set-password';
      readonly link: string;
      readonly at: string;
    }
  /** By somebody who has just said what it was. */
  | { readonly kind: 'change-password' }
  | { readonly kind: 'accept-terms'; readonly version: string }
  | {
      readonly kind: 'change-second-factor';
      readonly factor: SecondFactor;
      readonly change: 'added' | 'removed' | 'used-up';
    }
  | { readonly kind: 'lock'; readonly until?: string; readonly reason: string }
  | { readonly kind: 'unlock'; readonly reason: string }
  | { readonly kind: 'forget'; readonly reason: string };

type Decision = readonly UserEvent[] | Rejection;

/** A person's way to a sign-in and through it. That e-mail addresses are unique is held by a reservation (W24). */
export const userDecider: Decider<UserState, UserCommand, UserEvent> = {
  initial: () => ({ kind: 'unregistered' }),
  decide(command, state) {
    if (command.kind === 'register')
      return state.kind === 'unregistered'
        ? [{ type: 'identity.user.registered', data: command.details }]
        : reject('user.exists', 'A user with this id is registered already.');
    if (command.kind === 'forget' && state.kind === 'forgotten') return [];
    return state.kind === 'registered' ? decideOnKnown(command, state) : userNotFound();
  },
  evolve,
};

export function userNotFound(): Rejection {
  return reject('user.not-found', 'There is no user with this id.');
}

function decideOnKnown(command: Exclude<UserCommand, { kind: 'register' }>, state: KnownUser): Decision {
  switch (command.kind) {
    case 'change-details': {
      const { firstName, lastName, language } = command;
      const isSame =
        firstName === state.firstName && lastName === state.lastName && language === state.language;
      return isSame
        ? []
        : [{ type: 'identity.user.details-changed', data: { firstName, lastName, language } }];
    }
    case 'issue-link':
      return issueLink(command, state);
    case 'activate':
      return usableLink(state, 'activation', command)
        ? [{ type: 'identity.user.activated', data: {} }]
        : linkUnusable();
    case 'change-email': {
      const issued = usableLink(state, 'email', command);
      if (!issued) return linkUnusable();
      return [{ type: 'identity.user.email-changed', data: { email: issued.email, before: state.email } }];
    }
    case 'set-password':
      return setPassword(command, state);
    case 'change-password':
      return [{ type: 'identity.user.password-set', data: { how: 'changed' } }];
    case 'accept-terms':
      return state.terms.has(command.version)
        ? []
        : [{ type: 'identity.user.terms-accepted', data: { version: command.version } }];
    case 'change-second-factor': {
      const { factor, change } = command;
      const isSame = change === 'removed' && !state.secondFactors.has(factor);
      return isSame ? [] : [{ type: 'identity.user.second-factor-changed', data: { factor, change } }];
    }
    case 'lock': {
      const { until, reason } = command;
      // A lock for a time comes from somebody who guesses: it never opens what an administrator has locked, nor ends a longer lock.
      if (until !== undefined && outlasts(state.lock, until)) return [];
      return [{ type: 'identity.user.locked', data: { ...(until !== undefined && { until }), reason } }];
    }
    case 'unlock':
      return state.lock ? [{ type: 'identity.user.unlocked', data: { reason: command.reason } }] : [];
    case 'forget':
      return [{ type: 'identity.user.forgotten', data: { reason: command.reason } }];
  }
}

function outlasts(lock: KnownUser['lock'], until: string): boolean {
  return lock !== undefined && (lock.until === undefined || Date.parse(lock.until) >= Date.parse(until));
}

function issueLink(command: Extract<UserCommand, { kind: 'issue-link' }>, state: KnownUser): Decision {
  const { link, purpose, validUntil, email = state.email } = command;
  if (purpose === 'activation' && state.stage !== 'invited')
    return reject('user.active', 'This user is activated already. They can ask for a new password.');
  const { firstName, language } = state;
  return [
    { type: 'identity.user.link-issued', data: { link, purpose, validUntil, email, firstName, language } },
  ];
}

/** The link that somebody followed, where it is the last one of its purpose, has not been used and is not too old (W26). */
export function usableLink(
  { links }: Pick<KnownUser, 'links'>,
  purpose: LinkPurpose,
  { link, at }: { readonly link: string; readonly at: string },
): IssuedLink | undefined {
  const issued = links.get(purpose);
  if (issued?.link !== link) return undefined;
  return Date.parse(issued.validUntil) > Date.parse(at) ? issued : undefined;
}

function setPassword(command: { readonly link: string; readonly at: string }, state: KnownUser): Decision {
  if (!usableLink(state, 'password', command)) return linkUnusable();
  const how = state.stage === 'ready' ? 'reset' : 'first';
  // Whoever has read the mail has shown that the address is theirs.
  const activated: readonly UserEvent[] =
    state.stage === 'invited' ? [{ type: 'identity.user.activated', data: {} }] : [];
  return [...activated, { type: 'identity.user.password-set', data: { how } }];
}

/** The same for every link that cannot be used, whatever the reason. */
export function linkUnusable(): Rejection {
  return reject(
    'link.unusable',
    'This link has been used, is too old, or is not one of ours. Ask for a new one.',
  );
}

function evolve(state: UserState, event: UserEvent): UserState {
  if (event.type === 'identity.user.registered')
    return {
      kind: 'registered',
      ...event.data,
      stage: 'invited',
      terms: new Set(),
      links: new Map(),
      secondFactors: new Map(),
      lock: undefined,
    };
  if (event.type === 'identity.user.forgotten') return { kind: 'forgotten' };
  return state.kind === 'registered' ? evolveKnown(state, event) : state;
}

function evolveKnown(
  state: KnownUser,
  event: Exclude<UserEvent, { type: 'identity.user.registered' | 'identity.user.forgotten' }>,
): KnownUser {
  switch (event.type) {
    case 'identity.user.details-changed':
      return { ...state, ...event.data };
    case 'identity.user.link-issued': {
      const { link, purpose, validUntil, email } = event.data;
      return { ...state, links: new Map(state.links).set(purpose, { link, validUntil, email }) };
    }
    case 'identity.user.activated':
      return {
        ...state,
        stage: state.stage === 'invited' ? 'activated' : state.stage,
        links: withoutLink(state, 'activation'),
      };
    case 'identity.user.password-set':
      return { ...state, stage: 'ready', links: withoutLink(state, 'password') };
    case 'identity.user.terms-accepted':
      return { ...state, terms: new Set(state.terms).add(event.data.version) };
    case 'identity.user.email-changed':
      // Links to the former address are of no use any more, an open one for a password above all.
      return { ...state, email: event.data.email, links: new Map() };
    case 'identity.user.second-factor-changed': {
      const { factor, change } = event.data;
      const before =
        factor === 'passkey' ? (state.secondFactors.get(factor) ?? 0) : Number(change !== 'added');
      const count = change === 'added' ? before + 1 : before - 1;
      const secondFactors = new Map(state.secondFactors).set(factor, count);
      if (count <= 0) secondFactors.delete(factor);
      return { ...state, secondFactors };
    }
    case 'identity.user.locked':
      return { ...state, lock: { until: event.data.until } };
    case 'identity.user.unlocked':
      return { ...state, lock: undefined };
  }
}

function withoutLink({ links }: KnownUser, purpose: LinkPurpose): KnownUser['links'] {
  return new Map([...links].filter(([other]) => other !== purpose));
}
