import { Readable } from 'node:stream';

import type { Operations } from '@samspill/eventlog';
import type { Projection, Row } from '@samspill/kernel';

import { accepted } from '../http/rejection-error.js';

/** Rows of one answer of the database: enough that its round trips do not count. */
const PAGE_ROWS = 1_000;
const LINE_END = '\r\n';

export type ExportFormat = 'csv' | 'ndjson';

/** Every row of what an inspection has built, in the order of their keys, as it is read: nothing is gathered. */
export async function exportRows(
  operations: Operations,
  id: string,
  projection: Projection,
  format: ExportFormat,
): Promise<Readable> {
  const page = async (after: Row | undefined): Promise<readonly Row[]> =>
    accepted(await operations.rows(id, { where: {}, after, limit: PAGE_ROWS }, projection.name));
  const first = await page(undefined); // what speaks against it is answered as a problem, before anything is sent
  return Readable.from(lines(first, page, projection, format), { objectMode: false });
}

async function* lines(
  first: readonly Row[],
  page: (after: Row | undefined) => Promise<readonly Row[]>,
  projection: Projection,
  format: ExportFormat,
): AsyncGenerator<string> {
  const columns = Object.keys(projection.table.columns);
  if (format === 'csv') yield columns.map(csvField).join(',') + LINE_END;
  const line = (row: Row): string =>
    format === 'csv'
      ? columns.map((name) => csvField(textOf(row[name]))).join(',') + LINE_END
      : `${JSON.stringify(row)}\n`;
  for (let rows = first; rows.length > 0; rows = await page(rows.at(-1))) {
    yield rows.map(line).join('');
    if (rows.length < PAGE_ROWS) return;
  }
}

function textOf(value: Row[string] | undefined): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** RFC 4180. */
export function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
