import { describe, expect, it } from '@jest/globals';
import { searchText } from '@samspill/contracts';
import fc from 'fast-check';
import { hasWord, isNarrowing, likePattern, readWords } from './search-words.js';

describe('A query', () => {
  it.each([
    ['Håkon  RØR', ['hakon', 'ror'], undefined],
    ['Haakon', ['haakon'], ['hakon']],
    ['465 87 451', ['465', '87', '451'], ['46587451']],
    ['Hansen +47 465 87 451', ['hansen', '+47', '465', '87', '451'], ['hansen', '4746587451']],
    ['+46 (0)8-123 45', ['+46', '(0)8-123', '45'], ['46812345']],
    ['0047 22', ['0047', '22'], ['4722']],
    ['4 6', ['46'], undefined],
    ['as as', ['as'], undefined],
    ['aa', ['aa'], undefined],
    ['', [], undefined],
  ])('%j is read as its words and another writing of them', (query, typed, other) => {
    const words = readWords(query);
    expect({ typed: words.typed, other: words.other }).toEqual({ typed, other });
  });

  it('says too little with single letters alone', () => {
    for (const query of ['a', 'a b', '7', '&']) expect(isNarrowing(readWords(query))).toBe(false);
    for (const query of ['', 'ab', 'a bc', '4 6']) expect(isNarrowing(readWords(query))).toBe(true);
  });

  it('finds a name in every Nordic spelling of either', () => {
    const sound = fc.constantFrom(
      ['å', 'aa', 'a'],
      ['ø', 'ö', 'oe', 'o'],
      ['k', 'K'],
      ['n', 'N'],
      ['r', 'R'],
    );
    const spelled = fc.array(
      sound.chain((ways) => fc.tuple(fc.constantFrom(...ways), fc.constantFrom(...ways))),
      { minLength: 1, maxLength: 4 },
    );
    fc.assert(
      fc.property(spelled, (sounds) => {
        // Sounds that run into each other (`oe` + `e`) may be read otherwise.
        const separated = (at: 0 | 1): string => `h${sounds.map((ways) => ways[at]).join('n')}n`;
        const { typed, other } = readWords(separated(1));
        const search = ` ${searchText([separated(0)])}`;
        expect([typed, other].some((words) => words?.every((word) => hasWord(search, word)))).toBe(true);
      }),
    );
  });

  it('has no wildcards', () => {
    expect(likePattern('100%')).toBe(String.raw`%100\%%`);
    expect(likePattern('_a')).toBe(String.raw`% \_a%`);
    expect(likePattern('a\\b')).toBe(String.raw`%a\\b%`);
  });
});
