import type { EventCatalogue } from '@samspill/contracts';
import type { Projection } from '@samspill/kernel';
import type { Incoming } from '../incoming.js';
import type { EventKeys, LazyKey } from '../keys/event-keys.js';
import type { ReceivedRecord } from '../log.js';
import type { LoadedChunk, LoadedRow } from '../projection-store.js';
import type { GapReport } from './gap-report.js';

/** Where records came from; one value for all of a batch. */
export interface RecordSource {
  readonly topic: string;
  readonly partition: number;
}

/** What has been folded is in memory: its rows need not be waited for. */
export interface FoldedChunk extends LoadedChunk {
  readonly rows: Iterable<LoadedRow>;
}

/** Folds the records of a unit: some partitions, read from their beginning in order. */
export interface UnitFold {
  /**
   * Takes the next record. What concerns the projection is folded, of all others only the version is looked at.
   * @param key of its personal data, where it is sealed and every event counts
   */
  take(record: ReceivedRecord, source: RecordSource, key?: LazyKey): void;
  /** Comes after every batch: keeps memory within its bound. */
  settle(): Promise<void>;
  /** What has been folded. Each chunk is to be used up before the next one is asked for. */
  chunks(): AsyncGenerator<FoldedChunk>;
  /** Bytes written to the spill folder. */
  readonly spilledBytes: number;
  /** Removes spill files. */
  close(): Promise<void>;
}

/** Reads a unit's records again, from their beginning. */
export type Replay = (handle: (event: Incoming) => void) => Promise<void>;

export interface UnitFoldOptions {
  readonly projection: Projection;
  readonly catalogue: EventCatalogue;
  readonly keys?: EventKeys | undefined;
  readonly gaps: GapReport;
  /** For what is folded; past it, entries go to files. */
  readonly memoryBytes: number;
  readonly spillFolder: string;
  readonly replay: Replay;
  /**
   * Versions of all streams are loaded, those too that a row holds: the rows may have to be exchanged for others, and the streams that
   * they are of must be known then.
   */
  readonly hasAllVersions: boolean;
}

/** Headers and key of a record besides its value, in bytes: what it costs to keep one, roughly. */
export const RECORD_BYTES = 800;
/** A stream's name and its place in a map, in bytes, roughly. */
export const STREAM_BYTES = 250;
