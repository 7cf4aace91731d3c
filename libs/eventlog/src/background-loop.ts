import { Wake } from './wake.js';

/** Work that goes on from a start to a stop, and may sleep until there is something to do. It can be started again after a stop. */
export class BackgroundLoop {
  readonly #wake = new Wake();
  #stop = new AbortController();
  #running: Promise<void> | undefined;

  /** @param run ends soon after its signal is aborted, and meets its own failures */
  constructor(private readonly run: (signal: AbortSignal) => Promise<void>) {}

  /** Aborted from the stop on, until the next start. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  start(): void {
    this.#stop = new AbortController();
    this.#running = this.run(this.#stop.signal);
  }

  /**
   * Resolves when the work has ended.
   * @param reason that whatever heeds the signal is told
   */
  async stop(reason?: Error): Promise<void> {
    this.#stop.abort(reason);
    this.#wake.call();
    await this.#running;
  }

  /** Ends the sleep, or else the next one before it begins. */
  wake(): void {
    this.#wake.call();
  }

  /** For the work itself: until somebody wakes it, or time is up. */
  async sleep(maxMs: number): Promise<void> {
    await this.#wake.sleep(maxMs);
  }
}
