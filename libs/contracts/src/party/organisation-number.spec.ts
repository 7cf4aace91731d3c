import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  GENERATED_ORGANISATION_NUMBERS,
  generateOrganisationNumber,
  parseOrganisationNumber,
  type CheckedCountry,
} from './organisation-number.js';

const COUNTRIES: readonly CheckedCountry[] = ['NO', 'SE', 'FI', 'DK'];
const seeds = fc.integer({ min: 0, max: GENERATED_ORGANISATION_NUMBERS - 1 });

describe('An organisation number', () => {
  it.each([
    ['NO', '923 609 016', '923609016'],
    ['NO', 'NO 923609016 MVA', '923609016'],
    ['NO', 'no923609016mva', '923609016'],
    ['SE', '556012-5790', '5560125790'],
    ['SE', 'SE556012579001', '5560125790'],
    ['FI', '0112038-9', '01120389'],
    ['FI', 'FI01120389', '01120389'],
    ['DK', '22 75 62 14', '22756214'],
    ['DK', 'DK-22756214', '22756214'],
  ])('of %s is read from “%s” as %s', (country, text, value) => {
    expect(parseOrganisationNumber(country, text)).toEqual({ ok: true, value });
  });

  it.each(COUNTRIES)('C12 of zeros is never valid in %s, though it passes modulus 11', (country) => {
    for (const length of [7, 8, 9, 10]) {
      expect(parseOrganisationNumber(country, '0'.repeat(length))).toMatchObject({
        ok: false,
        code: 'organisation-number.format',
      });
    }
  });

  it.each([
    ['NO', '923609017'],
    ['SE', '5560125791'],
    ['FI', '01120388'],
    ['DK', '22756215'],
  ])('C12 of %s with a wrong check digit (%s) is refused as that', (country, text) => {
    expect(parseOrganisationNumber(country, text)).toMatchObject({
      ok: false,
      code: 'organisation-number.check-digit',
    });
  });

  it.each([
    ['NO', '12345678'],
    ['NO', 'Under stiftelse'],
    ['SE', 'NO923609016'],
    ['DK', ''],
  ])('C12 of %s that is not in the country’s form (“%s”) is refused as that', (country, text) => {
    expect(parseOrganisationNumber(country, text)).toMatchObject({
      ok: false,
      code: 'organisation-number.format',
    });
  });

  it('of another country is any text of 1 to 30 characters', () => {
    expect(parseOrganisationNumber('DE', ' HRB 86891 ')).toEqual({ ok: true, value: 'HRB 86891' });
    expect(parseOrganisationNumber(undefined, 'x'.repeat(30))).toMatchObject({ ok: true });
    expect(parseOrganisationNumber('DE', 'x'.repeat(31))).toMatchObject({ ok: false });
    expect(parseOrganisationNumber('DE', '  ')).toMatchObject({ ok: false });
  });

  it.each(COUNTRIES)('of %s with any one digit mistyped is refused', (country) => {
    fc.assert(
      fc.property(seeds, fc.nat({ max: 7 }), fc.integer({ min: 1, max: 9 }), (seed, position, shift) => {
        const number = generateOrganisationNumber(country, seed);
        const digit = (Number(number[position]) + shift) % 10;
        const mistyped = `${number.slice(0, position)}${digit}${number.slice(position + 1)}`;
        expect(parseOrganisationNumber(country, mistyped).ok).toBe(false);
      }),
    );
  });

  it.each(COUNTRIES)('made for demo data in %s is valid and differs from seed to seed', (country) => {
    fc.assert(
      fc.property(seeds, seeds, (one, other) => {
        const number = generateOrganisationNumber(country, one);
        expect(parseOrganisationNumber(country, number)).toEqual({ ok: true, value: number });
        expect(generateOrganisationNumber(country, other) === number).toBe(one === other);
      }),
    );
    const last = generateOrganisationNumber(country, GENERATED_ORGANISATION_NUMBERS - 1);
    expect(parseOrganisationNumber(country, last)).toEqual({ ok: true, value: last });
  });
});
