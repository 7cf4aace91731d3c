import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isUuid, PlatformError, reasonOf, type Projection } from '@samspill/kernel';
import { failureCode } from '../audit/audit-trail.js';
import { BackgroundLoop } from '../background-loop.js';
import { WorkInHand } from '../work-in-hand.js';
import { inOperation } from '../telemetry/operating.js';
import { spillFolderOf } from './build-part.js';
import { hasExpired, runInspection } from './inspection-task.js';
import { Cancelled, OperationRun } from './operation-run.js';
import { UNFINISHED, type Operation } from './operation.js';
import { dropUnfinished, runRebuild } from './rebuild-task.js';
import type { TaskDependencies } from './task-dependencies.js';

/** How often an instance looks for what another was asked for, or has left behind. */
const POLL_MS = 1_000;
/** Operations that one instance works on at a time; each may take the memory that it was allowed. */
const MAX_AT_ONCE = 4;
/** Spill files of operations that this service's database does not know may be another service's, which is at work on them. */
const UNKNOWN_SPILL_MS = 24 * 3_600_000;
/** Time within which any instance has written down which generation it made. */
const ORPHAN_MS = 3_600_000;
/** An operation whose database or log cannot be reached is tried again after so long, doubled each time. */
const RETRY = { firstMs: 500, maxMs: 30_000 };

