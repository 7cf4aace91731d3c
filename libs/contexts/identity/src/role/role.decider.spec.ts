import { describe, it } from '@jest/globals';
import type { RoleEvent } from '@samspill/contracts';
import { specificationOf } from '@samspill/testing';
import { roleDecider, type RoleSubject } from './role.decider.js';

const given = specificationOf(roleDecider);
const of: RoleSubject = {
  company: '0193b5c0-7a10-7000-8000-00000000cafe',
  user: '0193b5c0-7a11-7000-8000-000000000001',
  product: 'contacts',
};
const granted = (level: 'user' | 'admin'): RoleEvent => ({
  type: 'identity.role.granted',
  data: { ...of, level },
});
const revoked: RoleEvent = { type: 'identity.role.revoked', data: of };

describe('a role', () => {
  it('C21 C22 is given, and taken', () => {
    given().when({ kind: 'grant', of, level: 'user' }).then(granted('user'));
    given(granted('user')).when({ kind: 'revoke', of }).then(revoked);
    given(granted('user'), revoked).when({ kind: 'grant', of, level: 'user' }).then(granted('user'));
  });

  it('W33 has another level in the place of the one before', () =>
    given(granted('user')).when({ kind: 'grant', of, level: 'admin' }).then(granted('admin')));

  it('given or taken again does nothing', () => {
    given(granted('user')).when({ kind: 'grant', of, level: 'user' }).then();
    given().when({ kind: 'revoke', of }).then();
    given(granted('user'), revoked).when({ kind: 'revoke', of }).then();
  });
});
