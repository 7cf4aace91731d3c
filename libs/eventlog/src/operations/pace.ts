import { setImmediate } from 'node:timers/promises';
import { pause } from '../retry.js';
import type { Throttle } from './operation.js';

/** How long folding may keep the thread before requests are let through. */
const HOLD_MS = 10;
/** How soon a change of throttle, or the end of a pause, is noticed. */
const LOOK_AGAIN_MS = 100;

/** Holds work up: for requests that wait for the thread, while it is paused, and for as long as its throttle says. */
export class Pace {
  isPaused = false;
  throttle: Throttle = {};
  /** Events that the live rows are behind the log, as last seen. */
  liveLag = 0;
  #tookThreadMs = performance.now();
  /** When what has been let through so far would have been let through at the throttle's rate. */
  #paidUntilMs = 0;

  /**
   * Comes after so many events; returns when more may be read.
   * @throws the signal's reason once it is aborted
   */
  async pass(events: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { eventsPerSecond } = this.throttle;
    const nowMs = performance.now();
    this.#paidUntilMs =
      eventsPerSecond === undefined
        ? nowMs
        : Math.max(nowMs, this.#paidUntilMs) + (events * 1_000) / eventsPerSecond;
    while (this.#mustWait()) {
      const leftMs = Math.max(1, this.#paidUntilMs - performance.now());
      await pause(this.isPaused ? LOOK_AGAIN_MS : Math.min(LOOK_AGAIN_MS, leftMs), signal);
      signal.throwIfAborted();
    }
    if (performance.now() - this.#tookThreadMs > HOLD_MS) {
      await setImmediate();
      this.#tookThreadMs = performance.now();
    }
  }

  #mustWait(): boolean {
    const { eventsPerSecond, maxLiveLag } = this.throttle;
    if (this.isPaused) return true;
    if (maxLiveLag !== undefined && this.liveLag > maxLiveLag) return true;
    return eventsPerSecond !== undefined && performance.now() < this.#paidUntilMs;
  }
}