/** Works on operations: those that nobody has begun, and those whose instance has died. */
export class OperationRunner {
  readonly #loop = new BackgroundLoop((signal) => this.#run(signal));
  readonly #hand = new WorkInHand({
    maxAtOnce: MAX_AT_ONCE,
    retry: RETRY,
    brokenOff: (id, error) => {
      this.dependencies.logger.warn('an operation was broken off', {
        operation: id,
        reason: reasonOf(error),
      });
    },
    ended: () => {
      this.#loop.wake();
    },
  });

  constructor(
    private readonly dependencies: TaskDependencies,
    private readonly projections: readonly Projection[],
  ) {}

  start(): void {
    this.#loop.start();
  }

  /** Lets go of what is being worked on; another instance, or the next start, goes on with it. */
  async stop(): Promise<void> {
    await this.#loop.stop(new PlatformError('operation.stopping', 'The service is stopping.', true));
    await this.#hand.allEnded();
  }

  /** Looks at once whether there is something to do. */
  wake(): void {
    this.#loop.wake();
  }

  async #run(signal: AbortSignal): Promise<void> {
    await this.#sweep();
    await this.#dropOrphans();
    while (!signal.aborted) {
      try {
        for (const operation of await this.dependencies.store.operations.open())
          this.#begin(operation, signal);
      } catch (error) {
        this.dependencies.logger.debug('operations cannot be looked up', { reason: reasonOf(error) });
      }
      await this.#loop.sleep(POLL_MS);
    }
  }

  #begin(operation: Operation, signal: AbortSignal): void {
    // Whatever it is about, it can be given up.
    const isForUs = this.#knows(operation) || operation.wish === 'cancel';
    if (signal.aborted || !isWaiting(operation) || !isForUs) return;
    this.#hand.begin(operation.id, () => this.#work(operation, signal));
  }

  /** What an instance of a newer version has begun is not for this one. Of an older version, somebody has to say that it is no more. */
  #knows({ parts }: Operation): boolean {
    return parts.every(({ projection: name, version }) =>
      this.projections.some((projection) => projection.name === name && projection.version >= version),
    );
  }

  /** Runs an operation unless another instance does. */
  async #work({ id }: Operation, signal: AbortSignal): Promise<void> {
    const { store, log, logger } = this.dependencies;
    const isOurs = await store.exclusively(`operation ${id}`, async (lost) => {
      const claimed = await store.operations.claim(id);
      if (!claimed || !isWaiting(claimed.operation)) return true;
      await this.#removeSpill(id);
      const dependencies = { store, log, logger, projections: this.projections };
      const run = new OperationRun(dependencies, claimed, AbortSignal.any([signal, lost]));
      try {
        const task = claimed.operation.task.kind === 'rebuild' ? runRebuild : runInspection;
        await inOperation(claimed.operation, () => task(run, this.dependencies));
        this.#hand.wentWell(id);
      } catch (error) {
        await this.#ended(run, error, signal.aborted || lost.aborted);
      } finally {
        await run.close();
        await this.#removeSpill(id);
      }
      return true;
    });
    if (!isOurs) this.#hand.putOff(id, POLL_MS);
  }

  /** What becomes of an operation whose run has thrown. */
  async #ended(run: OperationRun, error: unknown, hasLetGo: boolean): Promise<void> {
    const { id, state } = run.operation;
    const endedAt = new Date().toISOString();
    if (error instanceof Cancelled || run.signal.reason instanceof Cancelled) {
      await dropUnfinished(run, this.dependencies);
      await run.save({ state: 'cancelled', settled: 'cancel', endedAt });
      return;
    }
    if (hasLetGo || run.signal.aborted) return;
    const failure = reasonOf(error);
    if (error instanceof PlatformError && error.retryable) {
      this.#hand.putOff(id);
      this.dependencies.logger.warn('an operation waits', { operation: id, reason: failure });
      await run.save({ failure });
      return;
    }
    this.dependencies.logger.error('an operation has failed', { operation: id, reason: failure });
    if (state === 'done') {
      await run.save({ settled: 'undo', failure }, failureCode(error));
      return;
    }
    await dropUnfinished(run, this.dependencies).catch(() => undefined); // the next rebuild tidies what is left
    await run.save({ state: 'failed', failure, endedAt }, failureCode(error));
  }

  async #removeSpill(id: string): Promise<void> {
    await rm(spillFolderOf(this.dependencies, id), { recursive: true, force: true });
  }

  /** Drops inspected generations whose instance ended before it had written down that they are its operation's. */
  async #dropOrphans(): Promise<void> {
    const { store } = this.dependencies;
    try {
      const known = (await store.operations.open()).flatMap(({ parts }) => parts);
      for (const projection of this.projections) {
        for (const { number, state, createdAt } of await store.generations(projection)) {
          const isKnown = known.some(
            (part) => part.projection === projection.name && part.generation === number,
          );
          const isOld = Date.parse(createdAt) < Date.now() - ORPHAN_MS;
          if (state === 'inspection' && isOld && !isKnown) await store.dropGeneration(projection, number);
        }
      }
    } catch (error) {
      this.dependencies.logger.debug('inspected generations were not tidied', { reason: reasonOf(error) });
    }
  }

  /** Removes what operations that have ended elsewhere, or were lost with their database, have left on this machine's disk. */
  async #sweep(): Promise<void> {
    const { spillFolder, store } = this.dependencies;
    try {
      for (const id of (await readdir(spillFolder)).filter((name) => isUuid(name))) {
        const operation = await store.operations.find(id);
        const { mtimeMs } = await stat(join(spillFolder, id));
        const isOver = operation
          ? !UNFINISHED.includes(operation.state)
          : mtimeMs < Date.now() - UNKNOWN_SPILL_MS;
        if (isOver) await this.#removeSpill(id);
      }
    } catch (error) {
      this.dependencies.logger.debug('the spill folder was not tidied', { reason: reasonOf(error) });
    }
  }
}

/** Whether there is something to do for an operation now. */
function isWaiting(operation: Operation): boolean {
  const { state, wish, task } = operation;
  switch (state) {
    case 'waiting':
    case 'running':
      return true;
    case 'paused':
      return wish !== 'pause';
    case 'ready':
      return task.kind === 'inspection'
        ? wish === 'drop' || wish === 'cancel' || hasExpired(operation)
        : wish === 'switch' || wish === 'verify' || wish === 'cancel';
    case 'done':
      return task.kind === 'rebuild' && wish === 'undo';
    case 'failed':
    case 'cancelled':
    case 'undone':
      return false;
  }
}
