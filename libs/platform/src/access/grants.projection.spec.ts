import { describe, expect, it } from '@jest/globals';
import type { AccessEvent } from '@samspill/contracts';
import type { Recorded } from '@samspill/kernel';

import { grantsProjection, type GrantRow } from './grants.projection.js';

const [company, user, gateway, bureau] = ['c', 'u', 'g', 'b'].map(
  (letter) => `0193b5c0-7a10-7000-8000-00000000000${letter === 'u' || letter === 'g' ? '1' : letter}`,
);
const projection = grantsProjection('test');

function recorded(event: AccessEvent, stream: string, key: string): Recorded<AccessEvent> {
  const meta = {
    id: '',
    stream,
    version: 1,
    key,
    time: '',
    actor: 'user:x' as const,
    correlationId: '',
    causationId: '',
  };
  return { ...event, meta };
}

function rowAfter(stream: string, key: string, ...events: readonly AccessEvent[]): GrantRow | undefined {
  let row: GrantRow | undefined;
  for (const event of events) {
    const happened = recorded(event, stream, key);
    row = projection.project(row, happened);
    if (row) expect(row).toMatchObject(projection.key(happened) ?? {});
  }
  return row;
}

describe('the rows of grants', () => {
  if (!company || !user || !gateway || !bureau) throw new TypeError();
  const granted = (product: 'contacts' | 'crm', level: 'user' | 'admin'): AccessEvent => ({
    type: 'identity.role.granted',
    data: { company, user, product, level },
  });
  const revoked: AccessEvent = {
    type: 'identity.role.revoked',
    data: { company, user, product: 'contacts' },
  };
  const stream = `identity.role/${company}/${user}`;

  it('C22 hold a user’s roles of a company while there are any', () => {
    expect(rowAfter(stream, company, granted('contacts', 'user'), granted('crm', 'admin'))).toEqual({
      company,
      principal: user,
      kind: 'user',
      roles: { contacts: 'user', crm: 'admin' },
    });
    expect(
      rowAfter(stream, company, granted('contacts', 'user'), granted('contacts', 'admin'))?.roles,
    ).toEqual({
      contacts: 'admin',
    });
    expect(rowAfter(stream, company, granted('contacts', 'user'), revoked)).toBeUndefined();
    expect(rowAfter(stream, company, revoked)).toBeUndefined();
  });

  it('hold what an operator may do under the operator’s own id, since it is of no company', () =>
    expect(
      rowAfter(`identity.role/platform/${user}`, user, {
        type: 'identity.role.granted',
        data: { company: 'platform', user, product: 'operations', level: 'admin' },
      }),
    ).toEqual({ company: user, principal: user, kind: 'operator', roles: { operations: 'admin' } }));

  it('C22 hold that a user is locked until they are let in again, and nothing of a lock for a time', () => {
    const of = (...events: readonly AccessEvent[]) => rowAfter(`identity.user/${user}`, user, ...events);
    const locked: AccessEvent = { type: 'identity.user.locked', data: { reason: 'left' } };
    const guessedAt: AccessEvent = {
      type: 'identity.user.locked',
      data: { until: '2026-01-05T12:00:00.000Z', reason: 'attempts' },
    };
    const lock = { company: user, principal: `lock:${user}`, kind: 'lock', roles: {} };
    expect(of(locked)).toEqual(lock);
    expect(of(locked, guessedAt)).toEqual(lock);
    expect(of(guessedAt)).toBeUndefined();
    expect(of(locked, { type: 'identity.user.unlocked', data: { reason: 'back' } })).toBeUndefined();
  });

  it('hold a gateway from its pairing to its end, whether it is connected or not', () => {
    const of = (...events: readonly AccessEvent[]) =>
      rowAfter(`identity.gateway/${company}/${gateway}`, company, ...events);
    const offered: AccessEvent = {
      type: 'identity.gateway.pairing-offered',
      data: { name: 'A', secretHash: '', validUntil: '' },
    };
    const paired: AccessEvent = {
      type: 'identity.gateway.paired',
      data: { key: { kty: 'OKP', crv: 'Ed25519', x: '' } },
    };
    expect(of(offered)).toBeUndefined();
    expect(of(offered, paired)).toEqual({ company, principal: gateway, kind: 'gateway', roles: {} });
    expect(of(offered, paired, { type: 'identity.gateway.disconnected', data: {} })?.kind).toBe('gateway');
    expect(of(offered, paired, { type: 'identity.gateway.unpaired', data: {} })).toBeUndefined();
  });

  it('hold what a bureau may do, all of it anew each time, until it ends', () => {
    const of = (...events: readonly AccessEvent[]) =>
      rowAfter(`identity.delegation/${company}/${bureau}`, company, ...events);
    const given = (product: 'contacts' | 'crm'): AccessEvent => ({
      type: 'identity.delegation.given',
      data: { client: company, bureau, products: [{ product, level: 'user' }] },
    });
    expect(of(given('contacts'), given('crm'))).toEqual({
      company,
      principal: bureau,
      kind: 'bureau',
      roles: { crm: 'user' },
    });
    expect(
      of(given('crm'), { type: 'identity.delegation.ended', data: { client: company, bureau } }),
    ).toBeUndefined();
  });
});
