import { randomFrom } from '../random-from.js';

/** What befalls the requests of a vendor's API, by chance from 0 to 1; the first that holds. */
export interface VendorFaults {
  /** 429 with `Retry-After`, without an effect. */
  readonly busy?: number;
  /** 500, without an effect. */
  readonly failing?: number;
  /** 500 though it has had its effect. */
  readonly failingAfter?: number;
  /** The effect is had, and the connection is cut before an answer. */
  readonly cutAfter?: number;
  /** The effect is had, and an answer never comes. */
  readonly silentAfter?: number;
  /** Longest time that an answer takes, in milliseconds; each takes a random part of it. */
  readonly latencyMs?: number;
}

export type Fate = 'well' | 'busy' | 'failing' | 'failing-after' | 'cut' | 'silent';

/** Draws what befalls each request; the same seed draws the same. */
export class FateDraw {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = randomFrom(seed);
  }

  fate(faults: VendorFaults): Fate {
    const { busy = 0, failing = 0, failingAfter = 0, cutAfter = 0, silentAfter = 0 } = faults;
    let chance = this.#random();
    if ((chance -= busy) < 0) return 'busy';
    if ((chance -= failing) < 0) return 'failing';
    if ((chance -= failingAfter) < 0) return 'failing-after';
    if ((chance -= cutAfter) < 0) return 'cut';
    return chance - silentAfter < 0 ? 'silent' : 'well';
  }

  latencyMs({ latencyMs = 0 }: VendorFaults): number {
    return latencyMs === 0 ? 0 : this.#random() * latencyMs;
  }
}
