import { PlatformError } from '@samspill/kernel';

/** Keeps a writer to its promise: one thing at a time, and nothing more after a failure. */
export class WriterGuard {
  #state: 'idle' | 'publishing' | 'failed' | 'closed' = 'idle';

  /** @throws Error when something is being published; PlatformError `eventlog.writer-failed` after a failure or `close` */
  async publishing<T>(work: () => Promise<T>): Promise<T> {
    if (this.#state === 'publishing') throw new Error('a writer publishes one thing at a time');
    if (this.#state !== 'idle') {
      throw new PlatformError(
        'eventlog.writer-failed',
        `This writer is ${this.#state}; make a new one.`,
        false,
      );
    }
    this.#state = 'publishing';
    try {
      const result = await work();
      this.#state = 'idle';
      return result;
    } catch (error) {
      this.#state = 'failed';
      throw error;
    }
  }

  close(): void {
    this.#state = 'closed';
  }
}
