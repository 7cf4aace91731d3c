/** The rate shown is that of so many seconds: long enough to be steady, short enough to follow a throttle. */
const WINDOW_MS = 5_000;

/** Events a second over the last moments. */
export class ProgressMeter {
  readonly #samples: { readonly atMs: number; readonly events: number }[] = [];
  #events = 0;

  add(events: number): void {
    this.#events += events;
  }

  /** Takes a sample; comes about twice a second. */
  eventsPerSecond(nowMs = performance.now()): number {
    this.#samples.push({ atMs: nowMs, events: this.#events });
    while ((this.#samples[1]?.atMs ?? nowMs) < nowMs - WINDOW_MS) this.#samples.shift();
    const first = this.#samples[0];
    if (!first || nowMs <= first.atMs) return 0;
    return ((this.#events - first.events) * 1_000) / (nowMs - first.atMs);
  }
}
