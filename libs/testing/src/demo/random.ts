/** Odd constants of mulberry32 and of the mixing before it. */
const STEP = 0x6d2b79f5;
const MIX = 0x9e3779b1;

/** A stream of numbers that is the same for the same seeds on every machine: mulberry32, which needs one 32-bit word. */
export class Random {
  #state: number;

  /** Different seeds give unrelated streams, so that each record can have its own. */
  constructor(...seeds: readonly number[]) {
    let state = 0;
    for (const seed of seeds) state = scramble(Math.imul(state ^ seed, MIX) + STEP);
    this.#state = state;
  }

  /** An integer from 0 up to, not including, `bound`. */
  below(bound: number): number {
    this.#state = (this.#state + STEP) | 0;
    return Math.floor((scramble(this.#state) / 0x1_0000_0000) * bound);
  }

  /** True in so many percent of the cases. */
  percent(share: number): boolean {
    return this.below(100) < share;
  }

  /** One of a list's items; the list may not be empty. */
  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new RangeError('Nothing to pick from.');
    return item;
  }

  /** So many digits, the first one not 0. */
  digits(count: number): string {
    const least = 10 ** (count - 1);
    return String(least + this.below(9 * least));
  }
}

function scramble(word: number): number {
  let mixed = Math.imul(word ^ (word >>> 15), word | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return (mixed ^ (mixed >>> 14)) >>> 0;
}
