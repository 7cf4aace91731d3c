import { PlatformError, reasonOf } from '@samspill/kernel';
import { BackgroundLoop } from '../background-loop.js';
import type { ProjectionStore } from '../projection-store.js';
import { WorkInHand } from '../work-in-hand.js';
import type { RevertDependencies } from './revert-dependencies.js';
import { RevertRun, TakenOver } from './revert-run.js';
import type { Revert } from './revert.js';

/** How often an instance looks for what another was asked for, or has left behind. */
const POLL_MS = 1_000;
/** Reverts that one instance works on at a time. */
const MAX_AT_ONCE = 2;
/** A revert whose database cannot be reached, or whose log does not let writers through, is tried again after so long, doubled each time. */
const RETRY = { firstMs: 500, maxMs: 30_000 };
/** The streams have moved on since; who still means it, makes a new plan. */
const PLANS_KEPT_DAYS = 7;
/** What was previewed and done is kept this long after the end, for those who want to know. */
const ITEMS_KEPT_DAYS = 90;
const TIDY_EVERY_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** Works on reverts: those that nobody has begun, and those whose instance has died. */
export class RevertRunner {
  readonly #loop = new BackgroundLoop((signal) => this.#run(signal));
  readonly #hand = new WorkInHand({
    maxAtOnce: MAX_AT_ONCE,
    retry: RETRY,
    brokenOff: (id, error) => {
      this.dependencies.logger.warn('a revert was broken off', { revert: id, reason: reasonOf(error) });
    },
    ended: () => {
      this.#loop.wake();
    },
  });
  #tidyAtMs = 0;

  constructor(
    private readonly dependencies: RevertDependencies,
    private readonly exclusively: ProjectionStore['exclusively'],
  ) {}

  start(): void {
    this.#loop.start();
  }

  /** Lets go of what is being worked on; another instance, or the next start, goes on with it. */
  async stop(): Promise<void> {
    await this.#loop.stop();
    await this.#hand.allEnded();
  }

  /** Looks at once whether there is something to do. */
  wake(): void {
    this.#loop.wake();
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        for (const revert of await this.dependencies.reverts.open()) this.#begin(revert, signal);
        await this.#tidy();
      } catch (error) {
        this.dependencies.logger.debug('reverts cannot be looked up', { reason: reasonOf(error) });
      }
      await this.#loop.sleep(POLL_MS);
    }
  }

  async #tidy(): Promise<void> {
    if (Date.now() < this.#tidyAtMs) return;
    const before = (days: number): string => new Date(Date.now() - days * DAY_MS).toISOString();
    await this.dependencies.reverts.tidy(before(ITEMS_KEPT_DAYS), before(PLANS_KEPT_DAYS));
    this.#tidyAtMs = Date.now() + TIDY_EVERY_MS;
  }

  #begin(revert: Revert, signal: AbortSignal): void {
    if (signal.aborted || !isWaiting(revert)) return;
    this.#hand.begin(revert.id, () => this.#work(revert.id, signal));
  }

  async #work(id: string, signal: AbortSignal): Promise<void> {
    const isOurs = await this.exclusively(`revert ${id}`, async (lost) => {
      const claimed = await this.dependencies.reverts.claim(id);
      if (!claimed || !isWaiting(claimed.revert)) return true;
      const ended = AbortSignal.any([signal, lost]);
      const run = new RevertRun(claimed, this.dependencies, ended);
      try {
        await run.toTheEnd();
        this.#hand.wentWell(id);
      } catch (error) {
        if (!(error instanceof TakenOver) && !ended.aborted) await this.#failed(run, error);
      }
      return true;
    });
    if (isOurs === undefined) this.#hand.putOff(id, POLL_MS);
  }

  async #failed(run: RevertRun, error: unknown): Promise<void> {
    const { id } = run.revert;
    const failure = reasonOf(error);
    if (error instanceof PlatformError && error.retryable) {
      this.#hand.putOff(id);
      this.dependencies.logger.warn('a revert waits', { revert: id, reason: failure });
      await run.report({ failure });
      return;
    }
    this.dependencies.logger.error('a revert has failed', { revert: id, reason: failure });
    await run.end('failed', { error, reason: failure });
  }
}

/** Whether there is something to do for a revert now. */
function isWaiting({ state, wish }: Revert): boolean {
  switch (state) {
    case 'planning':
    case 'started':
      return true;
    case 'planned':
      return wish === 'cancel';
    case 'paused':
      return wish !== 'pause';
    case 'finished':
    case 'cancelled':
    case 'failed':
      return false;
  }
}
