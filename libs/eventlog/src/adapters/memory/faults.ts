/** Places where a simulated process can die or a call can fail. `…before` has no effect yet, `…after` has all of it. */
export type FaultPoint =
  | 'append.before'
  | 'append.after'
  | 'pending'
  | 'acknowledge.before'
  | 'acknowledge.after'
  | 'takeIn.before'
  | 'takeIn.after'
  | 'publish.before'
  | 'publish.between'
  | 'publish.after'
  | 'publish.repeat'
  | 'fetch'
  | 'transaction.begin'
  | 'transaction.commit.before'
  | 'transaction.commit.after'
  | 'load.before'
  | 'load.after'
  | 'index.before'
  | 'index.after'
  | 'report'
  | 'ledger.before'
  | 'ledger.after'
  | 'keys.takeIn'
  | 'keys.forget'
  | 'keys.rewrap'
  | 'exchange.before'
  | 'exchange.after'
  | 'switch.before'
  | 'switch.after';

/** `crash`: the process is dead from here on. `fail`: this call fails. `repeat`: what is published is written twice. */
export type FaultKind = 'crash' | 'fail' | 'repeat';

/** Chance of each kind, from 0 to 1, every time a point is passed. */
export type FaultChances = Readonly<Partial<Record<FaultKind, number>>>;

/** A process that has died meets this at every further call. Nothing may catch it and go on as if it were alive. */
export class SimulatedCrash extends Error {
  override readonly name = 'SimulatedCrash';
}

/** A call that failed though the process lives: a lost connection, a timeout. */
export class SimulatedFailure extends Error {
  override readonly name = 'SimulatedFailure';
}

/**
 * One life of a simulated process: every client made with it dies when it dies. What the process worked on (a `MemoryCluster`,
 * databases) lives on for the next one. The same seed gives the same faults for the same order of calls.
 */
export class Faults {
  readonly #random: () => number;
  readonly #planned: { readonly point: FaultPoint; readonly kind: FaultKind; passes: number }[] = [];
  readonly #onCrash = new Set<() => void>();
  readonly #died = Promise.withResolvers<undefined>();
  #dead: FaultPoint | 'killed' | undefined;

  constructor(
    seed = 1,
    private readonly chances: FaultChances = {},
  ) {
    this.#random = mulberry32(seed);
  }

  /** Where the process died, if it did. */
  get diedAt(): FaultPoint | 'killed' | undefined {
    return this.#dead;
  }

  /** Resolves when the process dies. */
  get died(): Promise<undefined> {
    return this.#died.promise;
  }

  /** Plans one fault for the `nth` time that a point is passed from now on. */
  plan(point: FaultPoint, kind: FaultKind, nth = 1): this {
    this.#planned.push({ point, kind, passes: nth });
    return this;
  }

  /** Kills the process between two calls, as `kill -9` would. */
  kill(at: FaultPoint | 'killed' = 'killed'): void {
    if (this.#dead !== undefined) return;
    this.#dead = at;
    for (const callback of this.#onCrash) callback();
    this.#died.resolve(undefined);
  }

  /** Calls back when the process dies, to let go of what only the living hold. Returns how to end that. */
  onCrash(callback: () => void): () => void {
    this.#onCrash.add(callback);
    return () => this.#onCrash.delete(callback);
  }

  /**
   * Passes a point.
   * @returns whether what is done here is done twice
   * @throws SimulatedCrash, SimulatedFailure
   */
  async pass(point: FaultPoint): Promise<boolean> {
    await Promise.resolve(); // as a call over the network, it lets others go first
    this.assertAlive();
    const kind = this.#next(point);
    if (kind === 'fail') throw new SimulatedFailure(`failed at ${point}`);
    if (kind === 'crash') this.kill(point);
    this.assertAlive();
    return kind === 'repeat';
  }

  assertAlive(): void {
    if (this.#dead !== undefined) throw new SimulatedCrash(`the process died at ${this.#dead}`);
  }

  #next(point: FaultPoint): FaultKind | undefined {
    for (const [index, planned] of this.#planned.entries()) {
      if (planned.point !== point) continue;
      planned.passes -= 1;
      if (planned.passes > 0) continue;
      this.#planned.splice(index, 1);
      return planned.kind;
    }
    // `publish.repeat` is the one point where something can be done twice, and it can do nothing else.
    if (point === 'publish.repeat') return this.#random() < (this.chances.repeat ?? 0) ? 'repeat' : undefined;
    const chance = this.#random();
    const crash = this.chances.crash ?? 0;
    if (chance < crash) return 'crash';
    return chance < crash + (this.chances.fail ?? 0) ? 'fail' : undefined;
  }
}

/** A small generator of numbers from 0 to 1 that a seed repeats (Tommy Ettinger's mulberry32, public domain). */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
