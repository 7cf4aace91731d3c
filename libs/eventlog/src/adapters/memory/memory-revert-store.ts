import type { AuditNote } from '../../audit/audit-note.js';
import {
  REVERT_DEEDS,
  UNFINISHED_REVERTS,
  type Revert,
  type RevertItem,
  type RevertState,
  type RevertWish,
} from '../../revert/revert.js';
import type {
  ClaimedRevert,
  ItemQuery,
  PreviewPage,
  PreviewProgress,
  RevertChange,
  RevertStart,
  RevertStore,
  SettledItem,
} from '../../revert/revert-store.js';
import type { Faults } from './faults.js';

interface MemoryRevert {
  revert: Revert;
  run: number;
  progress: PreviewProgress | undefined;
  readonly items: Map<string, RevertItem>;
}

/** Reverts in memory, by id, in the order in which they were added. They outlive the simulated processes that work on them. */
export class MemoryReverts {
  readonly rows = new Map<string, MemoryRevert>();
}

/** One process's client of them. */
export class MemoryRevertStore implements RevertStore {
  constructor(
    private readonly reverts: MemoryReverts,
    private readonly notes: Map<string, AuditNote>,
    private readonly faults: Faults,
  ) {}

  async add(revert: Revert): Promise<void> {
    await this.#alive();
    this.reverts.rows.set(revert.id, { revert, run: 0, progress: undefined, items: new Map() });
  }

  async find(id: string): Promise<Revert | undefined> {
    await this.#alive();
    return this.reverts.rows.get(id)?.revert;
  }

  async list(limit: number): Promise<readonly Revert[]> {
    await this.#alive();
    return this.#all().reverse().slice(0, limit);
  }

  async open(): Promise<readonly Revert[]> {
    await this.#alive();
    return this.#all().filter(({ state }) => UNFINISHED_REVERTS.includes(state));
  }

  async wish(
    id: string,
    wish: RevertWish,
    states: readonly RevertState[],
    note?: AuditNote,
  ): Promise<Revert | undefined> {
    await this.#alive();
    const row = this.reverts.rows.get(id);
    if (!row || !states.includes(row.revert.state)) return undefined;
    this.#note(note);
    return (row.revert = { ...row.revert, wish });
  }

  async start(id: string, { by, reason, at, note }: RevertStart): Promise<Revert | undefined> {
    await this.#alive();
    const row = this.reverts.rows.get(id);
    if (!row) return undefined;
    const { company, state } = row.revert;
    const other = this.#all().find(
      (revert) =>
        revert.id !== id &&
        revert.company === company &&
        (revert.state === 'started' || revert.state === 'paused'),
    );
    if (other) return other;
    if (state !== 'planned') return undefined;
    this.#note(note);
    return (row.revert = { ...row.revert, state: 'started', startedBy: by, reason, startedAt: at });
  }

  async claim(id: string): Promise<ClaimedRevert | undefined> {
    await this.faults.pass('report');
    const row = this.reverts.rows.get(id);
    if (!row) return undefined;
    row.run += 1;
    const { revert, run, progress } = row;
    return { revert, run, progress };
  }

  async addItems(id: string, run: number, page: PreviewPage): Promise<Revert | undefined> {
    await this.faults.pass('report');
    const row = this.reverts.rows.get(id);
    if (row?.run !== run) return undefined;
    for (const item of page.items) row.items.set(item.stream, item);
    row.progress = page.progress;
    return (row.revert = { ...row.revert, counts: page.counts });
  }

  async pending(id: string, limit: number): Promise<readonly RevertItem[]> {
    await this.#alive();
    return this.#items(id)
      .filter(({ verdict, outcome }) => !outcome && REVERT_DEEDS.some((deed) => deed === verdict))
      .slice(0, limit);
  }

  async settle(id: string, run: number, settled: readonly SettledItem[]): Promise<Revert | undefined> {
    await this.faults.pass('report');
    const row = this.reverts.rows.get(id);
    if (row?.run !== run) return undefined;
    const outcomes = { ...row.revert.counts.outcomes };
    for (const { stream, outcome, reason } of settled) {
      const item = row.items.get(stream);
      if (!item || item.outcome) continue;
      row.items.set(stream, { ...item, outcome, reason: reason ?? item.reason });
      outcomes[outcome] += 1;
    }
    return (row.revert = { ...row.revert, counts: { ...row.revert.counts, outcomes } });
  }

  async report(id: string, run: number, change: RevertChange): Promise<Revert | undefined> {
    await this.faults.pass('report');
    const row = this.reverts.rows.get(id);
    if (row?.run !== run) return undefined;
    const { revert } = row;
    const { failure, settled, note, ...rest } = change;
    this.#note(note);
    return (row.revert = {
      ...revert,
      ...rest,
      failure: failure === undefined ? revert.failure : (failure ?? undefined),
      wish: revert.wish === settled ? 'run' : revert.wish,
    });
  }

  async items(
    id: string,
    { verdict, outcome, after = '', limit }: ItemQuery,
  ): Promise<readonly RevertItem[]> {
    await this.#alive();
    return this.#items(id)
      .filter((item) => verdict === undefined || item.verdict === verdict)
      .filter((item) => outcome === undefined || item.outcome === outcome)
      .filter(({ stream }) => stream > after)
      .slice(0, limit);
  }

  async dropItems(endedBefore: string): Promise<void> {
    await this.#alive();
    for (const { revert, items } of this.reverts.rows.values())
      if (revert.endedAt !== undefined && revert.endedAt < endedBefore) items.clear();
  }

  #note(note: AuditNote | undefined): void {
    if (note) this.notes.set(note.data.id, note);
  }

  #all(): Revert[] {
    return [...this.reverts.rows.values()].map(({ revert }) => revert);
  }

  #items(id: string): RevertItem[] {
    const items = [...(this.reverts.rows.get(id)?.items.values() ?? [])];
    return items.sort((a, b) => (a.stream < b.stream ? -1 : 1));
  }

  async #alive(): Promise<void> {
    await Promise.resolve();
    this.faults.assertAlive();
  }
}
