/** Failures in a row after which nothing is sent any more: one may be chance, and each costs the other side a request. */
const FAILURES_TO_OPEN = 5;
/** The first pause; doubled each time that the trial after it fails. */
const FIRST_PAUSE_MS = 1_000;
/** An outage of hours is found to be over within a minute. */
const LONGEST_PAUSE_MS = 60_000;

/** What is waited for. `words` are the other side's. */
export interface WaitingFor {
  readonly code: string;
  readonly words: string;
}

export type CircuitState =
  | { readonly kind: 'closed' }
  /** Nothing goes out until then; then one call tries. Times in milliseconds since 1970. */
  | {
      readonly kind: 'open';
      readonly waitingFor: WaitingFor;
      readonly sinceMs: number;
      readonly untilMs: number;
    };

/**
 * Keeps calls away from a vendor that does not answer, or has said when it will. It does not try again by itself: the first caller after the
 * pause does, and others are turned away until that one is back.
 */
export class Circuit {
  #failures = 0;
  #pauses = 0;
  #open: (CircuitState & { readonly kind: 'open' }) | undefined;
  #isTried = false;

  constructor(private readonly now: () => number = Date.now) {}

  get state(): CircuitState {
    return this.#open ?? { kind: 'closed' };
  }

  /** Whether a call may go out. `undefined` if so; it has to be followed by one of {@link succeeded}, {@link failed}, {@link untold}. */
  turnedAway(): (CircuitState & { readonly kind: 'open' }) | undefined {
    if (!this.#open) return undefined;
    if (this.now() < this.#open.untilMs || this.#isTried) return this.#open;
    this.#isTried = true;
    return undefined;
  }

  succeeded(): void {
    this.#failures = 0;
    this.#pauses = 0;
    this.#open = undefined;
    this.#isTried = false;
  }

  /** @param retryAfterMs how long the other side has asked to wait: opens at once */
  failed(waitingFor: WaitingFor, retryAfterMs?: number): void {
    this.#failures += 1;
    const wasTrial = this.#isTried;
    this.#isTried = false;
    if (retryAfterMs === undefined && !wasTrial && this.#failures < FAILURES_TO_OPEN) return;
    const pauseMs = retryAfterMs ?? Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#pauses);
    if (retryAfterMs === undefined) this.#pauses += 1;
    const nowMs = this.now();
    const untilMs = Math.max(this.#open?.untilMs ?? 0, nowMs + pauseMs);
    this.#open = { kind: 'open', waitingFor, sinceMs: this.#open?.sinceMs ?? nowMs, untilMs };
  }

  /** The call says nothing about the other side: it never got there, or its caller gave up. */
  untold(): void {
    this.#isTried = false;
  }
}
