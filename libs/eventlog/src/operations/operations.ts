import {
  isRejection,
  isUuid,
  reject,
  type Actor,
  type Projection,
  type Rejection,
  type Row,
} from '@samspill/kernel';
import { uuidv7 } from '../ids.js';
import type { RowQuery } from '../projection-store.js';
import { compareViews } from '../rebuild/compare.js';
import { endsOf, isByPartition } from '../rebuild/units.js';
import { dropOldGenerations, type DroppedGenerations } from './drop-old.js';
import { begunNote, throttleNote, wishNote } from './operation-audit.js';
import type { OperationRunner } from './operation-runner.js';
import {
  UNFINISHED,
  type InspectionRequest,
  type Operation,
  type OperationKind,
  type OperationPart,
  type OperationState,
  type OperationTask,
  type OperationWish,
  type RebuildDiff,
  type RebuildPlan,
  type RebuildRequest,
  type RebuildScope,
  type Throttle,
} from './operation.js';
import { planRebuild } from './plan-rebuild.js';
import type { TaskDependencies } from './task-dependencies.js';
import { noRowsToExchange, withoutLiveRows } from './without-live-rows.js';

/** What is folded in memory before it goes to disk, in MiB. */
export const DEFAULT_MEMORY_MIB = 512;
/** An inspection that nobody drops is dropped after so many hours. */
export const DEFAULT_EXPIRY_HOURS = 24;
/** Operations that a list shows, newest first. */
const MAX_LISTED = 200;
const HOUR_MS = 3_600_000;

/** In which states something can be wished of a rebuild. */
const POSSIBLE_IN: Readonly<Record<OperationWish, readonly OperationState[]>> = {
  run: ['waiting', 'running', 'paused'],
  pause: ['waiting', 'running', 'paused'],
  cancel: UNFINISHED,
  verify: ['ready'],
  switch: ['ready'],
  undo: ['done'],
  drop: ['ready'],
};

/**
 * What an operator asks of a service. Requests are written down and answered at once; an instance of the service sees to them, and how it
 * goes is in {@link find}.
 */
export class Operations {
  constructor(
    private readonly projections: readonly Projection[],
    private readonly dependencies: TaskDependencies,
    private readonly runner: OperationRunner,
  ) {}

  /** What a rebuild would need. */
  async plan(scope: RebuildScope, memoryMiB = DEFAULT_MEMORY_MIB): Promise<RebuildPlan | Rejection> {
    const chosen = await this.#chosen(scope);
    return isRejection(chosen) ? chosen : await planRebuild(scope, chosen, memoryMiB, this.dependencies);
  }

  /** @param only projections, of those in the scope, that are to be rebuilt; all unless given */
  async rebuild(request: RebuildRequest, only?: readonly string[]): Promise<Operation | Rejection> {
    const chosen = await this.#chosen(request.scope);
    if (isRejection(chosen)) return chosen;
    const projections = chosen.filter(({ name }) => only?.includes(name) ?? true);
    if (request.scope.kind === 'company') {
      const [missing] = await withoutLiveRows(projections, this.dependencies.store);
      if (missing) return reject('operation.company-not-possible', noRowsToExchange(missing));
    }
    const { scope, memoryMiB = DEFAULT_MEMORY_MIB } = request;
    const task = { kind: 'rebuild' as const, scope, switch: request.switch ?? 'automatic', memoryMiB };
    return await this.#add(task, request, projections);
  }

  async inspect(request: InspectionRequest): Promise<Operation | Rejection> {
    const chosen = await this.#chosen(request.scope);
    if (isRejection(chosen)) return chosen;
    const { scope, asOf, memoryMiB = DEFAULT_MEMORY_MIB } = request;
    const hours = request.expiresInHours ?? DEFAULT_EXPIRY_HOURS;
    const expiresAt = new Date(Date.now() + hours * HOUR_MS).toISOString();
    return await this.#add({ kind: 'inspection', scope, asOf, expiresAt, memoryMiB }, request, chosen);
  }

