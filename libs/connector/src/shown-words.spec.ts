import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { loggedWords, shownWords } from './shown-words.js';

/** Beyond what is shown, and short of it. */
const before = fc.integer({ min: 0, max: 700 }).map((length) => 'no '.repeat(length / 3));
/** Letters that the rest of a text does not have. */
const secret = fc.stringMatching(/^[A-Z]{4,12}( [A-Z]{4,12})?$/);

describe('words of the other side in the log', () => {
  it('have no value that was in quotes, wherever the text was cut', () => {
    const quotes = fc.constantFrom(['"', '"'], ["'", "'"], ['«', '»'], ['“', '”']);
    fc.assert(
      fc.property(before, quotes, secret, before, (said, [opens = '', closes = ''], value, more) => {
        const text = `${said}{${opens}${value}${closes}} ${more}`;
        for (const words of [text, shownWords(text)]) expect(loggedWords(words)).not.toMatch(/[A-Z]/);
      }),
    );
  });

  it('have nothing of an address either that was cut in the middle', () => {
    fc.assert(
      fc.property(before, secret, before, (said, name, more) => {
        const text = `${said}${name.replace(' ', '.')}@EXAMPLE.NO ${more}`;
        for (const words of [text, shownWords(text)]) expect(loggedWords(words)).not.toMatch(/[A-Z]/);
      }),
    );
  });

  it('mask a name with an apostrophe whole, and keep what an apostrophe only shortens', () => {
    expect(loggedWords("This property isn't valid: 'O'BRIEN' was sent.")).toBe(
      'This property isn\'t valid: "…" was sent.',
    );
  });

  it('are cut only once they are masked', () => {
    const words = loggedWords(`"${'x'.repeat(600)}" is too long`);
    expect(words).toBe('"…" is too long');
  });
});
