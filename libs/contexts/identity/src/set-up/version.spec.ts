import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isAtLeast } from './version.js';

describe('a version', () => {
  it.each([
    ['5.3', '5.3', true],
    ['5.3.1', '5.3', true],
    ['5.10', '5.3', true],
    ['5.2.99', '5.3', false],
    ['13.02', '13.2', true],
    ['13.1', '13.02', false],
    ['12', '12.0.0', true],
    ['v2.2.14 SP1', '2.2', true],
    ['unknown', '2.2', false],
    ['', '2.2', false],
  ])('C5 C6 W4 W5 %s compared with %s', (version, least, expected) =>
    expect(isAtLeast(version, least)).toBe(expected),
  );

  it('is in one order, whatever it is made of', () => {
    const version = fc.array(fc.nat(50), { minLength: 1, maxLength: 4 }).map((numbers) => numbers.join('.'));
    fc.assert(
      fc.property(version, version, (a, b) => {
        expect(isAtLeast(a, b) || isAtLeast(b, a)).toBe(true);
        expect(isAtLeast(`${a}.1`, a)).toBe(true);
      }),
    );
  });
});
