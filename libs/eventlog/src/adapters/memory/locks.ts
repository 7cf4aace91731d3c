/** Locks by name, first come, first served: what row locks and advisory locks are in a database. */
export class Locks {
  readonly #held = new Map<string, { exclusive: boolean; holders: number; readonly waiting: Waiting[] }>();

  /**
   * Waits for a lock; returns how to let it go. Who shares does not overtake who waits to have it alone.
   * @throws LockTimeout
   */
  async acquire(name: string, mode: 'shared' | 'exclusive', timeoutMs?: number): Promise<() => void> {
    const lock = this.#held.get(name) ?? { exclusive: false, holders: 0, waiting: [] };
    this.#held.set(name, lock);
    const release = (): void => {
      this.#release(name);
    };
    const exclusive = mode === 'exclusive';
    if (lock.waiting.length === 0 && !lock.exclusive && (lock.holders === 0 || !exclusive)) {
      lock.holders += 1;
      lock.exclusive = exclusive;
      return release;
    }
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    const waiting: Waiting = { exclusive, resolve };
    lock.waiting.push(waiting);
    const timer =
      timeoutMs === undefined
        ? undefined
        : setTimeout(() => {
            lock.waiting.splice(lock.waiting.indexOf(waiting), 1);
            reject(new LockTimeout(name));
            this.#admit(name);
          }, timeoutMs);
    await promise;
    clearTimeout(timer);
    return release;
  }

  #release(name: string): void {
    const lock = this.#held.get(name);
    if (!lock) return;
    lock.holders -= 1;
    if (lock.holders === 0) lock.exclusive = false;
    this.#admit(name);
  }

  #admit(name: string): void {
    const lock = this.#held.get(name);
    if (!lock) return;
    for (let next = lock.waiting[0]; next; next = lock.waiting[0]) {
      if (lock.exclusive || (next.exclusive && lock.holders > 0)) return;
      lock.waiting.shift();
      lock.holders += 1;
      lock.exclusive = next.exclusive;
      next.resolve(undefined);
    }
    if (lock.holders === 0) this.#held.delete(name);
  }
}

interface Waiting {
  readonly exclusive: boolean;
  readonly resolve: (value: undefined) => void;
}

export class LockTimeout extends Error {
  override readonly name = 'LockTimeout';
}
