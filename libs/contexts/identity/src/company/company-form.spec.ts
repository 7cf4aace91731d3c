import { describe, expect, it } from '@jest/globals';
import { companyDetails, generateOrganisationNumber, type CompanyDetails } from '@samspill/contracts';
import { isRejection, type Rejection } from '@samspill/kernel';
import fc from 'fast-check';
import { readDetailsChange, readRegistration } from './company-form.js';

const form = {
  name: 'Fjord Handel AS',
  organisationNumber: '923609016',
  country: 'NO',
  address: { lines: ['Storgata 1'], postcode: '5003', town: 'Bergen', country: 'NO' },
};
const current: CompanyDetails = form;

/** Faults as `pointer code`, in the order of their pointers. */
function faultsOf(outcome: object): readonly string[] {
  if (!isRejection(outcome)) throw new Error(`Taken: ${JSON.stringify(outcome)}`);
  return (outcome satisfies Rejection).faults.map(({ pointer, code }) => `${pointer} ${code}`).sort();
}

describe('the form of a registration', () => {
  it('C13 names every missing field in one answer', () => {
    const everything = [
      '/address/country country.missing',
      '/address/postcode postcode.missing',
      '/country country.missing',
      '/name name.missing',
      '/organisationNumber organisation-number.missing',
    ];
    expect(faultsOf(readRegistration({}))).toEqual(everything);
    expect(
      faultsOf(readRegistration({ name: ' ', organisationNumber: null, country: '', address: {} })),
    ).toEqual(everything);
  });

  it('C13 names every invalid field in one answer, unknown ones too', () => {
    const outcome = readRegistration({
      id: 'F-17',
      name: 'x'.repeat(201),
      organisationNumber: '923609017',
      country: 'NO',
      address: { lines: 'Storgata 1', postcode: '503', country: 'Norwegia', planet: 'Earth' },
      orgnr: '923609016',
    });
    expect(faultsOf(outcome)).toEqual([
      '/address/country country.unknown',
      '/address/lines list.expected',
      '/address/planet field.unknown',
      '/address/postcode postcode.format',
      '/id company-id.format',
      '/name text.too-long',
      '/organisationNumber organisation-number.check-digit',
      '/orgnr field.unknown',
    ]);
  });

  it.each([undefined, null, 'Fjord', 7, [form]])('C13 refuses what is no form at all (%j)', (input) => {
    expect(faultsOf(readRegistration(input))).toEqual([' object.expected']);
  });

  it('C13 says one thing about an address that is no address', () => {
    expect(faultsOf(readRegistration({ ...form, address: 'Storgata 1' }))).toEqual([
      '/address object.expected',
    ]);
  });

  it.each([
    ['NO', '923609016', '5003'],
    ['SE', '5560125790', '11122'],
    ['FI', '01120389', '00100'],
    ['DK', '25313763', '1050'],
  ])('C12 takes an organisation number and a postcode of %s', (country, organisationNumber, postcode) => {
    const outcome = readRegistration({
      ...form,
      organisationNumber,
      country,
      address: { postcode, country },
    });
    expect(outcome).toMatchObject({
      details: { organisationNumber, country, address: { lines: [], postcode, country } },
    });
  });

  it.each([
    ['NO', '000000000'],
    ['SE', '0000000000'],
    ['FI', '00000000'],
    ['DK', '00000000'],
    ['SE', '5560125791'],
    ['FI', '01120388'],
    ['DK', '25313762'],
    ['NO', '92360901'],
  ])('C12 refuses what is no organisation number of %s: %s', (country, organisationNumber) => {
    expect(faultsOf(readRegistration({ ...form, organisationNumber, country }))).toEqual([
      expect.stringMatching(/^\/organisationNumber organisation-number\.(?:format|check-digit)$/),
    ]);
  });

  it('C12 welcomes companies of other countries without national checks', () => {
    const outcome = readRegistration({
      ...form,
      organisationNumber: 'HRB 123 456',
      country: 'Tyskland',
      address: { postcode: 'D-10115', country: 'Germany' },
    });
    expect(outcome).toMatchObject({
      details: {
        organisationNumber: 'HRB 123 456',
        country: 'DE',
        address: { postcode: 'D-10115', country: 'DE' },
      },
    });
  });

  it('takes values as people write them, in one canonical form', () => {
    const outcome = readRegistration({
      ...form,
      name: '  Fjord Handel AS ',
      organisationNumber: 'NO 923 609 016 MVA',
      country: 'Norge',
      address: { lines: ['Storgata 1', ' '], postcode: ' 5003', town: 'Bergen', country: 'no' },
    });
    expect(outcome).toEqual({ id: undefined, details: form });
  });

  it('makes of every company that it takes an event that can be read again', () => {
    const texts = fc.string({ unit: 'binary', maxLength: 30 });
    const forms = fc.record({
      name: texts,
      organisationNumber: fc.nat(10_000).map((seed) => generateOrganisationNumber('NO', seed)),
      country: fc.constant('NO'),
      address: fc.record({
        lines: fc.array(texts, { maxLength: 5 }),
        postcode: fc.constant('0150'),
        town: texts,
        country: fc.constant('NO'),
      }),
    });
    fc.assert(
      fc.property(forms, (input) => {
        const outcome = readRegistration(input);
        if (isRejection(outcome)) return;
        const stored = companyDetails.parse(JSON.parse(JSON.stringify(outcome.details)));
        expect(JSON.stringify(stored)).toBe(JSON.stringify(outcome.details));
        expect(readRegistration(stored)).toEqual({ id: undefined, details: outcome.details });
      }),
    );
  });
});

describe('the form of a change', () => {
  it('takes a new name and address', () => {
    const address = { lines: [], postcode: '0150', country: 'NO' };
    expect(readDetailsChange({ name: 'Fjord Nord AS', address }, current)).toEqual({
      name: 'Fjord Nord AS',
      address,
    });
  });

  it('takes organisation number and country as they are, in any spelling', () => {
    expect(
      readDetailsChange({ ...form, organisationNumber: '923 609 016', country: 'Norway' }, current),
    ).toEqual({
      name: form.name,
      address: form.address,
    });
  });

  it('C13 says that organisation number and country cannot change, with every other fault', () => {
    const input = {
      organisationNumber: '974760673',
      country: 'SE',
      address: { postcode: '1', country: 'NO' },
    };
    expect(faultsOf(readDetailsChange(input, current))).toEqual([
      '/address/postcode postcode.format',
      '/country country.unchangeable',
      '/name name.missing',
      '/organisationNumber organisation-number.unchangeable',
    ]);
  });
});
