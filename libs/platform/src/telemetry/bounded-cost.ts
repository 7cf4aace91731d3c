/** An answer holds for so many times as long as it took to find: finding it takes a twentieth of the time at most, however often it is asked for. */
const HOLDS_TIMES = 20;

/**
 * A figure that costs the more to find the more there is, for who asks for it again and again: found once for all who ask meanwhile, at once
 * while it is cheap, and as old as it was dear otherwise. What could not be found is tried again.
 */
export class BoundedCost<T> {
  #found: Promise<T> | undefined;
  #untilMs = 0;

  constructor(
    private readonly find: () => Promise<T>,
    private readonly clock: () => number = () => performance.now(),
  ) {}

  async now(): Promise<T> {
    if (this.#found && this.clock() < this.#untilMs) return await this.#found;
    this.#untilMs = Infinity;
    this.#found = this.#find();
    return await this.#found;
  }

  async #find(): Promise<T> {
    const beganMs = this.clock();
    try {
      const found = await this.find();
      const endedMs = this.clock();
      this.#untilMs = endedMs + (endedMs - beganMs) * HOLDS_TIMES;
      return found;
    } catch (error) {
      this.#untilMs = 0;
      throw error;
    }
  }
}
