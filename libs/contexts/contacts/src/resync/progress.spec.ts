import { describe, expect, it } from '@jest/globals';
import { progressOf } from './progress.js';

describe('the progress of a resync', () => {
  it('C38 C39 says how much is done, how fast, and when it will be done at that pace', () => {
    expect(progressOf({ total: 10_000, done: 2_500, recentSteps: 2_000, recentSeconds: 4 })).toEqual({
      done: 2_500,
      total: 10_000,
      percent: 25,
      perSecond: 500,
      etaSeconds: 15,
    });
  });

  it('C38 gives no time of arrival while nothing moves', () => {
    expect(progressOf({ total: 10, done: 5, recentSteps: 0, recentSeconds: 15 })).not.toHaveProperty(
      'etaSeconds',
    );
  });

  it('C39 reaches 100 percent only with the last step, and at once where there is nothing to do', () => {
    expect(progressOf({ total: 100_000, done: 99_999, recentSteps: 1, recentSeconds: 1 }).percent).toBe(99.9);
    expect(progressOf({ total: 3, done: 3, recentSteps: 3, recentSeconds: 1 })).toMatchObject({
      percent: 100,
      etaSeconds: 0,
    });
    expect(progressOf({ total: 0, done: 0, recentSteps: 0, recentSeconds: 0 }).percent).toBe(100);
  });
});
