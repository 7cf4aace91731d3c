import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parsePhoneNumberFromString } from 'libphonenumber-js/core';
import metadata from 'libphonenumber-js/min/metadata';
import { parseCountry } from './country.js';
import { parseEmail } from './email.js';
import { parsePhone, phoneDigits } from './phone.js';
import { parsePostcode } from './postcode.js';

describe('A postcode', () => {
  it.each([
    ['NO', '0150', '0150'],
    ['NO', 'N-0150', '0150'],
    ['DK', 'DK-1050', '1050'],
    ['SE', '958 22', '95822'],
    ['SE', 'S-958 22', '95822'],
    ['SE', 'SE-95822', '95822'],
    ['FI', 'FIN-00100', '00100'],
    ['FI', '21240', '21240'],
    ['GB', ' EC1 4SD ', 'EC1 4SD'],
  ])('of %s is read from “%s” as %s', (country, text, value) => {
    expect(parsePostcode(country, text)).toEqual({ ok: true, value });
  });

  it.each([
    ['NO', '150'],
    ['NO', 'S-0150'],
    ['DK', '10500'],
    ['SE', '9582'],
    ['FI', 'Helsinki'],
  ])('of %s is refused when it has another form (“%s”)', (country, text) => {
    expect(parsePostcode(country, text)).toMatchObject({ ok: false, code: 'postcode.format' });
  });

  it('of an unknown country is not checked', () => {
    expect(parsePostcode(undefined, 'T2F 8M4')).toEqual({ ok: true, value: 'T2F 8M4' });
  });
});

describe('A country', () => {
  it.each([
    ['NO', 'NO'],
    ['no', 'NO'],
    ['Norway', 'NO'],
    ['Norge', 'NO'],
    ['Noreg', 'NO'],
    ['NORGE', 'NO'],
    ['Sverige', 'SE'],
    ['Ruotsi', 'SE'],
    ['Tyskland', 'DE'],
    ['Germany', 'DE'],
    ['Österrike', 'AT'],
    ['Østerrike', 'AT'],
    ['UK', 'GB'],
    ['Great Britain', 'GB'],
    ['U.S.A.', 'US'],
    ['Åland', 'AX'],
  ])('is understood when written “%s”', (text, value) => {
    expect(parseCountry(text)).toEqual({ ok: true, value });
  });

  it.each(['XX', 'Atlantis', '47', ''])('is refused when it is “%s”', (text) => {
    expect(parseCountry(text)).toMatchObject({ ok: false, code: 'country.unknown' });
  });

  it('has a code for every country of Northwind’s customers and suppliers', () => {
    const countries =
      'Argentina Australia Austria Belgium Brazil Canada Denmark Finland France Germany Ireland Italy Japan Mexico ' +
      'Netherlands Norway Poland Portugal Singapore Spain Sweden Switzerland UK USA Venezuela';
    expect(countries.split(' ').filter((name) => !parseCountry(name).ok)).toEqual([]);
  });
});

describe('An e-mail address', () => {
  it.each([
    'post@firma.no',
    ' Kari.Nordmann+faktura@sub.example.co.uk ',
    "o'brien@example.ie",
    'åse@blåbær.no',
  ])('is kept as typed, trimmed: “%s”', (text) => {
    expect(parseEmail(text)).toEqual({ ok: true, value: text.trim() });
  });

  it.each([
    'post',
    'post@firma',
    '@firma.no',
    'post@@firma.no',
    'a b@firma.no',
    'post@firma..no',
    '.post@firma.no',
    'post.@firma.no',
    'post@-firma.no',
    'a@x.no;b@y.no',
    'post@firma.no,',
    `${'x'.repeat(65)}@firma.no`,
    `post@${'firma.'.repeat(50)}no`,
  ])('is refused when malformed: “%s”', (text) => {
    expect(parseEmail(text)).toMatchObject({ ok: false, code: 'email.invalid' });
  });

  // Whatever tried every way of reading them would not end within the test's time.
  it.each([`${'a.'.repeat(100_000)}@`, `a@${'a-'.repeat(120)}!`])('of hostile length is refused', (text) => {
    expect(parseEmail(text)).toMatchObject({ ok: false });
  });
});

describe('A phone number', () => {
  it.each([
    ['46587451', 'NO', '+4746587451'],
    ['46 58 74 51', 'NO', '+4746587451'],
    ['0047 46587451', 'NO', '+4746587451'],
    ['+47 46 58 74 51', undefined, '+4746587451'],
    ['08-123 45 67', 'SE', '+4681234567'],
    ['+46 (0)8-123 45 67', 'NO', '+4681234567'],
    ['86 21 32 43', 'DK', '+4586213243'],
    ['040 123 4567', 'FI', '+358401234567'],
    ['030-0074321', 'DE', '+49300074321'],
  ])('“%s” in %s is %s', (text, country, expected) => {
    expect(parsePhone(text, country)).toBe(expected);
  });

  it.each([
    ['07-98 92 35', 'NO'],
    ['Ring Kari', 'NO'],
    ['22 33 44 55', undefined],
    ['', 'NO'],
  ])('that is not valid (“%s” in %s) has no E.164 form', (text, country) => {
    expect(parsePhone(text, country)).toBeUndefined();
  });

  it('is found by its international and its national digits, or by those it has when it is not valid', () => {
    expect(phoneDigits('46 58 74 51', 'NO')).toEqual(['4746587451', '46587451']);
    expect(phoneDigits('08-123 45 67', 'SE')).toEqual(['4681234567', '081234567']);
    expect(phoneDigits('+46 8 123 45 67', 'NO')).toEqual(['4681234567', '081234567']);
    expect(phoneDigits('07-98 92 35', 'NO')).toEqual(['07989235']);
    expect(phoneDigits('Ring Kari', 'NO')).toEqual([]);
  });

  it('read by the short Nordic way is what libphonenumber makes of it', () => {
    const country = fc.constantFrom('NO' as const, 'SE' as const, 'DK' as const, 'FI' as const);
    const digits = fc.stringMatching(/^0?[1-9]\d{4,9}$/);
    fc.assert(
      fc.property(country, digits, (where, dialled) => {
        const theirs = parsePhoneNumberFromString(dialled, where, metadata);
        expect(parsePhone(dialled, where)).toBe(theirs?.isValid() === true ? theirs.number : undefined);
      }),
      { numRuns: 2000 },
    );
  });
});
