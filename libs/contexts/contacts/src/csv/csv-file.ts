import { CsvError, parse, type Parser } from 'csv-parse';
import { Utf8Stream, type CsvEncoding } from './utf8.js';

export type CsvSeparator = ';' | ',' | '\t';

/** Longest row, its line breaks within quotes included. A quote that is never closed stops there instead of filling memory. */
export const ROW_MAX_BYTES = 256 * 1024;

/** How much is parsed at once: bounds the rows in memory when the source hands over much at a time. */
const PIECE_BYTES = 64 * 1024;

interface CsvFault {
  /** Stable, e.g. `csv.columns`. */
  readonly code: string;
  readonly detail: string;
}

/** A row of a file, with the line that it begins on (the heading's is 1). */
export type CsvRow =
  | { readonly kind: 'row'; readonly line: number; readonly cells: readonly string[] }
  | {
      readonly kind: 'bad-row';
      readonly line: number;
      readonly cells: readonly string[];
      readonly fault: CsvFault;
    }
  /** Always the last one: nothing is known of what follows, so that what the file seems to lack must not count as removed. */
  | { readonly kind: 'broken-off'; readonly line: number; readonly fault: CsvFault };

export interface CsvFile {
  readonly headings: readonly string[];
  readonly separator: CsvSeparator;
  /** As far as the file has been read; final after the last row. */
  readonly encoding: CsvEncoding;
  /** Rows after the heading, blank ones left out. To be iterated once; memory does not grow with the file. */
  readonly rows: AsyncIterable<CsvRow>;
  /** Lets go of the source when the rows are not wanted. */
  close(): Promise<void>;
}

/**
 * Opens a CSV file as the ERPs write it: separated by `;`, `,` or tabs (judged by the heading line), in UTF-8, Windows-1252 or
 * UTF-16, with any line ends, fields quoted where needed, quotes within unquoted text kept as they are.
 *
 * @returns the file with its headings trimmed; no headings where the file is empty
 */
export async function openCsv(source: AsyncIterable<Uint8Array>): Promise<CsvFile> {
  const text = new Utf8Stream(source);
  const chunks = text[Symbol.asyncIterator]();
  const first = await chunks.next();
  const start = first.done === true ? Buffer.alloc(0) : first.value;
  const separator = detectSeparator(start);
  const rows = readRows(startingWith(start, chunks), separator);
  const heading = await rows.next();
  const headings = heading.done === true || heading.value.kind === 'broken-off' ? [] : heading.value.cells;
  return {
    headings: headings.map((name) => name.trim()),
    separator,
    get encoding() {
      return text.encoding;
    },
    rows: checkColumns(rows, headings.length, separator),
    close: async () => {
      await rows.return();
    },
  };
}

async function* startingWith(
  start: Buffer,
  rest: AsyncGenerator<Buffer, void, undefined>,
): AsyncGenerator<Buffer, void, undefined> {
  try {
    if (start.length > 0) yield start;
    yield* rest;
  } finally {
    // Whoever stops at the start leaves the rest open otherwise.
    await rest.return();
  }
}

/** The separator that stands most often outside quotes in the first line with text; `;` where there is none. */
function detectSeparator(start: Buffer): CsvSeparator {
  const line = /^[^\S\t]*[^\r\n]+/m.exec(start.toString('utf8'))?.[0] ?? '';
  const unquoted = line.replaceAll(/"[^"]*"/g, '');
  let best: CsvSeparator = ';';
  let most = 0;
  for (const separator of [';', ',', '\t'] as const) {
    const count = unquoted.split(separator).length - 1;
    if (count > most) [best, most] = [separator, count];
  }
  return best;
}

/**
 * Rows as the parser reads them, piece by piece: what it found before a fault is kept, which its own stream would drop.
 * Lines are counted here, since the parser counts a line break of two characters within quotes twice.
 */
async function* readRows(
  chunks: AsyncIterable<Buffer>,
  separator: CsvSeparator,
): AsyncGenerator<CsvRow, void, undefined> {
  const found: (readonly string[])[] = [];
  const parser = openParser(separator, found);
  let line = 1;
  function* drain(error: Error | undefined): Generator<CsvRow, void, undefined> {
    for (const cells of found.splice(0)) {
      if (cells.some((cell) => cell.trim() !== '')) yield { kind: 'row', line, cells };
      line += 1 + lineBreaks(cells);
    }
    if (error !== undefined) yield { kind: 'broken-off', line, fault: unreadable(error, line) };
  }
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; at += PIECE_BYTES) {
      const error = await written(parser, chunk.subarray(at, at + PIECE_BYTES));
      yield* drain(error);
      if (error !== undefined) return;
    }
  }
  yield* drain(await ended(parser));
}

/** Adds each record to `found` while it is written to. */
function openParser(separator: CsvSeparator, found: (readonly string[])[]): Parser {
  const parser = parse({
    delimiter: separator,
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    relax_quotes: true,
    max_record_size: ROW_MAX_BYTES,
    on_record: (record: unknown) => {
      if (isCells(record)) found.push(record);
      return undefined;
    },
  });
  // Every write reports its own fault; without a listener the same fault would also end the process.
  return parser.on('error', () => undefined);
}

function written(parser: Parser, bytes: Buffer): Promise<Error | undefined> {
  return new Promise((resolve) => parser.write(bytes, (error) => resolve(error ?? undefined)));
}

/** The last row is found when the parser learns that nothing follows. */
function ended(parser: Parser): Promise<Error | undefined> {
  return new Promise((resolve) => {
    parser.once('error', resolve);
    parser.end(() => resolve(undefined));
  });
}

async function* checkColumns(
  rows: AsyncGenerator<CsvRow, void, undefined>,
  columns: number,
  separator: CsvSeparator,
): AsyncGenerator<CsvRow, void, undefined> {
  for await (const row of rows) {
    if (row.kind !== 'row' || row.cells.length === columns) {
      yield row;
    } else if (row.cells.length > columns && row.cells.slice(columns).every((cell) => cell.trim() === '')) {
      yield { ...row, cells: row.cells.slice(0, columns) };
    } else {
      yield { ...row, kind: 'bad-row', fault: wrongColumns(row.cells.length, columns, separator) };
    }
  }
}

function wrongColumns(found: number, columns: number, separator: CsvSeparator): CsvFault {
  const name = separator === '\t' ? 'a tab' : `“${separator}”`;
  const advice =
    found > columns
      ? `a field that holds ${name} has to be in double quotes.`
      : 'fields are missing, or a double quote is open.';
  return { code: 'csv.columns', detail: `The row has ${found} fields, the heading ${columns}: ${advice}` };
}

function unreadable(error: Error, line: number): CsvFault {
  const code = error instanceof CsvError ? error.code : undefined;
  if (code === 'CSV_MAX_RECORD_SIZE' || code === 'CSV_QUOTE_NOT_CLOSED') {
    const detail = `A double quote that begins a field on line ${line} or soon after is never closed; the rest of the file was not read.`;
    return { code: 'csv.quote-not-closed', detail };
  }
  return { code: 'csv.unreadable', detail: `The file cannot be read from line ${line} on: ${error.message}` };
}

/** What the parser finds when it is not told about columns. */
function isCells(record: unknown): record is readonly string[] {
  return Array.isArray(record);
}

function lineBreaks(cells: readonly string[]): number {
  let count = 0;
  for (const cell of cells) {
    if (cell.includes('\n') || cell.includes('\r')) count += cell.split(/\r\n|\r|\n/).length - 1;
  }
  return count;
}
