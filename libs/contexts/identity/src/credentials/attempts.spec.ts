import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { blockMs, BY_ACCOUNT } from './attempts.js';

describe('attempts that failed', () => {
  it('are free at first, then wait ever longer, up to a bound', () => {
    expect([1, 4, 5, 6, 7, 100].map((failures) => blockMs(BY_ACCOUNT, failures) / 1000)).toEqual([
      0, 0, 30, 60, 120, 900,
    ]);
    fc.assert(
      fc.property(fc.nat(10_000), (failures) => {
        const [now, next] = [blockMs(BY_ACCOUNT, failures), blockMs(BY_ACCOUNT, failures + 1)];
        expect(next).toBeGreaterThanOrEqual(now);
        expect(next).toBeLessThanOrEqual(BY_ACCOUNT.longestBlockMs);
      }),
    );
  });
});
