import { createHash } from 'node:crypto';
import type { Projection, Row } from '@samspill/kernel';
import type { Fingerprint } from '../../operations/operation.js';
import type { Checkpoint, GenerationView, RowHash, RowQuery } from '../../projection-store.js';
import { keyOf, type MemoryGeneration } from './memory-read-tables.js';

/** A copy of a generation at one moment. */
export class MemoryGenerationView implements GenerationView {
  readonly checkpoints: readonly Checkpoint[];
  readonly #rows: ReadonlyMap<string, Row>;

  constructor(
    private readonly projection: Projection,
    { checkpoints, rows }: MemoryGeneration,
  ) {
    this.checkpoints = [...checkpoints.values()];
    this.#rows = new Map([...rows].map(([key, { row }]) => [key, row]));
  }

  async fingerprint(company?: string): Promise<Fingerprint> {
    await Promise.resolve();
    const rows = this.#of(company);
    const sum = rows.reduce((total, [, row]) => total + this.#hash(row), 0n);
    return { rows: rows.length, hash: sum.toString() };
  }

  async *rowHashes(company?: string): AsyncGenerator<RowHash> {
    await Promise.resolve();
    for (const [key, row] of this.#of(company).sort(([a], [b]) =>
      Buffer.compare(Buffer.from(a), Buffer.from(b)),
    ))
      yield { key, hash: this.#hash(row).toString() };
  }

  async rows(keys: readonly Row[]): Promise<readonly (Row | undefined)[]> {
    await Promise.resolve();
    return keys.map((key) => this.#rows.get(keyOf(this.projection, key)));
  }

  async page({ where, after, limit }: RowQuery): Promise<readonly Row[]> {
    await Promise.resolve();
    return [...this.#rows.values()]
      .filter((row) => Object.entries(where).every(([name, text]) => textOf(row[name]) === text))
      .sort((a, b) => this.#compare(a, b))
      .filter((row) => after === undefined || this.#compare(row, after) > 0)
      .slice(0, limit);
  }

  #of(company: string | undefined): [string, Row][] {
    const column = this.projection.table.company;
    return [...this.#rows].filter(
      ([, row]) => company === undefined || (column !== undefined && row[column] === company),
    );
  }

  #compare(a: Row, b: Row): number {
    for (const name of this.projection.table.key) {
      const [left, right] = [a[name] ?? '', b[name] ?? ''];
      if (left < right) return -1;
      if (left > right) return 1;
    }
    return 0;
  }

  /** Sixty-four bits of a row's content, so that their sum does not depend on the order of rows. */
  #hash(row: Row): bigint {
    const columns = Object.keys(this.projection.table.columns).map((name) => row[name] ?? null);
    return createHash('sha256').update(JSON.stringify(columns)).digest().readBigInt64BE();
  }
}

function textOf(value: Row[string] | undefined): string | undefined {
  if (value === null || value === undefined) return undefined;
  return typeof value === 'string' ? value : JSON.stringify(value);
}
