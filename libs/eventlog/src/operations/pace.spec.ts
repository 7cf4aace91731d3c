import { describe, expect, it } from '@jest/globals';
import { Pace } from './pace.js';

const never = new AbortController().signal;

describe('the pace of an operation', () => {
  it('G29 is no faster than its throttle says', async () => {
    const pace = new Pace();
    pace.throttle = { eventsPerSecond: 1_000 };
    const startedMs = performance.now();
    for (let batch = 0; batch < 4; batch += 1) await pace.pass(50, never);
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(199);
  });

  it('G29 goes on when a pause, or a lag that is too large, has ended', async () => {
    for (const [hold, release] of [
      [(pace: Pace) => (pace.isPaused = true), (pace: Pace) => (pace.isPaused = false)],
      [(pace: Pace) => (pace.liveLag = 11), (pace: Pace) => (pace.liveLag = 10)],
    ] as const) {
      const pace = new Pace();
      pace.throttle = { maxLiveLag: 10 };
      hold(pace);
      let hasPassed = false;
      const passing = pace.pass(1, never).then(() => {
        hasPassed = true;
      });
      await Promise.race([passing, new Promise((resolve) => setImmediate(resolve))]);
      expect(hasPassed).toBe(false);
      release(pace);
      await passing;
    }
  });

  it('ends at once when the operation does', async () => {
    const pace = new Pace();
    pace.isPaused = true;
    const stop = new AbortController();
    const passing = pace.pass(1, stop.signal);
    stop.abort(new Error('enough'));
    await expect(passing).rejects.toThrow('enough');
  });
});
