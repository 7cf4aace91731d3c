import { describe, expect, it } from '@jest/globals';
import { randomBytes } from './random-bytes.js';

describe('random bytes', () => {
  it('are as many as asked for, never zeros, and never the same twice, wherever one draw ends and the next begins', () => {
    const seen = new Set<string>();
    const counts = [12, 16, 32, 7];
    for (let draw = 0; draw < 5_000; draw += 1) {
      const count = counts[draw % counts.length] ?? 0;
      const bytes = randomBytes(count);
      expect(bytes).toHaveLength(count);
      seen.add(bytes.toString('hex'));
    }
    expect(seen.size).toBe(5_000);
    expect([...seen].some((text) => /^0+$/.test(text))).toBe(false);
  });

  it('are refused beyond what is drawn in one go', () => {
    expect(() => randomBytes(8_193)).toThrow(RangeError);
  });
});
