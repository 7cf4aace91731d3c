/** A vendor's count of requests: a rolling window, which is the strictest way to count. */
export class Arrivals {
  readonly #withinMs: number[] = [];
  /** Most that arrived within one window. */
  most = 0;
  /** How many came that were too many. */
  crossed = 0;

  constructor(
    private readonly requests: number,
    private readonly windowMs: number,
  ) {}

  /** How many more it takes in this window. */
  get remaining(): number {
    return Math.max(0, this.requests - this.#withinMs.length);
  }

  /** @returns whether it is within the limit */
  arrive(): boolean {
    const nowMs = performance.now();
    while ((this.#withinMs[0] ?? Infinity) <= nowMs - this.windowMs) this.#withinMs.shift();
    this.#withinMs.push(nowMs);
    this.most = Math.max(this.most, this.#withinMs.length);
    const isWithin = this.#withinMs.length <= this.requests;
    if (!isWithin) this.crossed += 1;
    return isWithin;
  }
}
