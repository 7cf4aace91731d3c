import { reasonOf } from '@samspill/kernel';

/** Tries of a partition that fails come at most this far apart; what has not failed for longer is not this process's any more. */
const FORGET_MS = 30_000;

/** What goes wrong at the moment, by partition: so that one that goes on again does not hide another that does not. */
export class Failures {
  readonly #byPlace = new Map<string, { readonly reason: string; readonly atMs: number }>();
  readonly #seen = new WeakSet();

  /** Runs `work` for a place, and remembers that it failed until it succeeds. */
  async of<T>(place: string, work: () => Promise<T>): Promise<T> {
    try {
      const result = await work();
      this.#byPlace.delete(place);
      this.#byPlace.delete('');
      return result;
    } catch (error) {
      if (error instanceof Error) this.#seen.add(error);
      this.#remember(place, error);
      throw error;
    }
  }

  /** A failure told from outside: of no place, unless it was met in {@link of} already. Returns its reason. */
  met(error: unknown): string {
    if (error instanceof Error && this.#seen.has(error)) return error.message;
    return this.#remember('', error);
  }

  current(nowMs: number): string | undefined {
    for (const [place, { reason, atMs }] of this.#byPlace) {
      if (nowMs - atMs <= FORGET_MS) return reason;
      this.#byPlace.delete(place);
    }
    return undefined;
  }

  #remember(place: string, error: unknown): string {
    const reason = reasonOf(error);
    this.#byPlace.set(place, { reason, atMs: Date.now() });
    return reason;
  }
}
