import type { Logger } from '../logger.js';
import { pause } from '../retry.js';
import { nextPreviewPage } from './preview.js';
import { contextOf, PAGE_ITEMS, putBack } from './put-back.js';
import { revertOutcomeNote } from './revert-audit.js';
import type { RevertDependencies } from './revert-dependencies.js';
import type { ClaimedRevert, PreviewProgress, RevertChange } from './revert-store.js';
import type { Revert } from './revert.js';

/** Unpublished events above which a revert waits, so that what others change meanwhile is not stuck behind it. */
const BACKLOG_MAX_EVENTS = 20_000;
const BACKLOG_PAUSE_MS = 100;

/** Another instance works on the revert now. */
export class TakenOver extends Error {
  override readonly name = 'TakenOver';
}

/** One instance's run of a revert: page by page, each with what it has come to; between two pages it does what it is told. */
export class RevertRun {
  readonly #run: number;
  #revert: Revert;
  #progress: PreviewProgress | undefined;

  constructor(
    { revert, run, progress }: ClaimedRevert,
    private readonly dependencies: RevertDependencies,
    private readonly signal: AbortSignal,
  ) {
    this.#revert = revert;
    this.#run = run;
    this.#progress = progress;
  }

  get revert(): Revert {
    return this.#revert;
  }

  /** Works on it until it has ended, waits for a person, or the signal is aborted. @throws TakenOver */
  async toTheEnd(): Promise<void> {
    while (!this.signal.aborted && (await this.#heeded())) {
      const isDone = await (this.#revert.state === 'planning' ? this.#plan() : this.#putBack());
      if (isDone) return;
    }
  }

  /**
   * Writes what has come of it.
   * @param failure code of what it has failed with, for the record
   * @throws TakenOver
   */
  async report(change: RevertChange, failure?: string): Promise<void> {
    const note = revertOutcomeNote(this.#revert, change.state, failure);
    const noted = note ? { ...change, note } : change;
    this.#take(await this.dependencies.reverts.report(this.#revert.id, this.#run, noted));
  }

  /** @returns whether there is something to go on with */
  async #heeded(): Promise<boolean> {
    const { state, wish } = this.#revert;
    if (wish === 'cancel') {
      await this.report({ state: 'cancelled', settled: 'cancel', endedAt: new Date().toISOString() });
      return false;
    }
    if (state === 'planned') return false;
    if (wish === 'pause' && state === 'started') {
      await this.report({ state: 'paused' });
      return false;
    }
    if (state === 'paused') await this.report({ state: 'started' });
    if (state !== 'planning' && this.dependencies.reverting.holdsIntake) await this.#holdIntake();
    return true;
  }

  async #plan(): Promise<boolean> {
    const { reverts } = this.dependencies;
    const page = await nextPreviewPage(this.#revert, this.#progress, this.dependencies);
    if (page.isLast) {
      await this.report({ state: 'planned', failure: null });
      return true;
    }
    this.#take(await reverts.addItems(this.#revert.id, this.#run, page));
    this.#progress = page.progress;
    return false;
  }

  async #putBack(): Promise<boolean> {
    const { reverts, eventStore } = this.dependencies;
    if ((await eventStore.backlog()).count > BACKLOG_MAX_EVENTS) {
      await pause(BACKLOG_PAUSE_MS, this.signal);
      await this.report({}); // which says what is wished meanwhile
      return false;
    }
    const items = await reverts.pending(this.#revert.id, PAGE_ITEMS);
    if (items.length === 0) {
      await this.report({ state: 'finished', failure: null, endedAt: new Date().toISOString() });
      log(this.dependencies.logger, this.#revert);
      return true;
    }
    const settled = await putBack(this.#revert, items, this.dependencies);
    this.#take(await reverts.settle(this.#revert.id, this.#run, settled));
    return false;
  }

  /** Nothing that would undo it comes in from now on, until somebody lets it. */
  async #holdIntake(): Promise<void> {
    const { transact, holds, self } = this.dependencies;
    const { id, company, reason = '' } = this.#revert;
    const { eventId: _, ...context } = contextOf(this.#revert, self);
    await transact(context, (unit) => holds.hold(unit, company, { revert: id, reason }));
  }

  #take(after: Revert | undefined): void {
    if (!after) throw new TakenOver(`another instance works on revert ${this.#revert.id}`);
    this.#revert = after;
  }
}

function log(logger: Logger, { id, company, counts }: Revert): void {
  logger.info('a revert has finished', { revert: id, company, ...counts.outcomes });
}
