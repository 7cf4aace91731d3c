import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { foldText, searchText } from './fold.js';

describe('Folded text', () => {
  it.each([
    ['Håkon Kjær', 'hakon kjaer'],
    ['BJØRN', 'bjorn'],
    ['Göran', 'goran'],
    ['Straße', 'strasse'],
    ['Đorđe Łukasz', 'dorde lukasz'],
    ['Þórður', 'thordur'],
    ['Frédérique Müller', 'frederique muller'],
    ['Žilina Ōsaka', 'zilina osaka'],
    ['Ivan Фёдоров', 'ivan федоров'],
    ['post@firma.no', 'post@firma.no'],
  ])('of “%s” is “%s”', (text, folded) => {
    expect(foldText(text)).toBe(folded);
  });

  it('is the same for composed and decomposed input, and when folded again', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const folded = foldText(text);
        expect(foldText(text.normalize('NFD'))).toBe(foldText(text.normalize('NFC')));
        expect(foldText(folded)).toBe(folded);
      }),
    );
  });
});

describe('Searchable text', () => {
  it.each([
    ['Håkon', 'hakon haakon'],
    ['Haakon', 'haakon hakon'],
    ['Bjørn', 'bjorn bjoern'],
    ['Bjoern', 'bjoern bjorn'],
    ['Kjær', 'kjaer kjar'],
    ['Kjär', 'kjar kjaer'],
    ['Göran', 'goran goeran'],
    ['Müller', 'muller mueller'],
    ['Ola Nordmann', 'ola nordmann'],
  ])('of “%s” is “%s”', (text, searchable) => {
    expect(searchText([text])).toBe(searchable);
  });

  it('has each word once, separated by single spaces', () => {
    expect(searchText(['  Ola  Nordmann ', '', 'Ola', 'A/S\tOla@x.no'])).toBe('ola nordmann a/s ola@x.no');
  });

  it('of any spelling of a Nordic name is found by any other spelling of it', () => {
    const sound = fc.constantFrom(['å', 'aa'], ['ø', 'ö', 'oe'], ['æ', 'ä', 'ae'], ['ü', 'ue']);
    const syllable = fc.tuple(
      fc.constantFrom('b', 'kj', 'str', 'hj', 'm'),
      sound,
      fc.constantFrom('', 'n', 'rd'),
    );
    const name = fc.array(syllable, { minLength: 1, maxLength: 4 });
    const spelling = fc.array(fc.nat(), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(name, spelling, spelling, (syllables, mine, yours) => {
        const spell = (choices: readonly number[]): string =>
          syllables
            .map(
              ([start, ways, end], index) => start + (ways[(choices[index] ?? 0) % ways.length] ?? '') + end,
            )
            .join('');
        expect(searchText([spell(mine)])).toContain(foldText(spell(yours)));
      }),
    );
  });

  it('holds what a part of the text folds to', () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[a-zæøåöä@.0-9]{1,20}$/),
        fc.nat(19),
        fc.nat(19),
        (word, from, length) => {
          const whole = foldText(word);
          const part = whole.slice(from, from + length + 1);
          expect(searchText([word])).toContain(part);
        },
      ),
    );
  });
});
