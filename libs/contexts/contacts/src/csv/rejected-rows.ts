import type { CellFault, ContactsCsv } from './contacts-csv.js';
import { FAULT_HEADING, headingKey } from './headings.js';

/** Spreadsheets take a file without this mark for Windows-1252. */
const BYTE_ORDER_MARK = '\ufeff';
const LINE_END = '\r\n';

/** A bad row as it stood in its file, and what was wrong with it. */
export interface RejectedRow {
  readonly line: number;
  readonly cells: readonly string[];
  readonly faults: readonly CellFault[];
}

/**
 * The file of rejected rows: the headings and rows of the file that was sent, with a last column that says what is wrong, so
 * that the rows can be mended and sent again (that column is ignored then). Written as UTF-8 with a byte-order mark.
 *
 * A row with too few or too many fields is written with as many as it had: filled up, it would be accepted unmended.
 */
export async function* rejectedRowsCsv(
  file: Pick<ContactsCsv, 'headings' | 'separator'>,
  rows: Iterable<RejectedRow> | AsyncIterable<RejectedRow>,
): AsyncGenerator<string, void, undefined> {
  const faultKey = headingKey(FAULT_HEADING);
  const earlier = file.headings.findIndex((heading) => headingKey(heading) === faultKey);
  const write = (cells: readonly string[], last: string): string => {
    const kept =
      earlier < 0 ? cells : withoutFault(cells, cells.length === file.headings.length ? earlier : -1);
    return [...kept, last].map((cell) => quoted(cell, file.separator)).join(file.separator) + LINE_END;
  };
  yield BYTE_ORDER_MARK + write(file.headings, FAULT_HEADING);
  for await (const row of rows) yield write(row.cells, describe(row));
}

/** The fault of an earlier attempt is replaced. In a row with other columns than the heading it is the last one, as it was written. */
function withoutFault(cells: readonly string[], at: number): readonly string[] {
  return cells.toSpliced(at, 1);
}

function describe(row: RejectedRow): string {
  const faults = row.faults.map(({ column, detail }) =>
    column === undefined ? detail : `${column}: ${detail}`,
  );
  return `Line ${row.line}: ${faults.join(' ')}`;
}

function quoted(cell: string, separator: string): string {
  return cell.includes(separator) || /["\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
