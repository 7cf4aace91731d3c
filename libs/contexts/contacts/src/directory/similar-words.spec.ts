import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { alternatives, nearestBeginning } from './similar-words.js';

describe('A mistyped word', () => {
  it.each([
    ['hansn', 'hansen', 6, 1],
    ['hasnen', 'hansen', 6, 1],
    ['hanssen', 'hansen', 6, 1],
    ['hamsen', 'hansen', 6, 1],
    ['johanes', 'johannessen', 8, 1],
    ['hansen', 'hansen', 6, 0],
    ['abc', 'xyz', 3, 3],
  ])('%s is near %s', (typed, word, length, mistakes) => {
    expect(nearestBeginning(typed, word)).toEqual({ length, mistakes });
  });

  it('is never further from a word than it is long, and as near as the beginning itself', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 8 });
    fc.assert(
      fc.property(word, word, (typed, rest) => {
        expect(nearestBeginning(typed, typed + rest)).toEqual({ length: typed.length, mistakes: 0 });
        expect(nearestBeginning(typed, rest).mistakes).toBeLessThanOrEqual(typed.length);
      }),
    );
  });

  it('means what has the fewest mistakes, then what most records have, and nothing further off', () => {
    const known = [
      { word: 'hansen', rows: 5 },
      { word: 'hanser', rows: 9 },
      { word: 'olsen', rows: 50 },
    ];
    expect(alternatives('hanssen', known)).toEqual([
      { word: 'hansen', mistakes: 1, rows: 5 },
      { word: 'hanser', mistakes: 2, rows: 9 },
    ]);
    expect(alternatives('hanse', known).map(({ word }) => word)).toEqual(['hanse']);
    expect(alternatives('xyzz', known)).toEqual([]);
  });
});
