import { describe, expect, it } from '@jest/globals';
import { BoundedCost } from './bounded-cost.js';

/** Each answer is the number of the one before it and one; it takes so long by a clock that only goes meanwhile. */
function counted(tookMs: number): { readonly cost: BoundedCost<number>; advance(ms: number): void } {
  let [found, nowMs] = [0, 0];
  const find = (): Promise<number> => {
    nowMs += tookMs;
    found += 1;
    return Promise.resolve(found);
  };
  return {
    cost: new BoundedCost(find, () => nowMs),
    advance: (ms) => {
      nowMs += ms;
    },
  };
}

describe('a figure of bounded cost', () => {
  it('is found again at once where finding it took no time', async () => {
    const { cost } = counted(0);
    expect([await cost.now(), await cost.now()]).toEqual([1, 2]);
  });

  it('holds for twenty times as long as it took to find', async () => {
    const { cost, advance } = counted(1_000);
    expect(await cost.now()).toBe(1);
    advance(19_999);
    expect(await cost.now()).toBe(1);
    advance(1);
    expect(await cost.now()).toBe(2);
  });

  it('is found once for all who ask meanwhile', async () => {
    const { cost } = counted(1_000);
    expect(await Promise.all([cost.now(), cost.now(), cost.now()])).toEqual([1, 1, 1]);
  });

  it('is looked for again where it could not be found', async () => {
    let isAway = true;
    const cost = new BoundedCost(() => (isAway ? Promise.reject(new Error('away')) : Promise.resolve(1)));
    await expect(cost.now()).rejects.toThrow('away');
    isAway = false;
    expect(await cost.now()).toBe(1);
  });
});
