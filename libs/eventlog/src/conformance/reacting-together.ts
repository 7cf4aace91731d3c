import { describe, expect, it } from '@jest/globals';
import type { Heard } from './telling.js';
import { delivered, outsides, takenIn, telling } from './telling.js';
import { company, scenes } from './scene.js';
import { account } from './toy/toy-process.js';
import type { MakeWorld } from './world.js';

const THINGS = 20;
/** Deliveries that are drawn one by one would come back over a third of a second, which is longer than between two looks at what is due. */
const LIMITS = { batchSize: THINGS, firstRetryMs: 700, longestRetryMs: 700, callTimeoutMs: 5_000 };

/** G80: deliveries of one call stay together. */
export function describeReactingTogether(make: MakeWorld): void {
  describe('reacting, many at a time', () => {
    const scene = scenes(make);
    const outsideSystem = outsides();

    it('G80 asks about all that a call has left in doubt in one call', async () => {
      const opened = await scene();
      const outside = await outsideSystem({ faults: { cutAfter: 1 } });
      const open = new Map<string, { readonly batchSize: number }>();
      const heard: Heard[] = [];
      const bank = await telling(opened, outside, {
        limits: LIMITS,
        open: () => Promise.resolve(open),
        heard: (call) => heard.push(call),
      });
      for (let number = 0; number < THINGS; number += 1)
        await bank.append(company, 'toy.account', String(number), account(String(number), 'A'));
      await takenIn(opened, bank);
      open.set(company, { batchSize: THINGS });
      await delivered(opened, bank);
      expect(heard).toEqual([
        { call: 'send', deliveries: THINGS },
        { call: 'look-up', deliveries: THINGS },
      ]);
      expect(outside.effects).toHaveLength(THINGS);
    });
  });
}
