import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RateLimiter } from './rate-limiter.js';

const NEVER = new AbortController().signal;

/** Most arrivals within any window. */
function mostWithin(windowMs: number, arrivalsMs: readonly number[]): number {
  return Math.max(
    0,
    ...arrivalsMs.map((from) => arrivalsMs.filter((at) => at >= from && at < from + windowMs).length),
  );
}

describe('A rate limiter', () => {
  it('L8 never lets a vendor count more requests in any window than its limit, however long each is on its way', async () => {
    const run = fc.record({
      requests: fc.integer({ min: 1, max: 4 }),
      windowMs: fc.integer({ min: 5, max: 20 }),
      atOnce: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
      ways: fc.array(fc.tuple(fc.integer({ min: 0, max: 8 }), fc.integer({ min: 0, max: 8 })), {
        minLength: 1,
        maxLength: 12,
      }),
    });
    await fc.assert(
      fc.asyncProperty(run, async ({ requests, windowMs, atOnce, ways }) => {
        const limiter = new RateLimiter({ requests, windowMs, ...(atOnce !== undefined && { atOnce }) });
        const arrivals: number[] = [];
        let underWay = 0;
        let most = 0;
        await Promise.all(
          ways.map(async ([thereMs, backMs]) => {
            const place = await limiter.take(NEVER);
            most = Math.max(most, (underWay += 1));
            await after(thereMs);
            arrivals.push(performance.now());
            await after(backMs);
            underWay -= 1;
            place.release();
          }),
        );
        expect(mostWithin(windowMs, arrivals)).toBeLessThanOrEqual(requests);
        expect(most).toBeLessThanOrEqual(atOnce ?? Infinity);
        expect(limiter.use.taken).toBe(ways.length);
      }),
      { numRuns: 12, seed: 20_261_122 },
    );
  });

  it('uses all that is allowed: the next requests go out as soon as the window is over', async () => {
    let nowMs = 0;
    const limiter = new RateLimiter({ requests: 2, windowMs: 10_000 }, () => nowMs);
    for (let count = 0; count < 2; count += 1) (await limiter.take(NEVER)).release();
    const third = limiter.take(AbortSignal.timeout(5));
    await expect(third).rejects.toThrow();
    nowMs = 10_000;
    (await limiter.take(NEVER)).release();
    expect(limiter.use.taken).toBe(3);
  });

  it('counts as its own what others take of the same allowance, and takes over the limit that the vendor tells', async () => {
    let nowMs = 0;
    const limiter = new RateLimiter({ requests: 100, windowMs: 10_000 }, () => nowMs);
    const place = await limiter.take(NEVER);
    limiter.observe({ requests: 190, windowMs: 10_000, remaining: 1 });
    place.release();
    expect(limiter.limit.requests).toBe(190);
    (await limiter.take(NEVER)).release();
    await expect(limiter.take(AbortSignal.timeout(5))).rejects.toThrow();
    nowMs = 10_000;
    (await limiter.take(NEVER)).release();
  });

  it('L8 takes what others are known to have taken for new whenever it hears of it', async () => {
    let nowMs = 0;
    const limit = { requests: 20, windowMs: 100 };
    const limiter = new RateLimiter(limit, () => nowMs);
    const answered = async (remaining: number): Promise<void> => {
      const place = await limiter.take(NEVER);
      limiter.observe({ ...limit, remaining });
      place.release();
    };
    await answered(1); // 18 of others
    nowMs = 99;
    await answered(0); // as many, which may be others than those of before
    nowMs = 150;
    await answered(1);
    await expect(limiter.take(AbortSignal.timeout(5))).rejects.toThrow();
    nowMs = 250;
    await answered(19);
  });

  it('L8 leaves room for other processes, so that together they stay within what the vendor counts', async () => {
    const limit = { requests: 20, windowMs: 200, atOnce: 2, reserve: 4 };
    const arrivals: number[] = [];
    const arrive = (): number => {
      const nowMs = performance.now();
      arrivals.push(nowMs);
      return Math.max(0, limit.requests - arrivals.filter((at) => at > nowMs - limit.windowMs).length);
    };
    const processes = Array.from({ length: 3 }, async () => {
      const limiter = new RateLimiter(limit);
      const calls = Array.from({ length: 15 }, async () => {
        const place = await limiter.take(NEVER);
        await after(1);
        limiter.observe({ ...limit, remaining: arrive() });
        place.release();
      });
      await Promise.all(calls);
    });
    await Promise.all(processes);
    expect(arrivals).toHaveLength(45);
    expect(mostWithin(limit.windowMs, arrivals)).toBeLessThanOrEqual(limit.requests);
  });

  it('gives places in the order in which they were asked for, and passes over who has given up', async () => {
    const limiter = new RateLimiter({ requests: 100, windowMs: 1, atOnce: 1 });
    const held = await limiter.take(NEVER);
    const order: string[] = [];
    const impatient = limiter.take(AbortSignal.timeout(1)).catch(() => order.push('gave up'));
    const others = ['first', 'second'].map(async (name) => {
      const place = await limiter.take(NEVER);
      order.push(name);
      place.release();
    });
    await impatient;
    held.release();
    await Promise.all(others);
    expect(order).toEqual(['gave up', 'first', 'second']);
  });
});

async function after(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}
