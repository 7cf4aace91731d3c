import type { EventCatalogue } from '@samspill/contracts';
import { reasonOf, type Projection } from '@samspill/kernel';
import { applyRecords, isReplaced, logReplaced } from './apply-records.js';
import { Incoming } from './incoming.js';
import { Failures } from './failures.js';
import type { EventKeys } from './keys/event-keys.js';
import type { Log, RecordBatch, Subscription } from './log.js';
import type { Logger } from './logger.js';
import { PartitionIdentities } from './partition-identities.js';
import type { ProjectionStore } from './projection-store.js';
import { SkippedOffsets, type SkippedRange } from './skipped-offsets.js';
import { inProcess } from './telemetry/messaging.js';
import { inProjection, tellOfProjection } from './telemetry/projecting.js';

/** Longest time that a checkpoint stays behind events that do not concern its projection. */
const NOTE_SKIPPED_MS = 100;

export interface ProjectorDependencies {
  readonly store: ProjectionStore;
  readonly log: Log;
  readonly catalogue: EventCatalogue;
  readonly logger: Logger;
  /** Absent where nothing is sealed. */
  readonly keys?: EventKeys | undefined;
}

export type ProjectorState =
  { readonly state: 'stopped' | 'running' } | { readonly state: 'failing'; readonly reason: string };

/**
 * Feeds projections from their topics as events come. Rows and checkpoint move in one transaction, and each projection has its
 * own, so that they may stand at different offsets and one that fails does not hold up the rows of another.
 */
export class Projector {
  #subscription: Subscription | undefined;
  readonly #failures = new Failures();
  readonly #identities: PartitionIdentities;
  readonly #applied = new Set<() => void>();
  readonly #skipped = new Map<Projection, SkippedOffsets>();
  #noting: NodeJS.Timeout | undefined;
  #noted: Promise<void> = Promise.resolve();

  constructor(
    private readonly group: string,
    private readonly projections: readonly Projection[],
    private readonly dependencies: ProjectorDependencies,
  ) {
    this.#identities = new PartitionIdentities(dependencies.log);
  }

  get state(): ProjectorState {
    if (this.projections.length === 0) return { state: 'running' };
    if (!this.#subscription) return { state: 'stopped' };
    const reason = this.#failures.current(Date.now());
    return reason === undefined ? { state: 'running' } : { state: 'failing', reason };
  }

  async start(): Promise<void> {
    const topics = [...new Set(this.projections.flatMap((projection) => projection.topics))];
    if (topics.length === 0) return;
    for (const { name } of this.projections) tellOfProjection(name);
    this.#subscription = await this.dependencies.log.subscribe(this.group, topics, {
      position: (topic, partition) =>
        this.#failures.of(`${topic}/${partition}`, () => this.#position(topic, partition)),
      handle: async (batch) => {
        const { system } = this.dependencies.log;
        await this.#failures.of(`${batch.topic}/${batch.partition}`, () =>
          inProcess({ system, group: this.group, batch }, () => this.#handle(batch)),
        );
        for (const listener of this.#applied) listener();
      },
      failed: (error) => {
        const reason = this.#failures.met(error);
        this.dependencies.logger.warn('a batch could not be projected and is tried again', {
          group: this.group,
          reason,
        });
      },
    });
  }

  async stop(): Promise<void> {
    await this.#subscription?.stop();
    this.#subscription = undefined;
    await this.#noted;
    await this.#noteSkipped();
    clearTimeout(this.#noting);
    this.#noting = undefined;
  }

  /** Calls back after every batch; returns how to end that. */
  onApplied(listener: () => void): () => void {
    this.#applied.add(listener);
    return () => this.#applied.delete(listener);
  }

  /** The lowest checkpoint of the projections that read the topic; those further on skip what they have. */
  async #position(topic: string, partition: number): Promise<bigint> {
    const end = (await this.dependencies.log.ends(topic))[partition];
    if (!end) throw new RangeError(`${topic} has no partition ${partition}`);
    this.#identities.begin(topic, partition, end);
    let lowest: bigint | undefined;
    for (const projection of this.#reading(topic)) {
      const checkpoint = await this.dependencies.store.transaction(
        projection,
        'live',
        { topic, partition },
        (tx) => Promise.resolve(tx.checkpoint),
      );
      if (isReplaced(checkpoint, end)) throw logReplaced(projection, checkpoint);
      if (lowest === undefined || checkpoint.nextOffset < lowest) lowest = checkpoint.nextOffset;
    }
    return lowest ?? end.end;
  }

  #reading(topic: string): readonly Projection[] {
    return this.projections.filter((projection) => projection.topics.includes(topic));
  }

  async #handle(batch: RecordBatch): Promise<void> {
    const { topic, partition, records } = batch;
    const events = records.map(
      (record) => new Incoming(record, topic, partition, this.dependencies.catalogue),
    );
    const log = await this.#identities.of(topic, partition);
    await this.dependencies.keys?.forget(events);
    await Promise.all(this.#reading(topic).map((projection) => this.#apply(projection, events, log)));
  }

  /** Moves checkpoints over what was skipped. A failure is no more than a checkpoint that stays behind until the next try. */
  async #noteSkipped(): Promise<void> {
    clearTimeout(this.#noting);
    this.#noting = undefined;
    for (const [projection, skipped] of this.#skipped) {
      for (const range of skipped.all()) {
        try {
          await this.dependencies.store.transaction(projection, 'live', range, async (tx) => {
            const { checkpoint } = tx;
            const ours = checkpoint.log === undefined || checkpoint.log === range.log;
            if (ours && checkpoint.nextOffset >= range.from && checkpoint.nextOffset < range.to)
              await tx.moveTo(range.to, range.log);
          });
          skipped.passed(range, range.to);
        } catch (error) {
          this.#noteSoon();
          this.dependencies.logger.debug('a checkpoint was not moved over skipped events', {
            projection: projection.name,
            reason: reasonOf(error),
          });
        }
      }
    }
  }

  #skip(projection: Projection, range: SkippedRange): void {
    const skipped = this.#skipped.get(projection) ?? new SkippedOffsets();
    this.#skipped.set(projection, skipped);
    skipped.add(range);
    this.#noteSoon();
  }

  #noteSoon(): void {
    this.#noting ??= setTimeout(() => {
      this.#noted = this.#noteSkipped();
    }, NOTE_SKIPPED_MS);
  }

  async #apply(projection: Projection, events: readonly Incoming[], log: string): Promise<void> {
    const [earliest, last] = [events[0], events.at(-1)];
    if (!earliest || !last) return;
    const { topic, partition } = last;
    const to = last.offset + 1n;
    const types = new Set<string>(projection.reads);
    if (!events.some((event) => event.concerns(types))) {
      this.#skip(projection, { topic, partition, log, from: earliest.offset, to });
      return;
    }
    const skipped = this.#skipped.get(projection);
    const target = {
      store: this.dependencies.store,
      projection,
      generation: 'live' as const,
      keys: this.dependencies.keys,
      hasPassed: (from: bigint, until: bigint) => skipped?.covers(last, from, until) === true,
    };
    await inProjection(projection.name, events.length, () => applyRecords(target, events, log));
    skipped?.passed(last, to);
  }
}
