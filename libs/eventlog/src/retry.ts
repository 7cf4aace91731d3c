import { setTimeout as delay } from 'node:timers/promises';

export interface BackoffOptions {
  readonly firstMs: number;
  readonly maxMs: number;
}

/** Doubles from the first to the longest wait, with full jitter so that processes do not knock in step. */
export class Backoff {
  #attempt = 0;

  constructor(private readonly options: BackoffOptions) {}

  reset(): void {
    this.#attempt = 0;
  }

  /** Waits for the next interval, or until the signal is aborted. */
  async wait(signal: AbortSignal): Promise<void> {
    const ceilingMs = Math.min(this.options.maxMs, this.options.firstMs * 2 ** this.#attempt);
    this.#attempt += 1;
    await pause(ceilingMs * (0.5 + Math.random() / 2), signal);
  }
}

/** Waits; returns early, without an error, when the signal is aborted. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => undefined);
}
