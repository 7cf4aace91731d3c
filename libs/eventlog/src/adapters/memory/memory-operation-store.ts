import type { AuditNote, AuditNotes } from '../../audit/audit-note.js';
import {
  UNFINISHED,
  type Operation,
  type OperationState,
  type OperationWish,
  type Throttle,
} from '../../operations/operation.js';
import type { ClaimedOperation, OperationChange, OperationStore } from '../../operations/operation-store.js';
import type { Faults } from './faults.js';

/** Operations in memory, by id, in the order in which they were added. They outlive the simulated processes that run them. */
export class MemoryOperations {
  readonly rows = new Map<string, { operation: Operation; run: number }>();
  readonly notes = new Map<string, AuditNote>();
}

/** One process's client of them. */
export class MemoryOperationStore implements OperationStore {
  readonly notes: AuditNotes = {
    put: async (note) => {
      await this.#alive();
      this.#note(note);
    },
    waiting: async (limit) => {
      await this.#alive();
      return [...this.operations.notes.values()].slice(0, limit);
    },
    drop: async (id) => {
      await this.#alive();
      this.operations.notes.delete(id);
    },
  };

  constructor(
    private readonly operations: MemoryOperations,
    private readonly faults: Faults,
  ) {}

  async add(operation: Operation, note?: AuditNote): Promise<Operation | undefined> {
    await this.#alive();
    const projections = new Set(operation.parts.map(({ projection }) => projection));
    const other = this.#all().find(
      ({ task, state, parts }) =>
        operation.task.kind === 'rebuild' &&
        task.kind === 'rebuild' &&
        UNFINISHED.includes(state) &&
        parts.some(({ projection }) => projections.has(projection)),
    );
    if (other) return other;
    this.operations.rows.set(operation.id, { operation, run: 0 });
    this.#note(note);
    return undefined;
  }

  async find(id: string): Promise<Operation | undefined> {
    await this.#alive();
    return this.operations.rows.get(id)?.operation;
  }

  async list(limit: number): Promise<readonly Operation[]> {
    await this.#alive();
    return this.#all().reverse().slice(0, limit);
  }

  async open(): Promise<readonly Operation[]> {
    await this.#alive();
    return this.#all().filter(({ state, wish }) => UNFINISHED.includes(state) || wish === 'undo');
  }

  async wish(
    id: string,
    wish: OperationWish,
    states: readonly OperationState[],
    note?: AuditNote,
  ): Promise<Operation | undefined> {
    await this.#alive();
    return this.#change(id, states, { wish }, note);
  }

  async throttle(id: string, throttle: Throttle, note?: AuditNote): Promise<Operation | undefined> {
    await this.#alive();
    return this.#change(id, UNFINISHED, { throttle }, note);
  }

  async claim(id: string): Promise<ClaimedOperation | undefined> {
    await this.faults.pass('report');
    const row = this.operations.rows.get(id);
    if (!row) return undefined;
    row.run += 1;
    return { ...row };
  }

  async report(id: string, run: number, change: OperationChange): Promise<Operation | undefined> {
    await this.faults.pass('report');
    const row = this.operations.rows.get(id);
    if (row?.run !== run) return undefined;
    const { failure, settled, startedAt, note, ...rest } = change;
    const { operation } = row;
    row.operation = {
      ...operation,
      ...rest,
      failure: failure === undefined ? operation.failure : (failure ?? undefined),
      startedAt: operation.startedAt ?? startedAt,
      wish: operation.wish === settled ? 'run' : operation.wish,
      seenAt: new Date().toISOString(),
    };
    this.#note(note);
    return row.operation;
  }

  #all(): Operation[] {
    return [...this.operations.rows.values()].map(({ operation }) => operation);
  }

  #change(
    id: string,
    states: readonly OperationState[],
    change: Pick<Operation, 'wish'> | Pick<Operation, 'throttle'>,
    note: AuditNote | undefined,
  ): Operation | undefined {
    const row = this.operations.rows.get(id);
    if (!row || !states.includes(row.operation.state)) return undefined;
    row.operation = { ...row.operation, ...change };
    this.#note(note);
    return row.operation;
  }

  #note(note: AuditNote | undefined): void {
    if (note) this.operations.notes.set(note.data.id, note);
  }

  async #alive(): Promise<void> {
    await Promise.resolve();
    this.faults.assertAlive();
  }
}
