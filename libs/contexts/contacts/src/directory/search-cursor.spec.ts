import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readCursor, writeCursor } from './search-cursor.js';

describe('A cursor', () => {
  it('comes back as the position it was made of', () => {
    const text = fc.string({ unit: 'grapheme' }).map((one) => one.replaceAll('\0', ''));
    const position = fc.record({
      tier: fc.integer({ min: 0, max: 2 }),
      sortName: text,
      kind: text,
      number: text,
      meant: fc.option(text, { nil: undefined }),
    });
    fc.assert(fc.property(position, (one) => expect(readCursor(writeCursor(one))).toEqual(one)));
  });

  it('that is none of ours is refused', () => {
    for (const parts of [
      '{}',
      '[]',
      '[3,"a","b","c"]',
      '[0,"a","b"]',
      '["0","a","b","c"]',
      String.raw`[0,"a\u0000","b","c"]`,
      'nonsense',
    ]) {
      expect(readCursor(Buffer.from(parts).toString('base64url'))).toMatchObject({
        kind: 'rejection',
        code: 'search.cursor-invalid',
      });
    }
  });
});
