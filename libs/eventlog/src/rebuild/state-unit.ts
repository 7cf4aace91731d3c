import { identityOf } from '../codec.js';
import { Incoming, placeName } from '../incoming.js';
import { unlockedGroups } from '../keys/event-keys.js';
import type { ReceivedRecord } from '../log.js';
import type { LoadedRow, ParkedEvent } from '../projection-store.js';
import { projectState } from '../state-fold.js';
import { readFrame, writeFrame } from './record-frame.js';
import { BUCKETS, bucketOf, SpillFiles } from './spill-files.js';
import { lastApplicable } from './state-second-pass.js';
import {
  RECORD_BYTES,
  STREAM_BYTES,
  type FoldedChunk,
  type RecordSource,
  type UnitFold,
  type UnitFoldOptions,
} from './unit-fold.js';

/** Every so many records a value is measured. */
const MEASURE_EVERY = 16;

/**
 * What is known of a stream: versions from and to, of any type, and the last record that concerns the projection. Most records are
 * superseded, so nothing is made of one before it is known to be the last.
 */
interface Head {
  readonly from: number;
  version: number;
  /** Versions before and after each hole, in a stretch that does not begin at the beginning: an earlier one may have filled it. */
  jumps: number[] | undefined;
  last: ReceivedRecord | undefined;
  lastVersion: number;
  source: RecordSource;
  /** Whether `last` is in memory of its own. */
  isFramed: boolean;
}

/** Keeps the last event of each stream, then reads only those. */
export class StateUnit implements UnitFold {
  #heads = new Map<string, Head>();
  readonly #types: ReadonlySet<string>;
  /** Memory that records hold as they were fetched; that of others is known once they are framed. */
  #fetchedBytes = 0;
  #spill: SpillFiles | undefined;
  #taken = 0;
  /** Of the values, as last measured. */
  #valueBytes = 0;

  constructor(private readonly options: UnitFoldOptions) {
    this.#types = new Set(options.projection.reads);
  }

  get spilledBytes(): number {
    return this.#spill?.writtenBytes ?? 0;
  }

