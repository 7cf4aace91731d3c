import type { VersionGap, VersionGaps } from '../operations/operation.js';

/** Enough to find the cause by. */
const MAX_SAMPLES = 20;

/** Streams whose versions were found to have a hole. */
export class GapReport {
  readonly #streams = new Set<string>();
  readonly #samples: VersionGap[];
  readonly #before: number;

  /** @param before what was found in partitions that were read before a kill */
  constructor(before?: VersionGaps) {
    this.#before = before?.streams ?? 0;
    this.#samples = [...(before?.samples ?? [])];
  }

  /** Notes what came of a stream after version `before` (0 at its beginning). */
  note(stream: string, before: number, found: number): void {
    if (found <= before + 1 || this.#streams.has(stream)) return;
    this.#streams.add(stream);
    if (this.#samples.length < MAX_SAMPLES) this.#samples.push({ stream, expected: before + 1, found });
  }

  get found(): VersionGaps {
    return { streams: this.#before + this.#streams.size, samples: [...this.#samples] };
  }
}
