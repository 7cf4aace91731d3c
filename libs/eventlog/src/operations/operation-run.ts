import { PlatformError, reasonOf, type Projection } from '@samspill/kernel';
import type { Log } from '../log.js';
import type { Logger } from '../logger.js';
import type { ProjectionStore } from '../projection-store.js';
import { pause } from '../retry.js';
import { PhaseSpans } from '../telemetry/operating.js';
import { outcomeNote } from './operation-audit.js';
import type { ClaimedOperation, OperationChange } from './operation-store.js';
import type { Operation, OperationPart, PartProgress } from './operation.js';
import { Pace } from './pace.js';
import { ProgressMeter } from './progress-meter.js';

/** How often progress is written, and what is wished is looked at. */
const HEARTBEAT_MS = 500;

/** Somebody has asked for the operation to be given up. */
export class Cancelled extends Error {
  override readonly name = 'Cancelled';
}

export interface RunDependencies {
  readonly store: ProjectionStore;
  readonly log: Log;
  readonly logger: Logger;
  readonly projections: readonly Projection[];
}

/**
 * One instance's run of an operation: what has been done is written to its row, what is wished is read from there, and reading is held up
 * accordingly.
 */
export class OperationRun {
  readonly pace = new Pace();
  readonly #abort = new AbortController();
  readonly #signal: AbortSignal;
  readonly #run: number;
  #operation: Operation;
  #parts: OperationPart[];
  #meter = new ProgressMeter();
  readonly #phases = new PhaseSpans();
  /** The part that is being worked on. */
  #current: number | undefined;
  #beating: Promise<void>;
  readonly #stopBeating = new AbortController();

  constructor(
    private readonly dependencies: RunDependencies,
    { operation, run }: ClaimedOperation,
    signal: AbortSignal,
  ) {
    this.#operation = operation;
    this.#run = run;
    this.#parts = [...operation.parts];
    this.#signal = AbortSignal.any([signal, this.#abort.signal]);
    this.#heed(operation);
    this.#beating = this.#beat();
  }

  get operation(): Operation {
    return this.#operation;
  }

  get parts(): readonly OperationPart[] {
    return this.#parts;
  }

  /** Aborted when the run has to end: cancelled, taken over by another instance, or the service stops. */
  get signal(): AbortSignal {
    return this.#signal;
  }

  part(index: number): OperationPart {
    const part = this.#parts[index];
    if (!part) throw new RangeError(`the operation has no part ${index}`);
    return part;
  }

  /** The projection of a part. @throws PlatformError where this service has it no more, or in another version */
  projectionOf(index: number): Projection {
    const known = this.knownProjectionOf(index);
    if (known) return known;
    const { projection: name, version } = this.part(index);
    const found = this.dependencies.projections.find((candidate) => candidate.name === name);
    throw new PlatformError(
      'operation.projection-changed',
      `${name} version ${version} is not what this service has now (${found ? `version ${found.version}` : 'none'}); start the operation again.`,
      false,
    );
  }

  /** The projection of a part, where this service has it in this version. */
  knownProjectionOf(index: number): Projection | undefined {
    const { projection: name, version } = this.part(index);
    return this.dependencies.projections.find(
      (candidate) => candidate.name === name && candidate.version === version,
    );
  }

