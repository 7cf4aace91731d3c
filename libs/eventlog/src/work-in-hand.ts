import type { BackoffOptions } from './retry.js';

export interface WorkInHandOptions {
  /** Pieces that are worked on at a time. */
  readonly maxAtOnce: number;
  /** How long a piece that went wrong is left alone; doubled each time. */
  readonly retry: BackoffOptions;
  readonly brokenOff: (id: string, error: unknown) => void;
  /** Called after each piece, however it ended. */
  readonly ended: () => void;
}

/** Pieces of work, each known by an id, that one instance works on side by side. One that goes wrong is put off, and begun again. */
export class WorkInHand {
  readonly #active = new Map<string, Promise<void>>();
  readonly #putOff = new Map<string, { readonly untilMs: number; readonly waitMs: number }>();

  constructor(private readonly options: WorkInHandOptions) {}

  /** Begins a piece, unless it is being worked on, is put off, or there are as many as may be. */
  begin(id: string, work: () => Promise<void>): void {
    const { maxAtOnce, brokenOff, ended } = this.options;
    const isPutOff = Date.now() < (this.#putOff.get(id)?.untilMs ?? 0);
    if (this.#active.size >= maxAtOnce || this.#active.has(id) || isPutOff) return;
    const working = work()
      .catch((error: unknown) => {
        brokenOff(id, error);
        this.putOff(id);
      })
      .finally(() => {
        this.#active.delete(id);
        ended();
      });
    this.#active.set(id, working);
  }

  /** @param fixedMs for how long, where that is known */
  putOff(id: string, fixedMs?: number): void {
    const { firstMs, maxMs } = this.options.retry;
    const waitMs = fixedMs ?? Math.min(maxMs, 2 * (this.#putOff.get(id)?.waitMs ?? firstMs / 2));
    this.#putOff.set(id, { untilMs: Date.now() + waitMs, waitMs });
  }

  /** The piece went well: what had gone wrong with it before counts no more. */
  wentWell(id: string): void {
    this.#putOff.delete(id);
  }

  async allEnded(): Promise<void> {
    await Promise.all(this.#active.values());
  }
}
