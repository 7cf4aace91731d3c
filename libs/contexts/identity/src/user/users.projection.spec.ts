import { describe, expect, it } from '@jest/globals';
import type { UserEvent } from '@samspill/contracts';
import type { Recorded } from '@samspill/kernel';
import { userStream } from './user-stream.js';
import { usersProjection, type UsersRow } from './users.projection.js';

const ID = '01989a2e-6f3a-7c52-9d0f-3f1c0a7b5e11';

function project(...events: readonly UserEvent[]): UsersRow | undefined {
  let row: UsersRow | undefined;
  for (const [index, event] of events.entries()) {
    const time = `2026-01-0${index + 1}T00:00:00.000Z`;
    const meta = { id: ID, stream: userStream(ID), version: index + 1, key: ID, time } as const;
    const recorded: Recorded<UserEvent> = {
      ...event,
      meta: { ...meta, actor: 'user:local', correlationId: 'c', causationId: 'c' },
    };
    row = usersProjection.project(row, recorded);
  }
  return row;
}

const registered: UserEvent = {
  type: 'identity.user.registered',
  data: { firstName: 'Åse', lastName: 'Kjær', email: 'Ase@Example.no', language: 'sv' },
};

describe('the list of users', () => {
  it('C16 shows names, address and how far they have come', () => {
    expect(project(registered)).toMatchObject({
      user_id: ID,
      first_name: 'Åse',
      last_name: 'Kjær',
      email: 'Ase@Example.no',
      email_key: 'ase@example.no',
      sort_name: 'kjaer ase',
      stage: 'invited',
      registered_at: '2026-01-01T00:00:00.000Z',
    });
    expect(
      project(
        registered,
        { type: 'identity.user.activated', data: {} },
        { type: 'identity.user.password-set', data: { how: 'first' } },
        { type: 'identity.user.terms-accepted', data: { version: '1' } },
        { type: 'identity.user.second-factor-changed', data: { factor: 'totp', change: 'added' } },
        { type: 'identity.user.email-changed', data: { email: 'ase@firma.no', before: 'Ase@Example.no' } },
        { type: 'identity.user.locked', data: { reason: 'left' } },
      ),
    ).toMatchObject({
      stage: 'ready',
      terms: ['1'],
      second_factors: ['totp'],
      email_key: 'ase@firma.no',
      is_locked: true,
      changed_at: '2026-01-07T00:00:00.000Z',
    });
  });

  it('counts passkeys, of which there may be several', () => {
    const change = (factor: 'passkey' | 'totp', done: 'added' | 'removed'): UserEvent => {
      return { type: 'identity.user.second-factor-changed', data: { factor, change: done } };
    };
    const both = [change('passkey', 'added'), change('totp', 'added'), change('passkey', 'added')];
    expect(project(registered, ...both)?.second_factors).toEqual(['passkey', 'totp', 'passkey']);
    expect(project(registered, ...both, change('passkey', 'removed'))?.second_factors).toEqual([
      'totp',
      'passkey',
    ]);
    expect(project(registered, ...both, change('totp', 'removed'))?.second_factors).toEqual([
      'passkey',
      'passkey',
    ]);
  });

  it('keeps nothing of the forgotten', () => {
    expect(
      project(registered, { type: 'identity.user.forgotten', data: { reason: 'case 17' } }),
    ).toBeUndefined();
  });
});
