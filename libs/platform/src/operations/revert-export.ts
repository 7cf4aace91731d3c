import { Readable } from 'node:stream';

import type { ItemQuery, RevertItem, Reverts } from '@samspill/eventlog';

import { accepted } from '../http/rejection-error.js';
import { csvField, type ExportFormat } from './row-export.js';

/** Streams of one answer of the database: enough that its round trips do not count. */
const PAGE_ITEMS = 1_000;
const LINE_END = '\r\n';
const COLUMNS = ['stream', 'verdict', 'version', 'then', 'reason', 'outcome'] as const;

/** A whole preview, with what has become of it, as it is read: nothing is gathered. */
export async function exportItems(
  reverts: Pick<Reverts, 'items'>,
  id: string,
  chosen: Pick<ItemQuery, 'verdict'>,
  format: ExportFormat,
): Promise<Readable> {
  const page = async (after: string | undefined): Promise<readonly RevertItem[]> =>
    accepted(await reverts.items(id, { ...chosen, after, limit: PAGE_ITEMS }));
  const first = await page(undefined); // what speaks against it is answered as a problem, before anything is sent
  return Readable.from(lines(first, page, format), { objectMode: false });
}

async function* lines(
  first: readonly RevertItem[],
  page: (after: string | undefined) => Promise<readonly RevertItem[]>,
  format: ExportFormat,
): AsyncGenerator<string> {
  if (format === 'csv') yield COLUMNS.join(',') + LINE_END;
  const line = (item: RevertItem): string =>
    format === 'csv'
      ? COLUMNS.map((name) => csvField(String(item[name] ?? ''))).join(',') + LINE_END
      : `${JSON.stringify(item)}\n`;
  for (let items = first; items.length > 0; items = await page(items.at(-1)?.stream)) {
    yield items.map(line).join('');
    if (items.length < PAGE_ITEMS) return;
  }
}
