import { describe, expect, it } from '@jest/globals';
import type { CompanyProduct, GatewayReport } from '@samspill/contracts';
import { fold } from '@samspill/kernel';
import { companyDecider, type CompanyStreamEvent } from '../company/company.decider.js';
import { setUpOf, type SetUpFacts } from './set-up.js';
import { activated, COMPANY, facts, licensed, NOW } from './set-up.specification.js';

const registered: CompanyStreamEvent = {
  type: 'identity.company.registered',
  data: {
    name: 'Fjord Handel AS',
    organisationNumber: '923609016',
    country: 'NO',
    address: { lines: [], postcode: '5003', country: 'NO' },
  },
};
const exported: CompanyStreamEvent = {
  type: 'identity.company.product-added',
  data: { product: 'webfaktura' },
};
const switchedOn: CompanyStreamEvent = {
  type: 'identity.company.sync-enabled',
  data: { product: 'contacts' },
};

function guide(product: CompanyProduct, events: readonly CompanyStreamEvent[], around: SetUpFacts = facts()) {
  const company = fold(companyDecider, [registered, ...events]);
  if (company.kind !== 'registered') throw new TypeError('not registered');
  return setUpOf(product, company, around);
}

function missing(product: CompanyProduct, events: readonly CompanyStreamEvent[], around?: SetUpFacts) {
  return guide(product, events, around)
    .steps.filter(({ state }) => state === 'missing')
    .map(({ prerequisite }) => prerequisite);
}

function reporting(report: Partial<GatewayReport>): SetUpFacts {
  return facts({
    gateways: facts().gateways.map((gateway) => ({
      ...gateway,
      report: { gatewayVersion: '5.3', erp: { product: 'visma-global', version: '13.02' }, ...report },
    })),
  });
}

describe('the set-up guide of contacts', () => {
  const ready = [licensed('contacts'), activated];

  it('C2 W35 names every step of a company that was just registered, in the order in which they are done', () => {
    const nothing = facts({ gateways: [], accessibleProducts: new Set() });
    expect(missing('contacts', [], nothing)).toEqual([
      'licence',
      'integration-activated',
      'gateway-paired',
      'gateway-connected',
      'gateway-version',
      'erp-version',
      'user-with-role',
      'synchronisation-on',
    ]);
    for (const { why, next, state } of guide('contacts', [], nothing).steps) {
      expect(why).not.toBe('');
      if (state === 'missing') expect(next?.path).toContain(`/api/identity/v1/companies/${COMPANY}/`);
    }
  });

  it('C25 is complete when every step is done and synchronisation is on', () => {
    expect(missing('contacts', ready)).toEqual(['synchronisation-on']);
    expect(guide('contacts', [...ready, switchedOn]).isComplete).toBe(true);
  });

  it('C3 does not count a licence that has ended, and says when it did', () => {
    const ended = guide('contacts', [licensed('contacts', '2026-02-01T00:00:00.000Z'), activated]);
    expect(ended.steps.find(({ prerequisite }) => prerequisite === 'licence')).toMatchObject({
      state: 'missing',
      found: 'The licence ended at 2026-02-01T00:00:00.000Z.',
    });
    expect(missing('contacts', [licensed('contacts', '2027-01-01T00:00:00.000Z'), activated])).toEqual([
      'synchronisation-on',
    ]);
  });

  it.each<[string, Partial<GatewayReport>, readonly string[]]>([
    ['C5 a gateway that is too old', { gatewayVersion: '5.2' }, ['gateway-version']],
    [
      'C6 a Visma Global that is too old',
      { erp: { product: 'visma-global', version: '9.9' } },
      ['erp-version'],
    ],
    ['C6 a business system that it does not know', { erp: { product: 'x', version: '99' } }, ['erp-version']],
  ])('%s is missing, with what there is', (_what, report, expected) => {
    const around = reporting(report);
    expect(missing('contacts', [...ready, switchedOn], around)).toEqual(expected);
    const step = guide('contacts', ready, around).steps.find(
      ({ prerequisite }) => prerequisite === expected[0],
    );
    expect(step?.found).toMatch(/5\.2|9\.9|99/);
  });

  it('W13 tells a gateway that is not there from one that is not connected', () => {
    const gone = facts({ gateways: facts().gateways.map((gateway) => ({ ...gateway, isConnected: false })) });
    expect(missing('contacts', [...ready, switchedOn], gone)).toEqual(['gateway-connected']);
    expect(missing('contacts', [...ready, switchedOn], facts({ gateways: [] }))).toEqual([
      'gateway-paired',
      'gateway-connected',
      'gateway-version',
      'erp-version',
    ]);
  });

  it('W13 takes the gateway that is the furthest, where there are several', () => {
    const [gateway] = facts().gateways;
    if (!gateway) throw new TypeError();
    const old = { ...gateway, isConnected: false, report: undefined };
    expect(missing('contacts', [...ready, switchedOn], facts({ gateways: [old, gateway, old] }))).toEqual([]);
  });
});

