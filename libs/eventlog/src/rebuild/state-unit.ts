import { Incoming } from '../incoming.js';
import type { ReceivedRecord } from '../log.js';
import type { LoadedChunk, LoadedRow, ParkedEvent } from '../projection-store.js';
import { projectState } from '../state-fold.js';
import { readFrame, writeFrame } from './record-frame.js';
import { BUCKETS, bucketOf, SpillFiles } from './spill-files.js';
import { lastApplicable } from './state-second-pass.js';
import { RECORD_BYTES, STREAM_BYTES, type UnitFold, type UnitFoldOptions } from './unit-fold.js';

/** Every so many records a value is measured. */
const MEASURE_EVERY = 16;

/** What is known of a stream: versions from and to, of any type, and the last event that concerns the projection. */
interface Head {
  readonly from: number;
  version: number;
  /** Versions before and after each hole, in a stretch that does not begin at the beginning: an earlier one may have filled it. */
  readonly jumps: number[];
  last: Kept | undefined;
}

interface Kept {
  readonly event: Incoming;
  readonly record: ReceivedRecord;
  /** Whether the record is in memory of its own. */
  readonly isFramed: boolean;
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

  take(event: Incoming, record: ReceivedRecord): void {
    const { stream, version } = event;
    // A record makes its value when it is asked for: of most a guess is enough.
    if (this.#taken % MEASURE_EVERY === 0) this.#valueBytes = (this.#valueBytes + record.value.length) / 2;
    this.#taken += 1;
    this.#fetchedBytes += RECORD_BYTES + this.#valueBytes;
    let head = this.#heads.get(stream);
    if (head) {
      if (version > head.version + 1) {
        if (this.#spill) head.jumps.push(head.version, version);
        else this.options.gaps.note(stream, head.version, version);
      }
      if (version > head.version) head.version = version;
    } else {
      head = { from: version, version, jumps: [], last: undefined };
      this.#heads.set(stream, head);
      if (!this.#spill) this.options.gaps.note(stream, 0, version);
    }
    if ((head.last?.event.version ?? 0) < version && event.concerns(this.#types))
      head.last = { event, record, isFramed: false };
  }

  /** Half of the memory is for what has been fetched, half for what is kept of it. */
  async settle(): Promise<void> {
    const half = this.options.memoryBytes / 2;
    if (this.#fetchedBytes <= half) return;
    if (this.#frame() > half) await this.#spillHeads();
  }

  async *chunks(): AsyncGenerator<LoadedChunk> {
    const unsettled = new Map<string, number>();
    if (this.#spill) {
      await this.#spillHeads();
      for (let bucket = 0; bucket < BUCKETS; bucket += 1)
        yield this.#chunk(eventsOf(await this.#bucket(this.#spill, bucket)), unsettled);
    } else {
      yield this.#chunk(eventsOf(this.#heads), unsettled);
      this.#heads.clear();
    }
    yield* lastApplicable(unsettled, this.options);
  }

  async close(): Promise<void> {
    await this.#spill?.remove();
  }

  /** The rows of streams' last events; streams whose last event says nothing about a row are noted in `unsettled`. */
  #chunk(last: Iterable<Incoming>, unsettled: Map<string, number>): LoadedChunk {
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
      if (!last.isFramed) head.last = this.#kept(this.#frameOf(last));
      bytes += RECORD_BYTES + last.record.value.length;
    }
    this.#fetchedBytes = 0;
    return bytes;
  }

  #frameOf({ event, record }: Kept): Buffer {
    const { projection } = this.options;
    return writeFrame({ record, partition: event.partition }, projection.topics.indexOf(event.topic));
  }

  #kept(frame: Buffer): Kept {
    const { record, topic, partition } = readFrame(frame, this.options.projection.topics);
    return {
      event: new Incoming(record, topic, partition, this.options.catalogue),
      record,
      isFramed: true,
    };
  }

  async #spillHeads(): Promise<void> {
    this.#spill ??= await SpillFiles.create(this.options.spillFolder, this.options.memoryBytes);
    for (const [stream, head] of this.#heads) {
      const frame = head.last ? [this.#frameOf(head.last)] : [];
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
      const own = end < entry.length ? this.#kept(entry.subarray(end)) : undefined;
      const isLater = (before?.last?.event.version ?? 0) < (own?.event.version ?? 0);
      heads.set(stream, {
        from: before?.from ?? from,
        version: Math.max(seen, version),
        jumps: [],
        last: isLater ? own : before?.last,
      });
    }
    return heads;
  }
}

/** i32 from | i32 version | u16 length + stream | u16 number + i32 jumps */
function writeRun(stream: string, { from, version, jumps }: Head): Buffer {
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

function readRun(entry: Buffer): Omit<Head, 'last'> & { readonly stream: string; readonly end: number } {
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

/** Takes each head out as it is read, so that what is done with is not kept. */
function* eventsOf(heads: Map<string, Head>): Generator<Incoming> {
  for (const [stream, { last }] of heads) {
    heads.delete(stream);
    if (last) yield last.event;
  }
}
