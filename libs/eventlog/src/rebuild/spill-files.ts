import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, open, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { PlatformError, reasonOf } from '@samspill/kernel';

/**
 * Files that a unit's entries are divided among by a hash, so that each can be folded by itself. A unit may therefore be this many times
 * the memory that is allowed; open files cost little.
 */
export const BUCKETS = 64;
/** Bytes gathered for one file before they are written, unless memory is shorter. */
const MAX_PENDING_BYTES = 256 * 1024;
const MIN_PENDING_BYTES = 4 * 1024;
/** Share of the memory that pending bytes of all files may have. */
const PENDING_SHARE = 8;
const READ_BYTES = 256 * 1024;
const LENGTH_BYTES = 4;

/** Which file an entry of this name belongs to (FNV-1a). */
export function bucketOf(name: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < name.length; index += 1)
    hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193);
  return (hash >>> 0) % BUCKETS;
}

/** A set of files in a folder of its own. Entries of one file come back in the order in which they were added. */
export class SpillFiles {
  readonly #pending = Array.from({ length: BUCKETS }, () => ({ parts: [] as Buffer[], bytes: 0 }));
  readonly #files = new Map<number, FileHandle>();
  readonly #threshold: number;
  #written = 0;

  private constructor(
    private readonly folder: string,
    memoryBytes: number,
  ) {
    this.#threshold = Math.max(
      MIN_PENDING_BYTES,
      Math.min(MAX_PENDING_BYTES, memoryBytes / PENDING_SHARE / BUCKETS),
    );
  }

  /** @param parent the folder of the operation; this makes one in it */
  static async create(parent: string, memoryBytes: number): Promise<SpillFiles> {
    return await spilling(parent, async () => {
      await mkdir(parent, { recursive: true, mode: 0o700 });
      return new SpillFiles(await mkdtemp(join(parent, 'unit-')), memoryBytes);
    });
  }

  /** Bytes that have been written. */
  get writtenBytes(): number {
    return this.#written;
  }

  /** Takes an entry; nothing is written before {@link flush}. */
  add(bucket: number, ...parts: readonly Buffer[]): void {
    const pending = this.#pending[bucket];
    if (!pending) throw new RangeError(`there is no bucket ${bucket}`);
    const length = Buffer.allocUnsafe(LENGTH_BYTES);
    length.writeUInt32BE(parts.reduce((sum, part) => sum + part.length, 0));
    pending.parts.push(length, ...parts);
    pending.bytes += LENGTH_BYTES + length.readUInt32BE();
  }

  /** Writes what is worth writing, or all of it. */
  async flush(all = false): Promise<void> {
    for (const [bucket, pending] of this.#pending.entries()) {
      if (pending.bytes === 0 || (!all && pending.bytes < this.#threshold)) continue;
      const bytes = Buffer.concat(pending.parts, pending.bytes);
      pending.parts.length = 0;
      pending.bytes = 0;
      await spilling(this.folder, async () => (await this.#file(bucket)).appendFile(bytes));
      this.#written += bytes.length;
    }
  }

  /** Entries of a bucket that have been flushed; each has memory of its own. */
  async *read(bucket: number): AsyncGenerator<Buffer> {
    if (!this.#files.has(bucket)) return;
    let rest: Buffer = Buffer.alloc(0);
    for await (const chunk of createReadStream(this.#path(bucket), { highWaterMark: READ_BYTES })) {
      if (!Buffer.isBuffer(chunk)) throw new TypeError('a stream of bytes gave something else');
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      let at = 0;
      while (rest.length - at >= LENGTH_BYTES) {
        const end = at + LENGTH_BYTES + rest.readUInt32BE(at);
        if (end > rest.length) break;
        yield Buffer.from(rest.subarray(at + LENGTH_BYTES, end));
        at = end;
      }
      rest = rest.subarray(at);
    }
  }

  /** Removes the files and their folder. */
  async remove(): Promise<void> {
    for (const file of this.#files.values()) await file.close();
    this.#files.clear();
    await rm(this.folder, { recursive: true, force: true });
  }

  async #file(bucket: number): Promise<FileHandle> {
    const file = this.#files.get(bucket) ?? (await open(this.#path(bucket), 'a', 0o600));
    this.#files.set(bucket, file);
    return file;
  }

  #path(bucket: number): string {
    return join(this.folder, `${bucket}.spill`);
  }
}

async function spilling<T>(folder: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const reason = reasonOf(error);
    throw new PlatformError(
      'eventlog.spill-failed',
      `What does not fit into memory cannot be written to ${folder}: ${reason}. Make room there, name another folder, or allow more memory.`,
      true,
      { cause: error },
    );
  }
}