  async find(id: string, kind?: OperationKind): Promise<Operation | Rejection> {
    const found = isUuid(id) ? await this.dependencies.store.operations.find(id) : undefined;
    if (found && (kind === undefined || found.task.kind === kind)) return found;
    return reject('operation.not-found', `There is no ${kind ?? 'operation'} ${id}.`);
  }

  /** Newest first, at most {@link MAX_LISTED}. */
  async list(kind: OperationKind): Promise<readonly Operation[]> {
    const all = await this.dependencies.store.operations.list(MAX_LISTED);
    return all.filter(({ task }) => task.kind === kind);
  }

  /**
   * Says what is wished of an operation; `run` goes on with one that is paused.
   * @param by whoever wishes it, which is put on record; nothing is where it is the service itself
   */
  async wish(
    id: string,
    kind: OperationKind,
    wish: OperationWish,
    by?: Actor,
  ): Promise<Operation | Rejection> {
    const found = await this.find(id, kind);
    if (isRejection(found)) return found;
    const note = by && wishNote(found, wish, by);
    const wished = await this.dependencies.store.operations.wish(id, wish, POSSIBLE_IN[wish], note);
    this.runner.wake();
    return wished ?? notIn(found.state, wish);
  }

  async throttle(id: string, throttle: Throttle, by?: Actor): Promise<Operation | Rejection> {
    const found = await this.find(id);
    if (isRejection(found)) return found;
    const note = by && throttleNote(found, by);
    const changed = await this.dependencies.store.operations.throttle(id, throttle, note);
    return (
      changed ??
      reject('operation.state-conflict', `The operation is ${found.state}: there is nothing to slow down.`)
    );
  }

  /** Drops the former rows of a projection that were kept as the way back: there is nothing to undo afterwards. */
  async dropOld(name: string): Promise<DroppedGenerations | Rejection> {
    const projection = this.projection(name);
    return projection ? await dropOldGenerations(projection, this.dependencies.store) : this.#unknown(name);
  }

  /** How what was built differs from what was live when it was compared; of an inspection, from what is live now. */
  async diff(id: string, projection?: string): Promise<RebuildDiff | Rejection> {
    const found = await this.find(id);
    if (isRejection(found)) return found;
    const part = partOf(found, projection);
    if (isRejection(part)) return part;
    if (found.task.kind === 'inspection') return await this.#diffToLive(found, part);
    return (
      part.diff ??
      reject(
        'operation.diff-not-found',
        `${part.projection} has not been compared with live rows (it is ${part.phase}).`,
      )
    );
  }

  /** Rows of what an inspection has built, in the order of their keys. */
  async rows(id: string, query: RowQuery, projection?: string): Promise<readonly Row[] | Rejection> {
    const found = await this.find(id, 'inspection');
    if (isRejection(found)) return found;
    const part = partOf(found, projection);
    if (isRejection(part)) return part;
    const built = this.#builtBy(found, part);
    if (isRejection(built)) return built;
    const unknown = Object.keys(query.where).find((name) => !(name in built.projection.table.columns));
    if (unknown !== undefined)
      return reject('operation.column-unknown', `${part.projection} has no column ${unknown}.`);
    return await this.dependencies.store.snapshot(built.projection, built.generation, (view) =>
      view.page(query),
    );
  }

  /** The projection that a part of an operation is about. */
  projection(name: string): Projection | undefined {
    return this.projections.find((candidate) => candidate.name === name);
  }

