import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { accessOf, NO_ACCESS, type GrantOfCaller } from './access.js';
import type { Caller } from './access-tokens.js';
import { countedAccess, verdictOf, type Asked } from './allowed.js';
import {
  anyone,
  companyAdministrator,
  companyGateway,
  companyMember,
  companyRole,
  operator,
  signedIn,
  someAdministrator,
  userThemself,
  type Permission,
} from './permission.js';

const anna: Caller = { id: 'anna', kind: 'user', mayAdminister: true };
const gateway: Caller = { id: 'gateway', kind: 'client', mayAdminister: true };
const [own, other, bureau] = ['own', 'other', 'bureau'];
const role = (company: string, roles: GrantOfCaller['roles']): GrantOfCaller => ({
  company,
  principal: anna.id,
  kind: 'user',
  roles,
});
const delegated = (company: string, roles: GrantOfCaller['roles']): GrantOfCaller => ({
  company,
  principal: bureau,
  kind: 'bureau',
  roles,
});
const ofAnna = (permission: Permission, rows: readonly GrantOfCaller[], asked: Asked = { company: own }) =>
  verdictOf([permission], anna, accessOf(anna.id, rows), asked);

describe('what a caller may do', () => {
  it('C14 C21 W33 is what a role of the company says: by product and level', () => {
    const user = [role(own, { contacts: 'user' })];
    expect(ofAnna(companyRole('contacts', 'user'), user)).toBe('allowed');
    expect(ofAnna(companyRole('contacts', 'admin'), user)).toBe('forbidden');
    expect(ofAnna(companyRole('webfaktura', 'user'), user)).toBe('forbidden');
    expect(ofAnna(companyRole('contacts', 'user'), [role(own, { contacts: 'admin' })])).toBe('allowed');
    expect(ofAnna(companyMember, user)).toBe('allowed');
    expect(ofAnna(companyAdministrator, user)).toBe('forbidden');
  });

  it('is nothing for who is locked, whatever their roles', () => {
    const lock: GrantOfCaller = { company: anna.id, principal: `lock:${anna.id}`, kind: 'lock', roles: {} };
    const rows = [role(own, { contacts: 'admin', administration: 'admin' }), lock];
    for (const permission of [companyMember, signedIn, someAdministrator, userThemself])
      expect(ofAnna(permission, rows, { company: own, user: anna.id })).toBe('locked');
  });

  it('of a company that is not theirs is nothing, and it looks as if there were none', () => {
    const rows = [role(own, { contacts: 'admin' })];
    for (const permission of [
      companyMember,
      companyAdministrator,
      companyRole('contacts', 'user'),
      companyGateway,
    ])
      expect(ofAnna(permission, rows, { company: other })).toBe('hidden');
    expect(ofAnna(operator('user'), rows, {})).toBe('forbidden');
  });

  it('W1 as one of a bureau is what its client lets the bureau do, and no more than at the bureau', () => {
    const at = (level: 'user' | 'admin') => role(bureau, { webfaktura: level, contacts: level });
    expect(
      ofAnna(companyRole('webfaktura', 'admin'), [at('admin'), delegated(own, { webfaktura: 'admin' })]),
    ).toBe('allowed');
    expect(
      ofAnna(companyRole('webfaktura', 'admin'), [at('admin'), delegated(own, { webfaktura: 'user' })]),
    ).toBe('forbidden');
    expect(
      ofAnna(companyRole('webfaktura', 'admin'), [at('user'), delegated(own, { webfaktura: 'admin' })]),
    ).toBe('forbidden');
    expect(
      ofAnna(companyRole('contacts', 'user'), [at('admin'), delegated(own, { webfaktura: 'admin' })]),
    ).toBe('forbidden');
    expect(ofAnna(companyMember, [delegated(own, { webfaktura: 'admin' })])).toBe('hidden');
  });

  it('as a gateway is for its company, and under its own name', () => {
    const access = accessOf(gateway.id, [
      { company: own, principal: gateway.id, kind: 'gateway', roles: {} },
    ]);
    const verdict = (permission: Permission, asked: Asked) => verdictOf([permission], gateway, access, asked);
    expect(verdict(companyGateway, { company: own })).toBe('allowed');
    expect(verdict(companyGateway, { company: own, gateway: gateway.id })).toBe('allowed');
    expect(verdict(companyGateway, { company: own, gateway: 'another' })).toBe('forbidden');
    expect(verdict(companyMember, { company: own })).toBe('forbidden');
    expect(verdict(companyGateway, { company: other })).toBe('hidden');
    expect(verdict(signedIn, {})).toBe('forbidden');
  });

  it('as an operator is what operators do, at their level', () => {
    const access = accessOf(anna.id, [
      { company: anna.id, principal: anna.id, kind: 'operator', roles: { operations: 'user' } },
    ]);
    expect(verdictOf([operator('user')], anna, access, {})).toBe('allowed');
    expect(verdictOf([operator('admin')], anna, access, {})).toBe('forbidden');
    expect(verdictOf([companyMember], anna, access, { company: own })).toBe('hidden');
    expect(verdictOf([companyMember, operator('user')], anna, access, { company: own })).toBe('allowed');
  });

  it('is nothing of what administrators and operators may do without a second factor, and all the rest', () => {
    const unsure: Caller = { ...anna, mayAdminister: false };
    const access = accessOf(anna.id, [
      role(own, { administration: 'admin', contacts: 'user' }),
      role(other, { administration: 'admin' }),
      { company: anna.id, principal: anna.id, kind: 'operator', roles: { operations: 'admin' } },
    ]);
    const verdict = (permission: Permission, company = own) =>
      verdictOf([permission], unsure, access, { company });
    expect(verdict(companyAdministrator)).toBe('second-factor-needed');
    expect(verdict(operator('user'))).toBe('second-factor-needed');
    expect(verdict(someAdministrator)).toBe('second-factor-needed');
    expect(verdict(companyMember, other)).toBe('second-factor-needed');
    expect(verdict(companyMember)).toBe('allowed');
    expect(verdict(companyRole('contacts', 'user'))).toBe('allowed');
    expect(verdict(companyRole('crm', 'user'))).toBe('forbidden');
    expect(verdict(companyMember, bureau)).toBe('hidden');
    expect([...countedAccess(unsure, access).companies.keys()]).toEqual([own]);
    expect(countedAccess(anna, access)).toBe(access);
  });

  it('is nothing without a grant, whatever is asked', () => {
    const permission = fc.constantFrom(
      companyMember,
      companyAdministrator,
      companyGateway,
      companyRole('crm', 'user'),
      operator('user'),
    );
    fc.assert(
      fc.property(
        fc.array(permission, { minLength: 1 }),
        fc.string(),
        fc.boolean(),
        (anyOf, company, isUser) => {
          const caller: Caller = isUser ? anna : gateway;
          expect(verdictOf(anyOf, caller, NO_ACCESS, { company })).toBe('hidden');
          expect(verdictOf(anyOf, caller, NO_ACCESS, {})).toBe('forbidden');
        },
      ),
    );
    expect(verdictOf([signedIn], anna, NO_ACCESS, {})).toBe('allowed');
    expect(verdictOf([anyone('a test')], anna, NO_ACCESS, {})).toBe('allowed');
  });

  it('is what concerns themself, and the registering of people for who administers any company', () => {
    expect(verdictOf([userThemself], anna, NO_ACCESS, { user: anna.id })).toBe('allowed');
    expect(verdictOf([userThemself], anna, NO_ACCESS, { user: 'bo' })).toBe('forbidden');
    expect(ofAnna(someAdministrator, [role(other, { administration: 'admin' })], {})).toBe('allowed');
    expect(ofAnna(someAdministrator, [role(other, { administration: 'user' })], {})).toBe('forbidden');
  });

  it('does not hang on the order in which grants come', () => {
    const rows = [
      role(own, { contacts: 'user' }),
      role(bureau, { contacts: 'admin', webfaktura: 'user' }),
      delegated(own, { contacts: 'admin', webfaktura: 'admin' }),
      delegated(other, { contacts: 'user' }),
    ];
    const shown = (some: readonly GrantOfCaller[]) =>
      [...accessOf(anna.id, some).companies]
        .map(([company, { roles }]) => [company, ...[...roles].map(String).sort()].join(' '))
        .sort();
    fc.assert(
      fc.property(fc.shuffledSubarray(rows, { minLength: rows.length }), (shuffled) => {
        expect(shown(shuffled)).toEqual(shown(rows));
      }),
    );
    expect(shown(rows)).toEqual([
      'bureau contacts,admin webfaktura,user',
      'other contacts,user',
      'own contacts,admin webfaktura,user',
    ]);
  });
});