  take(record: ReceivedRecord, source: RecordSource): void {
    const identity = identityOf(record);
    const { stream, version } = identity ?? placeName(record, source);
    // A record makes its value when it is asked for: of most a guess is enough.
    if (this.#taken % MEASURE_EVERY === 0) this.#valueBytes = (this.#valueBytes + record.value.length) / 2;
    this.#taken += 1;
    this.#fetchedBytes += RECORD_BYTES + this.#valueBytes;
    let head = this.#heads.get(stream);
    if (head) {
      if (version > head.version + 1) {
        if (this.#spill) (head.jumps ??= []).push(head.version, version);
        else this.options.gaps.note(stream, head.version, version);
      }
      if (version > head.version) head.version = version;
    } else {
      head = {
        from: version,
        version,
        jumps: undefined,
        last: undefined,
        lastVersion: 0,
        source,
        isFramed: false,
      };
      this.#heads.set(stream, head);
      if (!this.#spill) this.options.gaps.note(stream, 0, version);
    }
    if (version <= head.lastVersion || (identity && !this.#types.has(identity.type))) return;
    head.last = record;
    head.lastVersion = version;
    head.source = source;
    head.isFramed = false;
  }

  /** Half of the memory is for what has been fetched, half for what is kept of it. */
  async settle(): Promise<void> {
    const half = this.options.memoryBytes / 2;
    if (this.#fetchedBytes <= half) return;
    if (this.#frame() > half) await this.#spillHeads();
  }

  async *chunks(): AsyncGenerator<FoldedChunk> {
    const unsettled = new Map<string, number>();
    if (this.#spill) {
      await this.#spillHeads();
      for (let bucket = 0; bucket < BUCKETS; bucket += 1)
        yield* this.#rowsOf(this.#eventsOf(await this.#bucket(this.#spill, bucket)), unsettled);
    } else {
      yield* this.#rowsOf(this.#eventsOf(this.#heads), unsettled);
      this.#heads.clear();
    }
    yield* lastApplicable(unsettled, this.options);
  }

  async close(): Promise<void> {
    await this.#spill?.remove();
  }

  /** In one chunk; where personal data is sealed in several, each with its keys looked up. */
  async *#rowsOf(last: Iterable<Incoming>, unsettled: Map<string, number>): AsyncGenerator<FoldedChunk> {
    const { keys } = this.options;
    if (!keys) {
      yield this.#chunk(last, unsettled);
      return;
    }
    for await (const group of unlockedGroups(last, keys)) yield this.#chunk(group, unsettled);
  }

  /** The rows of streams' last events; streams whose last event says nothing about a row are noted in `unsettled`. */
  #chunk(last: Iterable<Incoming>, unsettled: Map<string, number>): FoldedChunk {
    const { projection, hasAllVersions } = this.options;
    const versions: (readonly [string, number])[] = [];
    const parked: ParkedEvent[] = [];
    const rows = function* (): Generator<LoadedRow> {
      for (const event of last) {
        const outcome = projectState(projection, event);
        if (outcome.kind === 'parked') parked.push(outcome.parked);
        if (outcome.kind === 'change') {
          const { row, stream, version } = outcome.change;
          if (!row || hasAllVersions) versions.push([stream, version]);
          if (row) yield { row, version };
        } else unsettled.set(event.stream, event.version);
      }
    };
    return { rows: rows(), versions, parked };
  }

  /** Gives every record that is kept memory of its own; returns how much of it all of them have. */
  #frame(): number {
    let bytes = this.#heads.size * STREAM_BYTES;
    for (const head of this.#heads.values()) {
      const { last } = head;
      if (!last) continue;
      if (!head.isFramed) {
        head.last = last.detached();
        head.isFramed = true;
      }
      bytes += RECORD_BYTES + last.value.length;
    }
    this.#fetchedBytes = 0;
    return bytes;
  }

  async #spillHeads(): Promise<void> {
    this.#spill ??= await SpillFiles.create(this.options.spillFolder, this.options.memoryBytes);
    const { topics } = this.options.projection;
    for (const [stream, head] of this.#heads) {
      const { last, source } = head;
      const frame = last
        ? [writeFrame({ record: last, partition: source.partition }, topics.indexOf(source.topic))]
        : [];
      this.#spill.add(bucketOf(stream), writeRun(stream, head), ...frame);
      await this.#spill.flush();
    }
    this.#heads = new Map();
    this.#fetchedBytes = 0;
    await this.#spill.flush(true);
  }

  /** The heads of a bucket: each entry says what one stretch of reading knew of a stream. */
  async #bucket(spill: SpillFiles, bucket: number): Promise<Map<string, Head>> {
    const heads = new Map<string, Head>();
    for await (const entry of spill.read(bucket)) {
      const { stream, from, version, jumps, end } = readRun(entry);
      const before = heads.get(stream);
      let seen = before?.version ?? 0;
      this.options.gaps.note(stream, seen, from);
      for (let at = 0; at < jumps.length; at += 2) {
        seen = Math.max(seen, jumps[at] ?? 0);
        this.options.gaps.note(stream, seen, jumps[at + 1] ?? 0);
      }
      const own = end < entry.length ? this.#kept(entry.subarray(end)) : NOTHING_KEPT;
      heads.set(stream, {
        from: before?.from ?? from,
        version: Math.max(seen, version),
        jumps: undefined,
        ...(before && before.lastVersion >= own.lastVersion ? keptOf(before) : own),
      });
    }
    return heads;
  }

  #kept(frame: Buffer): Kept {
    const { record, topic, partition } = readFrame(frame, this.options.projection.topics);
    const source = { topic, partition };
    const { version } = identityOf(record) ?? placeName(record, source);
    return { last: record, lastVersion: version, source, isFramed: true };
  }

  /** Takes each head out as it is read, so that what is done with is not kept. */
  *#eventsOf(heads: Map<string, Head>): Generator<Incoming> {
    for (const [stream, { last, source }] of heads) {
      heads.delete(stream);
      if (last) yield new Incoming(last, source.topic, source.partition, this.options.catalogue);
    }
  }
}

type Kept = Pick<Head, 'last' | 'lastVersion' | 'source' | 'isFramed'>;

const NOTHING_KEPT: Kept = {
  last: undefined,
  lastVersion: 0,
  source: { topic: '', partition: 0 },
  isFramed: true,
};

function keptOf({ last, lastVersion, source, isFramed }: Head): Kept {
  return { last, lastVersion, source, isFramed };
}

interface RunOfStream extends Pick<Head, 'from' | 'version'> {
  readonly stream: string;
  readonly jumps: readonly number[];
  readonly end: number;
}

/** i32 from | i32 version | u16 length + stream | u16 number + i32 jumps */
function writeRun(stream: string, { from, version, jumps = [] }: Head): Buffer {
  const name = Buffer.from(stream);
  const run = Buffer.allocUnsafe(4 + 4 + 2 + name.length + 2 + 4 * jumps.length);
  run.writeInt32BE(from, 0);
  run.writeInt32BE(version, 4);
  run.writeUInt16BE(name.length, 8);
  let at = 10 + name.copy(run, 10);
  at = run.writeUInt16BE(jumps.length, at);
  for (const jump of jumps) at = run.writeInt32BE(jump, at);
  return run;
}

/** @returns with the place in the entry at which its record begins, if it has one */
function readRun(entry: Buffer): RunOfStream {
  const nameEnd = 10 + entry.readUInt16BE(8);
  const count = entry.readUInt16BE(nameEnd);
  const jumps = Array.from({ length: count }, (_, index) => entry.readInt32BE(nameEnd + 2 + 4 * index));
  return {
    stream: entry.toString('utf8', 10, nameEnd),
    from: entry.readInt32BE(0),
    version: entry.readInt32BE(4),
    jumps,
    end: nameEnd + 2 + 4 * count,
  };
}