  async #add(
    task: OperationTask,
    { reason, by, throttle = {} }: Pick<RebuildRequest, 'reason' | 'by' | 'throttle'>,
    projections: readonly Projection[],
  ): Promise<Operation | Rejection> {
    const operation: Operation = {
      id: uuidv7(),
      task,
      state: 'waiting',
      wish: 'run',
      reason,
      by,
      throttle,
      parts: projections.map(notBegun),
      createdAt: new Date().toISOString(),
      startedAt: undefined,
      endedAt: undefined,
      seenAt: undefined,
      failure: undefined,
    };
    const other = await this.dependencies.store.operations.add(operation, begunNote(operation));
    if (!other) this.runner.wake();
    return other ? inTheWay(operation, other) : operation;
  }

  /** The projections of a scope. */
  async #chosen(scope: RebuildScope): Promise<readonly Projection[] | Rejection> {
    switch (scope.kind) {
      case 'service':
        return this.projections;
      case 'projection': {
        const found = this.projection(scope.projection);
        return found ? [found] : this.#unknown(scope.projection);
      }
      case 'company': {
        const chosen: Projection[] = [];
        for (const projection of this.projections) {
          if (isByPartition(projection, await endsOf(this.dependencies.log, projection)))
            chosen.push(projection);
        }
        if (chosen.length > 0) return chosen;
        return reject('operation.company-not-possible', 'No projection here keeps its rows by company.');
      }
    }
  }

  #unknown(name: string): Rejection {
    const known = this.projections.map((candidate) => candidate.name).join(', ');
    return reject('operation.projection-not-found', `There is no projection ${name}; there are ${known}.`);
  }

  async #diffToLive(operation: Operation, part: OperationPart): Promise<RebuildDiff | Rejection> {
    const built = this.#builtBy(operation, part);
    if (isRejection(built)) return built;
    const { store } = this.dependencies;
    const { projection, generation } = built;
    const { scope } = operation.task;
    const company = scope.kind === 'company' ? scope.company : undefined;
    const live = (await store.generations(projection)).find(({ state }) => state === 'live');
    if (!live) return reject('operation.diff-not-found', `${projection.name} has no live rows.`);
    const { diff } = await store.snapshot(projection, live.number, (now) =>
      store.snapshot(projection, generation, (then) => compareViews(projection, then, now, company)),
    );
    return diff ?? reject('operation.diff-not-found', `${projection.name} cannot be compared.`);
  }

  #builtBy(
    { state }: Operation,
    { projection: name, generation, phase }: OperationPart,
  ): { readonly projection: Projection; readonly generation: number } | Rejection {
    const projection = this.projection(name);
    if (projection && generation !== undefined && state === 'ready' && phase === 'ready')
      return { projection, generation };
    return reject('operation.state-conflict', `The inspection is ${state}: there are no rows to look at.`);
  }
}

function notBegun({ name, version }: Projection): OperationPart {
  return {
    projection: name,
    version,
    phase: 'waiting',
    progress: {
      eventsRead: 0,
      eventsTotal: 0,
      partitionsDone: 0,
      partitionsTotal: 0,
      rows: 0,
      parked: 0,
      eventsPerSecond: 0,
      percent: 0,
      liveLag: 0,
      spilledBytes: 0,
    },
  };
}

/** The part about a projection; which one need not be said where there is only one. */
function partOf({ parts }: Operation, name: string | undefined): OperationPart | Rejection {
  const named = parts.filter(({ projection }) => name === undefined || projection === name);
  const [first] = named;
  if (first && named.length === 1) return first;
  const known = parts.map(({ projection }) => projection).join(', ');
  return reject('operation.projection-not-found', `Say which projection: one of ${known}.`);
}

function inTheWay({ parts }: Operation, other: Operation): Rejection {
  const names = parts.map(({ projection }) => projection);
  const shared = other.parts.filter(({ projection }) => names.includes(projection));
  return reject(
    'operation.running-conflict',
    `${shared.map(({ projection }) => projection).join(', ')} is being rebuilt already, as ${other.id} (${other.state}).`,
  );
}

function notIn(state: OperationState, wish: OperationWish): Rejection {
  return reject(
    'operation.state-conflict',
    `The operation is ${state}; ${wish} is possible where it is ${POSSIBLE_IN[wish].join(' or ')}.`,
  );
}
