/** Offsets `from` (inclusive) to `to` (exclusive) of one partition. */
export interface SkippedRange {
  readonly topic: string;
  readonly partition: number;
  readonly log: string;
  readonly from: bigint;
  readonly to: bigint;
}

/**
 * What one projection need not look at: offsets that this process has seen and whose events it does not read. Most batches concern few
 * projections, and a transaction for each that only moves a checkpoint would cost more than the rows; it is moved now and then instead.
 * A checkpoint that stays behind costs nothing but reading those offsets again after a restart.
 */
export class SkippedOffsets {
  readonly #ranges = new Map<string, SkippedRange>();

  add(range: SkippedRange): void {
    const name = nameOf(range);
    const known = this.#ranges.get(name);
    const continues = known?.log === range.log && known.from <= range.from && range.from <= known.to;
    if (!known || !continues) this.#ranges.set(name, range);
    else if (range.to > known.to) this.#ranges.set(name, { ...known, to: range.to });
  }

  /** Whether everything from one offset up to another has been skipped. */
  covers(
    partition: { readonly topic: string; readonly partition: number },
    from: bigint,
    to: bigint,
  ): boolean {
    const known = this.#ranges.get(nameOf(partition));
    return known !== undefined && known.from <= from && to <= known.to;
  }

  /** The checkpoint is at or past this offset now. */
  passed(partition: { readonly topic: string; readonly partition: number }, next: bigint): void {
    const known = this.#ranges.get(nameOf(partition));
    if (known && known.to <= next) this.#ranges.delete(nameOf(partition));
  }

  all(): readonly SkippedRange[] {
    return [...this.#ranges.values()];
  }
}

function nameOf({ topic, partition }: { readonly topic: string; readonly partition: number }): string {
  return `${topic}/${partition}`;
}
