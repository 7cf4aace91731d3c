import { Incoming } from '../incoming.js';
import { unlocked, type LazyKey } from '../keys/event-keys.js';
import type { ReceivedRecord } from '../log.js';
import type { ParkedEvent } from '../projection-store.js';
import { park } from '../state-fold.js';
import { BEHIND_PARKED, emptySteps, foldStep, stepPlace } from '../step-fold.js';
import { readFrame, writeFrame } from './record-frame.js';
import { BUCKETS, bucketOf, SpillFiles } from './spill-files.js';
import { rowsOf } from './step-unit.js';
import type { FoldedChunk, RecordSource, UnitFold, UnitFoldOptions } from './unit-fold.js';

/** What a stream's file says of an event. `other`: does not concern the projection, or was discarded. `row`: lies in the file of its row. */
const KINDS = ['other', 'row', 'none', 'fault'] as const;
type Kind = (typeof KINDS)[number];

/**
 * Folds every event through files: one set by row, in which each row's events are folded in their order, and one by stream, which tells
 * repeats, holes, and what stays behind a parked event. A stream's events concern one row, so that a row's file is whole by itself; what
 * cannot be applied and has no row is in the stream's file.
 */
export class SpilledStepUnit implements UnitFold {
  readonly #types: ReadonlySet<string>;
  /** Lowest version of each stream that cannot be applied. Few: what is sound is not here. */
  readonly #faults = new Map<string, number>();

  private constructor(
    private readonly options: UnitFoldOptions,
    private readonly byRow: SpillFiles,
    private readonly byStream: SpillFiles,
  ) {
    this.#types = new Set(options.projection.reads);
  }

  static async create(options: UnitFoldOptions): Promise<SpilledStepUnit> {
    const { spillFolder, memoryBytes } = options;
    return new SpilledStepUnit(
      options,
      await SpillFiles.create(spillFolder, memoryBytes / 2),
      await SpillFiles.create(spillFolder, memoryBytes / 2),
    );
  }

  get spilledBytes(): number {
    return this.byRow.writtenBytes + this.byStream.writtenBytes;
  }

  take(record: ReceivedRecord, { topic, partition }: RecordSource, key?: LazyKey): void {
    const event = new Incoming(record, topic, partition, this.options.catalogue);
    if (key) event.unlock(key);
    if (!event.concerns(this.#types) || this.options.projection.isDiscarded?.(event)) {
      this.#note(event, 'other');
      return;
    }
    const { projection } = this.options;
    const place = stepPlace(projection, event);
    const frame = (): Buffer =>
      writeFrame({ record, partition: event.partition }, projection.topics.indexOf(event.topic));
    if (place.kind === 'row') {
      this.byRow.add(bucketOf(place.name), frame());
      this.#note(event, 'row');
      return;
    }
    if (place.kind === 'fault') this.#fault(event);
    this.#note(event, place.kind, frame());
  }

  async settle(): Promise<void> {
    await this.byRow.flush();
    await this.byStream.flush();
  }

  async *chunks(): AsyncGenerator<FoldedChunk> {
    await this.byRow.flush(true);
    await this.byStream.flush(true);
    for (let bucket = 0; bucket < BUCKETS; bucket += 1) yield await this.#rows(bucket);
    for (let bucket = 0; bucket < BUCKETS; bucket += 1) yield await this.#streams(bucket);
  }

  async close(): Promise<void> {
    await this.byRow.remove();
    await this.byStream.remove();
  }

  #fault(event: Incoming): void {
    const { stream, version } = event;
    if (version < (this.#faults.get(stream) ?? Infinity)) this.#faults.set(stream, version);
  }

  /** u8 kind | i32 version | u16 length + stream | frame, for what has no row */
  #note(event: Incoming, kind: Kind, frame?: Buffer): void {
    const { stream, version } = event;
    const name = Buffer.from(stream);
    const head = Buffer.allocUnsafe(HEAD_BYTES);
    head.writeUInt8(KINDS.indexOf(kind), 0);
    head.writeInt32BE(version, 1);
    head.writeUInt16BE(name.length, 5);
    this.byStream.add(bucketOf(stream), head, name, ...(frame ? [frame] : []));
  }

  async #rows(bucket: number): Promise<FoldedChunk> {
    const { projection, keys } = this.options;
    const state = emptySteps();
    for await (const event of unlocked(this.#eventsOf(bucket), keys)) {
      const { stream, version } = event;
      if (version > (this.#faults.get(stream) ?? Infinity)) state.parkedStreams.add(stream);
      const parkedBefore = state.parkedStreams.has(stream);
      foldStep(projection, state, event);
      if (!parkedBefore && state.parkedStreams.has(stream)) this.#fault(event);
    }
    return { rows: rowsOf(state), versions: [], parked: state.parked };
  }

  async #streams(bucket: number): Promise<FoldedChunk> {
    const heads = new Map<string, number>();
    const versions = new Map<string, number>();
    const parked: ParkedEvent[] = [];
    for await (const entry of this.byStream.read(bucket)) {
      const kind = KINDS[entry.readUInt8(0)] ?? 'other';
      const version = entry.readInt32BE(1);
      const frameAt = HEAD_BYTES + entry.readUInt16BE(5);
      const stream = entry.toString('utf8', HEAD_BYTES, frameAt);
      const before = heads.get(stream) ?? 0;
      this.options.gaps.note(stream, before, version);
      heads.set(stream, Math.max(before, version));
      if (kind === 'other' || version <= (versions.get(stream) ?? 0)) continue;
      versions.set(stream, version);
      if (kind === 'row') continue;
      const event = this.#event(entry.subarray(frameAt));
      const faultAt = this.#faults.get(stream) ?? Infinity;
      if (version === faultAt) await this.options.keys?.unlock([event]);
      if (version > faultAt) parked.push(park(event, BEHIND_PARKED));
      if (version !== faultAt) continue;
      const place = stepPlace(this.options.projection, event);
      if (place.kind === 'fault') parked.push(park(event, place.reason));
    }
    return { rows: [], versions, parked };
  }

  async *#eventsOf(bucket: number): AsyncGenerator<Incoming> {
    for await (const frame of this.byRow.read(bucket)) yield this.#event(frame);
  }

  #event(frame: Buffer): Incoming {
    const { projection, catalogue } = this.options;
    const { record, topic, partition } = readFrame(frame, projection.topics);
    return new Incoming(record, topic, partition, catalogue);
  }
}

const HEAD_BYTES = 1 + 4 + 2;
