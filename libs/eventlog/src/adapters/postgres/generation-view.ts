import type { PoolClient } from 'pg';
import type { ColumnValue, Row } from '@samspill/kernel';
import type { Fingerprint } from '../../operations/operation.js';
import type { Checkpoint, GenerationView, RowHash, RowQuery } from '../../projection-store.js';
import type { ReadTable } from './read-table.js';

/** Rows of one answer of a cursor: some hundred kilobytes. */
const CURSOR_ROWS = 5_000;

/** A generation as the transaction of `client`, which is repeatable read, sees it. */
export class PostgresGenerationView implements GenerationView {
  #cursors = 0;

  constructor(
    private readonly client: PoolClient,
    private readonly table: ReadTable,
    readonly checkpoints: readonly Checkpoint[],
  ) {}

  async fingerprint(company?: string): Promise<Fingerprint> {
    const { rows } = await this.client.query<{ rows: string; hash: string }>(
      this.table.fingerprint(company !== undefined),
      company === undefined ? [] : [company],
    );
    return { rows: Number(rows[0]?.rows ?? 0), hash: rows[0]?.hash ?? '0' };
  }

  async *rowHashes(company?: string): AsyncGenerator<RowHash> {
    this.#cursors += 1;
    const cursor = `row_hashes_${this.#cursors}`;
    await this.client.query(
      `DECLARE ${cursor} NO SCROLL CURSOR FOR ${this.table.rowHashes(company !== undefined)}`,
      company === undefined ? [] : [company],
    );
    for (;;) {
      const { rows } = await this.client.query<RowHash>(`FETCH ${CURSOR_ROWS} FROM ${cursor}`);
      yield* rows;
      if (rows.length < CURSOR_ROWS) break;
    }
    await this.client.query(`CLOSE ${cursor}`);
  }

  async rows(keys: readonly Row[]): Promise<readonly (Row | undefined)[]> {
    const { rows } = await this.client.query<{ row: Record<string, ColumnValue> | null }>(
      this.table.selectRows,
      this.table.keyParameters(keys),
    );
    return rows.map(({ row }) => this.table.decodeRow(row));
  }

  async page({ where, after, limit }: RowQuery): Promise<readonly Row[]> {
    const columns = Object.keys(where);
    const { rows } = await this.client.query<{ row: Record<string, ColumnValue> }>(
      this.table.page(columns, after !== undefined),
      [...Object.values(where), ...(after ? this.table.keyTexts(after) : []), limit],
    );
    return rows.flatMap(({ row }) => {
      const decoded = this.table.decodeRow(row);
      return decoded ? [decoded] : [];
    });
  }
}