  /** Says which part is being worked on, and writes how it stands. */
  async enter(index: number, change: Partial<OperationPart>): Promise<void> {
    if (this.#current !== index) this.#meter = new ProgressMeter();
    this.#current = index;
    this.update(index, change);
    await this.save();
  }

  /** Changes a part; the next heartbeat writes it. */
  update(index: number, change: Partial<OperationPart>): void {
    const part = { ...this.part(index), ...change };
    this.#parts[index] = part;
    if (change.phase !== undefined) this.#phases.enter(part);
  }

  /** Runs what a part's phase consists of, so that a trace shows it in that phase. */
  inPhase<T>(work: () => T): T {
    return this.#phases.within(work);
  }

  /** Puts another account of a part in place of what there is, and writes it. */
  async replace(index: number, part: OperationPart): Promise<void> {
    this.#parts[index] = part;
    await this.save();
  }

  progress(index: number, change: Partial<PartProgress>): void {
    this.update(index, { progress: { ...this.part(index).progress, ...change } });
  }

  /** Comes after every batch of events that a part has read. */
  async passed(index: number, events: number): Promise<void> {
    this.#meter.add(events);
    const { eventsRead } = this.part(index).progress;
    if (events > 0) this.progress(index, { eventsRead: eventsRead + events });
    await this.pace.pass(events, this.#signal);
  }

  /**
   * Writes the parts, and what else has changed, at once.
   * @param failureCode of what it has failed with, for the record
   */
  async save(change: OperationChange = {}, failureCode?: string): Promise<void> {
    const { operations } = this.dependencies.store;
    const now = { ...this.#operation, parts: this.#parts, state: change.state ?? this.#operation.state };
    const note = outcomeNote(this.#operation.state, now, failureCode);
    const after = await operations.report(this.#operation.id, this.#run, {
      parts: this.#parts,
      ...change,
      ...(note && { note }),
    });
    if (!after) {
      this.#abort.abort(takenOver(this.#operation.id));
      throw takenOver(this.#operation.id);
    }
    this.#operation = after;
    this.#heed(after);
  }

  /** Ends the run: something that it stands on is gone. */
  abort(reason: unknown): void {
    this.#abort.abort(reason);
  }

  async close(): Promise<void> {
    this.#phases.end();
    this.#stopBeating.abort();
    await this.#beating;
  }

  #heed({ state, wish, throttle }: Operation): void {
    const isWorking = state === 'running' || state === 'paused';
    this.pace.throttle = throttle;
    this.pace.isPaused = isWorking && wish === 'pause';
    if (isWorking && wish === 'cancel') this.#abort.abort(new Cancelled('cancelled'));
  }

  #hasEnded(): boolean {
    return this.#stopBeating.signal.aborted;
  }

  async #beat(): Promise<void> {
    const { signal } = this.#stopBeating;
    for (;;) {
      await pause(HEARTBEAT_MS, signal);
      if (this.#hasEnded()) return;
      try {
        await this.#measure();
        await this.save(this.#stateNow());
      } catch (error) {
        // The work itself meets what is wrong; a heartbeat that is missed is made up for by the next.
        this.dependencies.logger.debug('an operation could not be reported on', {
          operation: this.#operation.id,
          reason: reasonOf(error),
        });
      }
    }
  }

  #stateNow(): OperationChange {
    const { state } = this.#operation;
    if (state === 'running' && this.pace.isPaused) return { state: 'paused' };
    if (state === 'paused' && !this.pace.isPaused) return { state: 'running' };
    return {};
  }

  async #measure(): Promise<void> {
    const index = this.#current;
    if (index === undefined) return;
    const liveLag = await this.#liveLag(this.projectionOf(index));
    this.pace.liveLag = liveLag;
    const { eventsRead, eventsTotal } = this.part(index).progress;
    const eventsPerSecond = Math.round(this.#meter.eventsPerSecond());
    const { etaMs: _, ...progress } = this.part(index).progress;
    const left = Math.max(0, eventsTotal - eventsRead);
    this.update(index, {
      progress: {
        ...progress,
        liveLag,
        eventsPerSecond,
        percent: percentOf(eventsRead, eventsTotal),
        ...(eventsPerSecond > 0 && { etaMs: Math.round((left * 1_000) / eventsPerSecond) }),
      },
    });
  }

  async #liveLag(projection: Projection): Promise<number> {
    const { store, log } = this.dependencies;
    const live = (await store.generations(projection)).find(({ state }) => state === 'live');
    if (!live) return 0;
    const checkpoints = await store.checkpoints(projection, live.number);
    let lag = 0n;
    for (const topic of projection.topics) {
      for (const [partition, { end }] of (await log.ends(topic)).entries()) {
        const own = checkpoints.find((place) => place.topic === topic && place.partition === partition);
        if (own && own.nextOffset < end) lag += end - own.nextOffset;
      }
    }
    return Number(lag);
  }
}

export function percentOf(done: number, total: number): number {
  return total === 0 ? 100 : Math.min(100, Math.floor((done * 1_000) / total) / 10);
}

function takenOver(id: string): PlatformError {
  return new PlatformError('operation.taken-over', `Another instance runs operation ${id} now.`, true);
}
