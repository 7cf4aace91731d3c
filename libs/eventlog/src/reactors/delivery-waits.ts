import type { DeliveryLedger, DeliveryWait } from './delivery-ledger.js';
import type { OutsideLimits } from './outside.js';

/** Calls of one company in a row whose outcome nobody knows, after which its others wait as well. */
const UNKNOWN_BEFORE_WAITING = 3;

/** What one call says about whether the other side can be called at all. */
export type CallOutcome =
  | { readonly kind: 'not-called' }
  | { readonly kind: 'answered' }
  /** `isCertain`: the other side said that it takes nothing now. Otherwise it just did not answer. */
  | {
      readonly kind: 'failed';
      readonly isCertain: boolean;
      readonly code: string;
      readonly words: string;
      readonly retryAfterMs: number | undefined;
    };

/** How long to wait before an attempt: doubled with each, of random length so that many do not come at once, never less than asked for. */
export function backoffMs(
  failures: number,
  { firstRetryMs, longestRetryMs }: Pick<OutsideLimits, 'firstRetryMs' | 'longestRetryMs'>,
  retryAfterMs: number | undefined,
  random: () => number,
): number {
  const ceilingMs = Math.min(longestRetryMs, firstRetryMs * 2 ** Math.min(failures - 1, 30));
  return Math.max(retryAfterMs ?? 0, Math.round(ceilingMs * (0.5 + random() / 2)));
}

/** Drawn once for all deliveries of a call: what it leaves undone is due again together, and costs one call again rather than many. */
export function drawnForAll(random: () => number): () => number {
  const drawn = random();
  return () => drawn;
}

/**
 * Companies whose other side takes nothing at the moment: one call after each wait finds out whether it does again. Written down, so that
 * whoever asks is told what is waited for, and the next process does not begin by knocking.
 */
export class DeliveryWaits {
  readonly #waits = new Map<string, DeliveryWait>();
  readonly #unknown = new Map<string, number>();
  #open: ReadonlySet<string> | undefined;

  constructor(
    private readonly reactor: string,
    private readonly ledger: DeliveryLedger,
    private readonly limits: OutsideLimits,
  ) {}

  async load(): Promise<void> {
    this.#waits.clear();
    for (const wait of await this.ledger.waits(this.reactor)) this.#waits.set(wait.key, wait);
  }

  /** A company that was not open and is now has not to wait any longer: whoever opened it wants to see it go. */
  async open(keys: ReadonlySet<string>): Promise<void> {
    const before = this.#open;
    this.#open = keys;
    if (!before) return;
    for (const key of keys) {
      if (before.has(key) || !this.#waits.delete(key)) continue;
      this.#unknown.delete(key);
      await this.ledger.endWait(this.reactor, key);
    }
  }

  /** Companies that are waited for. */
  waiting(nowMs: number): readonly string[] {
    return [...this.#waits.values()].filter(({ until }) => Date.parse(until) > nowMs).map(({ key }) => key);
  }

  /** Deliveries that a company's next call may have: one where it has to show first that it is well again. */
  allowed(key: string): number {
    return this.#waits.has(key) ? 1 : this.limits.batchSize;
  }

  async after(key: string, outcome: CallOutcome, nowMs: number): Promise<void> {
    if (outcome.kind === 'not-called') return;
    if (outcome.kind === 'answered') {
      this.#unknown.delete(key);
      if (this.#waits.delete(key)) await this.ledger.endWait(this.reactor, key);
      return;
    }
    const inARow = (this.#unknown.get(key) ?? 0) + 1;
    this.#unknown.set(key, inARow);
    if (!outcome.isCertain && inARow < UNKNOWN_BEFORE_WAITING) return;
    const before = this.#waits.get(key);
    const failures = (before?.failures ?? 0) + 1;
    const untilMs = nowMs + backoffMs(failures, this.limits, outcome.retryAfterMs, Math.random);
    const wait = {
      key,
      failures,
      since: before?.since ?? new Date(nowMs).toISOString(),
      until: new Date(untilMs).toISOString(),
      code: outcome.code,
      words: outcome.words.slice(0, MAX_WORDS),
    };
    this.#waits.set(key, wait);
    await this.ledger.putWait(this.reactor, wait);
  }
}

/** Longest text of the other side that is kept. */
const MAX_WORDS = 500;
