import { describe, it } from '@jest/globals';
import type { CompanyDetails } from '@samspill/contracts';
import { specificationOf } from '@samspill/testing';
import { activated, facts, licensed, NOW } from '../set-up/set-up.specification.js';
import { companyDecider, type CompanyCommand, type CompanyStreamEvent } from './company.decider.js';

const given = specificationOf(companyDecider);

const details: CompanyDetails = {
  name: 'Fjord Handel AS',
  organisationNumber: '923609016',
  country: 'NO',
  address: { lines: ['Storgata 1'], postcode: '5003', town: 'Bergen', country: 'NO' },
};
const renamed: CompanyDetails = { ...details, name: 'Fjord Nord AS' };
const registered: CompanyStreamEvent = { type: 'identity.company.registered', data: details };
const detailsChanged: CompanyStreamEvent = { type: 'identity.company.details-changed', data: renamed };
const enabled: CompanyStreamEvent = { type: 'identity.company.sync-enabled', data: { product: 'contacts' } };
const disabled: CompanyStreamEvent = {
  type: 'identity.company.sync-disabled',
  data: { product: 'contacts' },
};
const register: CompanyCommand = { kind: 'register', details };
const rename: CompanyCommand = { kind: 'change-details', name: renamed.name, address: details.address };
const switchTo = (isOn: boolean): CompanyCommand => ({
  kind: 'switch-synchronisation',
  product: 'contacts',
  isOn,
  facts: facts(),
});
/** All that has to be done before synchronisation can be switched on. */
const ready = [registered, licensed('contacts'), activated];
const administeredBy = (...administrators: readonly string[]): CompanyStreamEvent => ({
  type: 'identity.company.administrators-changed',
  data: { administrators: [...administrators] },
});

describe('a company', () => {
  it('C12 is registered with its details', () => given().when(register).then(registered));

  it('is registered once, however often the same registration comes', () =>
    given(registered).when(register).then());

  it('is known by its registration after its details have changed', () =>
    given(registered, detailsChanged).when(register).then());

  it('cannot be registered over with other details', () =>
    given(registered)
      .when({ kind: 'register', details: renamed })
      .thenRejected('company.exists', [{ pointer: '/id', code: 'company-id.taken' }]));

  it('changes its details, carrying all of them', () => given(registered).when(rename).then(detailsChanged));

  it('says nothing when its details stay as they are', () =>
    given(registered, detailsChanged).when(rename).then());

  it('C10 cannot be changed before it is registered', () =>
    given()
      .when(rename)
      .thenRejected('company.not-found', [{ pointer: '', code: 'prerequisite.company-registered' }]));
});

describe('the synchronisation of a company', () => {
  it('C26 is switched on for the company', () =>
    given(...ready)
      .when(switchTo(true))
      .then(enabled));

  it('C28 is switched off, and on again', () => {
    given(...ready, enabled)
      .when(switchTo(false))
      .then(disabled);
    given(...ready, enabled, disabled)
      .when(switchTo(true))
      .then(enabled);
  });

  it('can be switched to what it is without anything happening', () => {
    given(registered).when(switchTo(false)).then();
    given(registered, enabled).when(switchTo(true)).then();
  });

  it('stays as it is when details change', () =>
    given(...ready, enabled, detailsChanged)
      .when(switchTo(true))
      .then());

  it('C10 C25 cannot be switched on before the company is registered, and the refusal names that step', () =>
    given()
      .when(switchTo(true))
      .thenRejected('company.not-found', [{ pointer: '', code: 'prerequisite.company-registered' }]));

  it('C25 cannot be switched on before every earlier step is done, and the refusal names all that are missing', () => {
    const nobody = facts({ gateways: [], accessibleProducts: new Set() });
    given(registered)
      .when({ kind: 'switch-synchronisation', product: 'contacts', isOn: true, facts: nobody })
      .thenRejected(
        'synchronisation.prerequisites-missing',
        [
          'licence',
          'integration-activated',
          'gateway-paired',
          'gateway-connected',
          'gateway-version',
          'erp-version',
          'user-with-role',
        ].map((step) => ({ pointer: '', code: `prerequisite.${step}` })),
      );
  });

  it('ends with the licence', () => {
    const revoked: CompanyStreamEvent = { type: 'identity.licence.revoked', data: { product: 'contacts' } };
    const expired: CompanyStreamEvent = { type: 'identity.licence.expired', data: { product: 'contacts' } };
    given(...ready, enabled)
      .when({ kind: 'revoke-licence', product: 'contacts' })
      .then(revoked, disabled);
    given(...ready)
      .when({ kind: 'revoke-licence', product: 'contacts' })
      .then(revoked);
    given(registered, licensed('contacts', NOW.toISOString()), enabled)
      .when({ kind: 'expire-licences', now: NOW })
      .then(expired, disabled);
    given(...ready, enabled)
      .when({ kind: 'expire-licences', now: NOW })
      .then();
  });
});

describe('the licence of a company', () => {
  const grant = (licence: string, validUntil?: string): CompanyCommand => ({
    kind: 'grant-licence',
    product: 'contacts',
    licence: { licence, ...(validUntil !== undefined && { validUntil }) },
    now: NOW,
  });

  it('is granted, and again only where something is new', () => {
    given(registered).when(grant('Visma online 1')).then(licensed('contacts'));
    given(registered, licensed('contacts')).when(grant('Visma online 1')).then();
  });

  it.each(['RGfirm.slf', 'rgfirm.SLF', String.raw`C:\Visma\RGfirm.slf`, '/mnt/visma/RGfirm.slf '])(
    'C3 is refused where it is the offline file (%s)',
    (licence) =>
      given(registered)
        .when(grant(licence))
        .thenRejected('licence.offline', [{ pointer: '/licence', code: 'licence.offline' }]),
  );

  it('is refused where it has ended already', () =>
    given(registered)
      .when(grant('Visma online 1', NOW.toISOString()))
      .thenRejected('licence.ended', [{ pointer: '/validUntil', code: 'licence.ended' }]));
});

describe('the administrators of a company', () => {
  const [anna, bo] = ['0193b5c0-7a11-7000-8000-00000000000a', '0193b5c0-7a11-7000-8000-00000000000b'];

  it('come and go', () => {
    given(registered).when({ kind: 'make-administrator', user: anna }).then(administeredBy(anna));
    given(registered, administeredBy(anna))
      .when({ kind: 'make-administrator', user: bo })
      .then(administeredBy(anna, bo));
    given(registered, administeredBy(anna, bo))
      .when({ kind: 'remove-administrator', user: anna })
      .then(administeredBy(bo));
    given(registered, administeredBy(anna)).when({ kind: 'remove-administrator', user: bo }).then();
  });

  it('are never none, once there was one', () =>
    given(registered, administeredBy(anna))
      .when({ kind: 'remove-administrator', user: anna })
      .thenRejected('role.last-administrator'));
});
