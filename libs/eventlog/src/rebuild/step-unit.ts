import { Incoming } from '../incoming.js';
import type { LazyKey } from '../keys/event-keys.js';
import type { ReceivedRecord } from '../log.js';
import type { LoadedRow } from '../projection-store.js';
import { emptySteps, foldStep, stepPlace, type StepState } from '../step-fold.js';
import {
  RECORD_BYTES,
  STREAM_BYTES,
  type FoldedChunk,
  type RecordSource,
  type UnitFold,
  type UnitFoldOptions,
} from './unit-fold.js';

/** Every so many steps a row is measured; the average stands for the others. */
const MEASURE_EVERY = 64;
/** A row as an object takes about this many times the bytes of its JSON text. */
const OBJECT_FACTOR = 3;

/** What a unit folds does not fit into memory: it is folded again, through files. */
export class UnitTooLarge extends Error {
  override readonly name = 'UnitTooLarge';
}

/** Folds every event into the rows of a unit, all in memory. */
export class StepUnit implements UnitFold {
  readonly spilledBytes = 0;
  readonly #state: StepState = emptySteps();
  readonly #types: ReadonlySet<string>;
  /** Versions of events that do not concern the projection; those that do are in the state. */
  readonly #others = new Map<string, number>();
  #steps = 0;
  #measured = 0;
  #rowBytes = 0;
  #parkedBytes = 0;
  #parkedCounted = 0;

  constructor(private readonly options: UnitFoldOptions) {
    this.#types = new Set(options.projection.reads);
  }

  take(record: ReceivedRecord, { topic, partition }: RecordSource, key?: LazyKey): void {
    const event = new Incoming(record, topic, partition, this.options.catalogue);
    if (key) event.unlock(key);
    const { stream, version } = event;
    const concerns = event.concerns(this.#types);
    const applied = this.#state.versions.get(stream) ?? 0;
    const before = this.#others.size === 0 ? applied : Math.max(applied, this.#others.get(stream) ?? 0);
    if (version > before) {
      this.options.gaps.note(stream, before, version);
      if (!concerns) this.#others.set(stream, version);
    }
    if (!concerns) return;
    foldStep(this.options.projection, this.#state, event);
    this.#steps += 1;
    if (this.#steps % MEASURE_EVERY === 1) this.#measure(event);
  }

  /** @throws UnitTooLarge */
  async settle(): Promise<void> {
    await Promise.resolve();
    for (; this.#parkedCounted < this.#state.parked.length; this.#parkedCounted += 1)
      this.#parkedBytes += RECORD_BYTES + (this.#state.parked[this.#parkedCounted]?.event.value.length ?? 0);
    const { rows, versions } = this.#state;
    const bytes =
      rows.size * this.#rowBytes + (versions.size + this.#others.size) * STREAM_BYTES + this.#parkedBytes;
    if (bytes > this.options.memoryBytes) throw new UnitTooLarge();
  }

  async *chunks(): AsyncGenerator<FoldedChunk> {
    await Promise.resolve();
    yield { rows: rowsOf(this.#state), versions: this.#state.versions, parked: this.#state.parked };
  }

  async close(): Promise<void> {
    await Promise.resolve();
  }

  /** Keeps the average size of rows, by the row that was just made. */
  #measure(event: Incoming): void {
    const place = stepPlace(this.options.projection, event);
    const row = place.kind === 'row' ? this.#state.rows.get(place.name)?.row : undefined;
    if (!row) return;
    this.#measured += 1;
    const bytes = OBJECT_FACTOR * JSON.stringify(row).length + STREAM_BYTES;
    this.#rowBytes += (bytes - this.#rowBytes) / this.#measured;
  }
}

export function* rowsOf(state: StepState): Generator<LoadedRow> {
  for (const { row } of state.rows.values()) if (row) yield { row, version: 0 };
}
