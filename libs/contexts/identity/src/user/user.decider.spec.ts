import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { LinkPurpose, UserEvent } from '@samspill/contracts';
import { fold, isRejection } from '@samspill/kernel';
import { specificationOf } from '@samspill/testing';
import { isLocked } from './is-locked.js';
import { userDecider, type UserCommand, type UserDetails } from './user.decider.js';

const given = specificationOf(userDecider);
const FIRST = '01989a2e-6f3a-7c52-9d0f-3f1c0a7b5e11';
const SECOND = '01989a2e-6f3a-7c52-9d0f-3f1c0a7b5e12';
const NOON = '2026-01-08T12:00:00.000Z';
const LATER = '2026-01-08T12:00:01.000Z';
const details: UserDetails = { firstName: 'Åse', lastName: 'Kjær', email: 'ase@example.no', language: 'nb' };

const registered: UserEvent = { type: 'identity.user.registered', data: details };
const activated: UserEvent = { type: 'identity.user.activated', data: {} };
const passwordSet: UserEvent = { type: 'identity.user.password-set', data: { how: 'first' } };
const forgotten: UserEvent = { type: 'identity.user.forgotten', data: { reason: 'case 17' } };
const issued = (purpose: LinkPurpose, link: string, email = details.email): UserEvent => ({
  type: 'identity.user.link-issued',
  data: { link, purpose, validUntil: NOON, email, firstName: 'Åse', language: 'nb' },
});
const follow = (
  kind: 'activate' | 'change-email' | 'set-password',
  link: string,
  at = '2026-01-08T11:00:00Z',
) => ({ kind, link, at }) satisfies UserCommand;

describe('a user', () => {
  it('C16 C18 is registered with first name, last name and the e-mail address that is the user name', () =>
    given().when({ kind: 'register', details }).then(registered));

  it('W26 is activated by the link', () =>
    given(registered, issued('activation', FIRST)).when(follow('activate', FIRST)).then(activated));

  it('W26 is activated by a link once, by the last one only, and in time only', () => {
    given(registered, issued('activation', FIRST), activated)
      .when(follow('activate', FIRST))
      .thenRejected('link.unusable');
    given(registered, issued('activation', FIRST), issued('activation', SECOND))
      .when(follow('activate', FIRST))
      .thenRejected('link.unusable');
    given(registered, issued('activation', FIRST))
      .when(follow('activate', FIRST, LATER))
      .thenRejected('link.unusable');
  });

  it('W26 who is activated gets no other link to activate', () =>
    given(registered, activated)
      .when({ kind: 'issue-link', link: FIRST, purpose: 'activation', validUntil: NOON })
      .thenRejected('user.active'));

  it('W27 sets the first password by a link, and shows by it that the address is theirs', () => {
    given(registered, activated, issued('password', FIRST))
      .when(follow('set-password', FIRST))
      .then(passwordSet);
    given(registered, issued('password', FIRST))
      .when(follow('set-password', FIRST))
      .then(activated, passwordSet);
  });

  it('sets another password by another link, and by the same one no more', () => {
    const before = [registered, activated, issued('password', FIRST), passwordSet];
    given(...before)
      .when(follow('set-password', FIRST))
      .thenRejected('link.unusable');
    given(...before, issued('password', SECOND))
      .when(follow('set-password', SECOND))
      .then({ type: 'identity.user.password-set', data: { how: 'reset' } });
  });

  it('W30 accepts a version of the terms once', () => {
    const accepted: UserEvent = { type: 'identity.user.terms-accepted', data: { version: '1' } };
    given(registered).when({ kind: 'accept-terms', version: '1' }).then(accepted);
    given(registered, accepted).when({ kind: 'accept-terms', version: '1' }).then();
  });

  it('changes the address when the new one has shown itself to be theirs, and links to the former are of no use then', () => {
    const asked = [registered, issued('password', SECOND), issued('email', FIRST, 'ase@firma.no')];
    const changed: UserEvent = {
      type: 'identity.user.email-changed',
      data: { email: 'ase@firma.no', before: details.email },
    };
    given(...asked)
      .when(follow('change-email', FIRST))
      .then(changed);
    given(...asked, changed)
      .when(follow('set-password', SECOND))
      .thenRejected('link.unusable');
  });

  it('is forgotten, once, and is nobody from then on', () => {
    given(registered).when({ kind: 'forget', reason: 'case 17' }).then(forgotten);
    given(registered, forgotten).when({ kind: 'forget', reason: 'again' }).then();
    given(registered, forgotten).when({ kind: 'change-password' }).thenRejected('user.not-found');
  });

  it('is locked until a time, or until somebody unlocks them', () => {
    const until: UserEvent = { type: 'identity.user.locked', data: { until: NOON, reason: 'attempts' } };
    const locked = (...events: readonly UserEvent[]): ((at: string) => boolean) => {
      const state = fold<ReturnType<typeof userDecider.initial>, UserEvent>(userDecider, [
        registered,
        ...events,
      ]);
      return (at) => state.kind === 'registered' && isLocked(state, new Date(at));
    };
    expect([locked(until)('2026-01-08T11:59:00Z'), locked(until)(LATER)]).toEqual([true, false]);
    const forGood: UserEvent = { type: 'identity.user.locked', data: { reason: 'left' } };
    expect(locked(forGood)(LATER)).toBe(true);
    expect(locked(forGood, { type: 'identity.user.unlocked', data: { reason: 'back' } })(LATER)).toBe(false);
  });

  it('a lock for a time takes the place of no lock without an end, nor of one that lasts longer', () => {
    const lock = (until?: string) => ({ ...(until !== undefined && { until }), reason: 'attempts' });
    const locked = (until?: string): UserEvent => ({ type: 'identity.user.locked', data: lock(until) });
    given(registered, locked())
      .when({ kind: 'lock', ...lock(LATER) })
      .then();
    given(registered, locked(LATER))
      .when({ kind: 'lock', ...lock(NOON) })
      .then();
    given(registered, locked(NOON))
      .when({ kind: 'lock', ...lock(LATER) })
      .then(locked(LATER));
    given(registered, locked(NOON))
      .when({ kind: 'lock', ...lock() })
      .then(locked());
  });

  it('W26 uses each link at most once, whatever comes in between', () => {
    const purpose = fc.constantFrom<LinkPurpose>('activation', 'password', 'email');
    const step = fc.oneof(
      fc.record({ kind: fc.constant('issue' as const), purpose, link: fc.constantFrom(FIRST, SECOND) }),
      fc.record({
        kind: fc.constantFrom('activate' as const, 'set-password' as const, 'change-email' as const),
        link: fc.constantFrom(FIRST, SECOND),
      }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        const events: UserEvent[] = [registered];
        const open = new Set<string>();
        for (const each of steps) {
          const state = fold<ReturnType<typeof userDecider.initial>, UserEvent>(userDecider, events);
          const command: UserCommand =
            each.kind === 'issue'
              ? { kind: 'issue-link', link: each.link, purpose: each.purpose, validUntil: NOON }
              : follow(each.kind, each.link);
          const decided = userDecider.decide(command, state);
          if (isRejection(decided)) continue;
          const used = each.kind === 'issue' ? undefined : `${USES[each.kind]} ${each.link}`;
          if (used !== undefined) expect(open.delete(used)).toBe(true);
          else if (each.kind === 'issue') open.add(`${each.purpose} ${each.link}`);
          events.push(...decided);
        }
      }),
    );
  });
});

const USES = { activate: 'activation', 'set-password': 'password', 'change-email': 'email' } as const;