describe('users of the business system in the set-up guide', () => {
  const ready = [licensed('contacts'), activated, switchedOn];
  const reported = (linked: number): Partial<SetUpFacts> => {
    return { erpUsers: { reported: 5, linked, unlinked: 5 - linked }, accessibleProducts: new Set() };
  };
  const found = (around: Partial<SetUpFacts>): string =>
    guide('contacts', ready, facts(around)).steps.find(
      ({ prerequisite }) => prerequisite === 'erp-users-linked',
    )?.found ?? '';

  it('C17 are missing while none of them is linked to an employee with an address, and are always counted', () => {
    expect(missing('contacts', ready, facts(reported(0)))).toEqual(['erp-users-linked', 'user-with-role']);
    expect(missing('contacts', ready, facts(reported(1)))).toEqual(['user-with-role']);
    expect(found(reported(1))).toMatch(/Of 5 .* 1 can be registered .* 4 are linked to no employee/);
  });

  it('C17 keep nobody out whose people were registered without them', () => {
    expect(
      missing('contacts', ready, facts({ ...reported(0), accessibleProducts: new Set(['contacts']) })),
    ).toEqual([]);
    expect(missing('contacts', ready)).toEqual([]);
    expect(found({})).toMatch(/reported no users/);
  });
});

describe('the set-up guide of WebFaktura', () => {
  it('W9 wants the company exported for it, although it uses other services', () =>
    expect(missing('webfaktura', [licensed('webfaktura'), activated, switchedOn])).toEqual([
      'product-added',
    ]));

  it('W10 names each missing half: the product, and somebody who may use it', () => {
    const nobody = facts({ accessibleProducts: new Set(['contacts']) });
    expect(missing('webfaktura', [licensed('webfaktura'), activated], nobody)).toEqual([
      'product-added',
      'user-with-role',
    ]);
    expect(missing('webfaktura', [licensed('webfaktura'), activated, exported])).toEqual([]);
  });

  it('W3 W31 counts the licence of a bureau that acts for the company, and no licence of another product', () => {
    const bureau = [{ product: 'webfaktura' as const, licence: { licence: 'WebFaktura Visma.net' } }];
    expect(missing('webfaktura', [activated, exported], facts({ bureauLicences: bureau }))).toEqual([]);
    expect(missing('webfaktura', [licensed('contacts'), activated, exported])).toEqual(['licence']);
  });

  it.each<[string, Partial<GatewayReport>, readonly string[]]>([
    ['W4 Visma Business 11', { erp: { product: 'visma-business', version: '11.9' } }, ['erp-version']],
    ['W4 Visma Global 13.01', { erp: { product: 'visma-global', version: '13.01' } }, ['erp-version']],
    ['W4 Visma Business 12', { erp: { product: 'visma-business', version: '12' } }, []],
    ['W5 WebFaktura Admin 2.1', { webfakturaAdmin: '2.1.9' }, ['webfaktura-admin-version']],
  ])('%s', (_what, report, expected) => {
    const around = reporting({ webfakturaAdmin: '2.2.1', ...report });
    expect(missing('webfaktura', [licensed('webfaktura'), activated, exported], around)).toEqual(expected);
  });

  it('W5 says where WebFaktura Admin has not been reported', () =>
    expect(missing('webfaktura', [licensed('webfaktura'), activated, exported], reporting({}))).toEqual([
      'webfaktura-admin-version',
    ]));

  it('has its licence end by the clock', () =>
    expect(missing('webfaktura', [licensed('webfaktura', NOW.toISOString()), activated, exported])).toEqual([
      'licence',
    ]));
});
