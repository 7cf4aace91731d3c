import { waitUntil } from './wait-until.js';

/** What a vendor allows: at most `requests` that arrive within any `windowMs`. */
export interface RateLimit {
  readonly requests: number;
  readonly windowMs: number;
  /** Most requests under way at once. */
  readonly atOnce?: number;
  /**
   * Left free for other processes that call for the same account: as many as they can have under way between them, since what they do is
   * known from the vendor's answers only.
   */
  readonly reserve?: number;
}

/** A request's place within the limit, held from before it goes out. */
export interface Place {
  /** The answer is there, or was given up: the vendor has counted the request by now. */
  release(): void;
}

/** What a limiter did so far. */
export interface LimiterUse {
  readonly taken: number;
  /** How long callers waited for a place, together. */
  readonly waitedMs: number;
}

/**
 * Lets requests out so that a vendor never counts more of them than its limit, whether it counts in fixed or in rolling windows and however
 * long requests are on their way. A token bucket cannot promise that: it lets out a full bucket and then its refill within one window.
 *
 * A place is held from before a request goes out until `windowMs` **after its answer**. Suppose more than `requests` arrived within one
 * window. All but the last to go out were answered after they arrived, so that each place was still held when the last one went out: there
 * was none for it.
 */
export class RateLimiter {
  #limit: RateLimit;
  /** Answered requests, ascending: when each was sent, and when its place becomes free. */
  readonly #cooling: { readonly sentMs: number; readonly freeMs: number }[] = [];
  /** When the places that others have taken become free, ascending. */
  #others: readonly number[] = [];
  #underWay = 0;
  #heldUntilMs = 0;
  #taken = 0;
  #waitedMs = 0;
  /** Callers get their places in the order in which they came. */
  #line: Promise<unknown> = Promise.resolve();
  #freed = Promise.withResolvers<undefined>();

  constructor(
    limit: RateLimit,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.#limit = limit;
  }

  get limit(): RateLimit {
    return this.#limit;
  }

  get use(): LimiterUse {
    return { taken: this.#taken, waitedMs: this.#waitedMs };
  }

  /** Waits for a place. @throws the signal's reason when it is aborted before */
  async take(signal: AbortSignal): Promise<Place> {
    const cameMs = this.now();
    const turn = this.#line.then(() => this.#whenFree(signal));
    this.#line = turn.catch(() => undefined);
    await turn;
    this.#waitedMs += this.now() - cameMs;
    return this.#hold();
  }

  /** No request goes out for so long, whatever is free: the vendor has said so. */
  holdFor(ms: number): void {
    this.#heldUntilMs = Math.max(this.#heldUntilMs, this.now() + ms);
  }

  /**
   * What the vendor says of its own count, with an answer whose place is not released yet. A limit that differs from ours takes its place.
   * What it counts beyond requests of ours that it must have counted is taken to be others'.
   * @param remaining how many requests of this window it still lets in
   */
  observe(told: { readonly requests: number; readonly windowMs: number; readonly remaining: number }): void {
    const { requests, windowMs, remaining } = told;
    if (requests < 1 || windowMs < 1) return;
    this.#limit = { ...this.#limit, requests, windowMs };
    this.#settle();
    const nowMs = this.now();
    const surelyOurs = 1 + this.#cooling.filter(({ sentMs }) => sentMs > nowMs - windowMs).length;
    const theirs = requests - remaining - surelyOurs;
    if (theirs <= 0) return;
    // Any of them may have come just now, in place of one that was known before: all of them count from now on.
    const before = this.#others.slice(0, Math.max(0, this.#others.length - theirs));
    this.#others = [...before, ...Array.from({ length: theirs }, () => nowMs + windowMs)];
  }

  async #whenFree(signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      this.#settle();
      const { requests, atOnce = Infinity, reserve = 0 } = this.#limit;
      const isFull = this.#underWay >= atOnce;
      const taken = this.#underWay + this.#cooling.length + this.#others.length;
      const isSpent = taken >= Math.max(1, requests - reserve);
      const nowMs = this.now();
      if (!isFull && !isSpent && nowMs >= this.#heldUntilMs) {
        this.#underWay += 1;
        this.#taken += 1;
        return;
      }
      const nextMs = Math.max(this.#heldUntilMs, isSpent ? this.#nextFreeMs() : 0);
      this.#freed = Promise.withResolvers();
      await waitUntil(isFull ? Infinity : nextMs - nowMs, this.#freed.promise, signal);
    }
  }

  #hold(): Place {
    const sentMs = this.now();
    let isHeld = true;
    return {
      release: () => {
        if (!isHeld) return;
        isHeld = false;
        this.#underWay -= 1;
        this.#cooling.push({ sentMs, freeMs: this.now() + this.#limit.windowMs });
        this.#freed.resolve(undefined);
      },
    };
  }

  #nextFreeMs(): number {
    return Math.min(this.#cooling[0]?.freeMs ?? Infinity, this.#others[0] ?? Infinity);
  }

  #settle(): void {
    const nowMs = this.now();
    while ((this.#cooling[0]?.freeMs ?? Infinity) <= nowMs) this.#cooling.shift();
    this.#others = this.#others.filter((freeMs) => freeMs > nowMs);
  }
}
