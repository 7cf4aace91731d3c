import { describe, expect, it } from '@jest/globals';
import type { CompanyDetails, CompanyEvent } from '@samspill/contracts';
import { isCompanyId } from '@samspill/kernel';
import { specificationOf } from '@samspill/testing';
import { companyDecider, type CompanyCommand } from './company.decider.js';
import { setUpOf } from './set-up.js';

const given = specificationOf(companyDecider);

const details: CompanyDetails = {
  name: 'Fjord Handel AS',
  organisationNumber: '923609016',
  country: 'NO',
  address: { lines: ['Storgata 1'], postcode: '5003', town: 'Bergen', country: 'NO' },
};
const renamed: CompanyDetails = { ...details, name: 'Fjord Nord AS' };
const registered: CompanyEvent = { type: 'identity.company.registered', data: details };
const detailsChanged: CompanyEvent = { type: 'identity.company.details-changed', data: renamed };
const enabled: CompanyEvent = { type: 'identity.company.sync-enabled', data: { product: 'contacts' } };
const disabled: CompanyEvent = { type: 'identity.company.sync-disabled', data: { product: 'contacts' } };
const register: CompanyCommand = { kind: 'register', details };
const rename: CompanyCommand = { kind: 'change-details', name: renamed.name, address: details.address };
const switchTo = (isOn: boolean): CompanyCommand => ({
  kind: 'switch-synchronisation',
  product: 'contacts',
  isOn,
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
  it('C26 is switched on for the company', () => given(registered).when(switchTo(true)).then(enabled));

  it('C28 is switched off, and on again', () => {
    given(registered, enabled).when(switchTo(false)).then(disabled);
    given(registered, enabled, disabled).when(switchTo(true)).then(enabled);
  });

  it('can be switched to what it is without anything happening', () => {
    given(registered).when(switchTo(false)).then();
    given(registered, enabled).when(switchTo(true)).then();
  });

  it('stays as it is when details change', () =>
    given(registered, enabled, detailsChanged).when(switchTo(true)).then());

  it('C10 C25 cannot be switched on before the company is registered, and the refusal names that step', () =>
    given()
      .when(switchTo(true))
      .thenRejected('company.not-found', [{ pointer: '', code: 'prerequisite.company-registered' }]));
});

describe('the set-up of a company', () => {
  const id = '0193b5c0-7a10-7000-8000-00000000cafe';
  const stepsAfter = (...events: readonly CompanyEvent[]) => {
    if (!isCompanyId(id)) throw new Error(id);
    const state = events.reduce(
      (before, event) => companyDecider.evolve(before, event),
      companyDecider.initial(),
    );
    const { isComplete, steps } = setUpOf(id, state, 'contacts');
    return { isComplete, steps: steps.map(({ prerequisite, next }) => [prerequisite, next?.path]) };
  };

  it('C25 names what is missing, and the call that does it', () => {
    const switchOn = `/api/identity/v1/companies/${id}/synchronisation/contacts`;
    expect(stepsAfter()).toEqual({
      isComplete: false,
      steps: [
        ['company-registered', '/api/identity/v1/companies'],
        ['synchronisation-on', switchOn],
      ],
    });
    expect(stepsAfter(registered).steps).toEqual([
      ['company-registered', undefined],
      ['synchronisation-on', switchOn],
    ]);
    expect(stepsAfter(registered, enabled, disabled).isComplete).toBe(false);
  });

  it('is complete once synchronisation is on', () =>
    expect(stepsAfter(registered, enabled).isComplete).toBe(true));
});
