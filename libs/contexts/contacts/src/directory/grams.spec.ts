import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { gramsOfText, gramsOfWord, kindGram } from './grams.js';
import { hasWord } from './search-words.js';

const COMPANY = '0193a5b2-0000-7000-8000-000000000001';
const OTHER = '0193a5b2-0000-7000-8000-000000000002';

describe('Grams', () => {
  const letters = fc.constantFrom('a', 'b', 'c', '1', '-', 'é', '東', '😀');
  const word = fc.array(letters, { minLength: 1, maxLength: 6 }).map((all) => all.join(''));
  const text = fc.array(word, { minLength: 1, maxLength: 4 }).map((words) => ` ${words.join(' ')}`);

  it('of a word are among those of every text that has it, so that the index never hides a row', () => {
    fc.assert(
      fc.property(text, word, (search, searched) => {
        fc.pre(hasWord(search, searched));
        expect(
          [...gramsOfWord(COMPANY, searched)].filter((gram) => !gramsOfText(COMPANY, search).has(gram)),
        ).toEqual([]);
      }),
    );
  });

  it('narrow a search from two letters on', () => {
    fc.assert(
      fc.property(word, (searched) =>
        expect(gramsOfWord(COMPANY, searched).size > 0).toBe(searched.length > 1),
      ),
    );
  });

  it('are three letters within a word and the first two after a space', () => {
    expect(gramsOfText(COMPANY, ' ab cde')).toEqual(
      new Set([...gramsOfWord(COMPANY, 'ab'), ...gramsOfWord(COMPANY, 'cd'), ...gramsOfWord(COMPANY, 'cde')]),
    );
    expect(gramsOfText(COMPANY, ' a b')).toEqual(new Set());
  });

  it('are a company’s own, 32-bit integers, and those of kinds differ', () => {
    const own = gramsOfText(COMPANY, ' hansen 4746587451');
    const others = gramsOfText(OTHER, ' hansen 4746587451');
    expect([...own].filter((gram) => others.has(gram))).toEqual([]);
    expect([...own].every((gram) => (gram | 0) === gram)).toBe(true);
    expect(
      new Set([
        kindGram(COMPANY, 'customer'),
        kindGram(COMPANY, 'supplier'),
        kindGram(COMPANY, 'contact-person'),
      ]).size,
    ).toBe(3);
  });
});
