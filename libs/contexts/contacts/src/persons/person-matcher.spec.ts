import { describe, expect, it } from '@jest/globals';
import { fieldTexts } from './field-text.js';
import { PersonMatcher, type Clues } from './person-matcher.js';

const kari = {
  kind: 'customer',
  number: '10',
  name: 'Nordmann, Kari Åse',
  country: 'NO',
  address: { lines: ['c/o Kari Nordmann'], town: 'Ærø' },
  phone: '465 87 451',
  fax: '22 33 44 55',
  email: 'Kari@Nordmann.no',
  notes: 'Ring 46 58 74 51 eller kari@nordmann.no\netter fire',
};
const matchesOf = (clues: Clues, record: object = kari) =>
  new PersonMatcher(clues)
    .matches(fieldTexts(record))
    .map(({ field, isExact }) => `${field} ${isExact ? 'exactly' : 'mentioned'}`);

describe('a person who is looked for', () => {
  it('is found by e-mail address, whatever its case, and where it is mentioned', () => {
    expect(matchesOf({ email: ' kari@nordmann.NO ' })).toEqual(['/email exactly', '/notes mentioned']);
    expect(matchesOf({ email: 'ari@nordmann.no' })).toEqual(['/email mentioned', '/notes mentioned']);
  });

  it.each(['46587451', '+47 46 58 74 51', '(465) 87-451', '004746587451'])(
    'is found by the phone %s',
    (phone) => {
      expect(matchesOf({ phone })).toEqual(['/phone exactly', '/notes mentioned']);
    },
  );

  it('is found by a fax number, and by a phone without a country', () => {
    expect(matchesOf({ phone: '22334455' })).toEqual(['/fax exactly']);
    expect(matchesOf({ phone: '+47 22 33 44 55' }, { mobile: '22334455', country: 'NO' })).toEqual([
      '/mobile exactly',
    ]);
    expect(matchesOf({ phone: '22334455' }, { record: { mobile: 22334455 } })).toEqual([
      '/record/mobile exactly',
    ]);
  });

  it.each(['kari åse nordmann', 'Kari Aase Nordmann', 'NORDMANN Kari Ase'])(
    'is found by the name %s',
    (name) => {
      expect(matchesOf({ name })).toEqual(['/name exactly']);
    },
  );

  it('is mentioned where all words of the name are', () => {
    expect(matchesOf({ name: 'Kari Nordmann' })).toEqual([
      '/name mentioned',
      '/address/lines/0 mentioned',
      '/email mentioned',
      '/notes mentioned',
    ]);
    expect(matchesOf({ name: 'Ola Nordmann' })).toEqual([]);
  });

  it('is not looked for by what was not said', () => {
    expect(matchesOf({})).toEqual([]);
    expect(matchesOf({ name: ' ', phone: '-' })).toEqual([]);
  });
});
