import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Client, ClientBase } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { StagedEntry } from './staged-entry.js';

/** Characters gathered before a chunk goes to the socket; larger chunks gain nothing. */
const CHUNK_CHARACTERS = 64 * 1024;

const COPY_SQL = `
  COPY contacts.resync_entry (resync, line, part, kind, number, reference, record, faults, sent, cells, protects) FROM STDIN`;

/**
 * A number may stand in a file once: later rows of the same number become bad ones. Numbers that are taken twice are few, so the
 * groups are made first and only those rows are touched.
 */
const REFUSE_REPEATED_SQL = `
  WITH taken AS (
    SELECT kind, number, min(line) AS line FROM contacts.resync_entry
    WHERE resync = $1 AND number IS NOT NULL
    GROUP BY kind, number HAVING count(*) > 1)
  UPDATE contacts.resync_entry e
  SET record = NULL,
    sent = coalesce(e.sent, jsonb_build_object('op', 'put', 'kind', e.kind, 'record', e.record)),
    faults = coalesce(e.faults, '[]') || jsonb_build_array(jsonb_build_object(
      'pointer', '/number', 'code', 'csv.repeated', 'detail', format('Same number as line %s.', taken.line),
      'column', $2::text))
  FROM taken
  WHERE e.resync = $1 AND e.kind = taken.kind AND e.number = taken.number AND e.line > taken.line`;

const COUNT_BAD_LINES_SQL = `
  SELECT count(DISTINCT line)::int AS bad FROM contacts.resync_entry WHERE resync = $1 AND faults IS NOT NULL`;

/**
 * Streams entries into staging in one transaction, refuses numbers that come twice, and refreshes the planner's statistics for the
 * comparison that follows. Backpressure reaches the producer of the entries.
 *
 * @param numberHeading of the column that repeated numbers are reported in
 * @returns number of bad lines
 */
export async function stage(
  client: Client,
  resync: string,
  entries: AsyncIterable<StagedEntry>,
  numberHeading: string,
): Promise<{ readonly bad: number }> {
  await pipeline(Readable.from(chunks(resync, entries)), client.query(copyFrom(COPY_SQL)));
  // First: planned by what the table held before, the next statement would compare each row with each.
  await client.query('ANALYZE contacts.resync_entry');
  await client.query(REFUSE_REPEATED_SQL, [resync, numberHeading]);
  const result = await client.query<{ bad: number }>(COUNT_BAD_LINES_SQL, [resync]);
  return { bad: result.rows[0]?.bad ?? 0 };
}

/** Rows gone in one statement: short enough for nobody to wait. */
const TIDY_ROWS = 20_000;

const TIDY_STEPS_SQL = `
  DELETE FROM contacts.resync_step WHERE (resync, step) IN (
    SELECT resync, step FROM contacts.resync_step WHERE resync = $1 ORDER BY step LIMIT ${TIDY_ROWS})`;

/** The lines with a bad entry stay, for the file of rejected rows. */
const TIDY_GOOD_LINES_SQL = `
  WITH page AS (
    SELECT line FROM contacts.resync_entry WHERE resync = $1 AND line > $2 ORDER BY line LIMIT ${TIDY_ROWS}),
  gone AS (
    DELETE FROM contacts.resync_entry e
    WHERE e.resync = $1 AND e.line > $2 AND e.line <= (SELECT max(line) FROM page)
      AND NOT EXISTS (SELECT FROM contacts.resync_entry b WHERE b.resync = $1 AND b.line = e.line AND b.faults IS NOT NULL))
  SELECT max(line) AS last FROM page`;

/** Removes what is not needed once a resync has ended. May be called again. */
export async function tidy(client: ClientBase, resync: string): Promise<void> {
  for (;;) {
    const { rowCount } = await client.query(TIDY_STEPS_SQL, [resync]);
    if ((rowCount ?? 0) < TIDY_ROWS) break;
  }
  for (let last: number | null = 0; last !== null;) {
    const result: { rows: { last: number | null }[] } = await client.query(TIDY_GOOD_LINES_SQL, [
      resync,
      last,
    ]);
    last = result.rows[0]?.last ?? null;
  }
}

async function* chunks(resync: string, entries: AsyncIterable<StagedEntry>): AsyncGenerator<Buffer> {
  let chunk = '';
  for await (const entry of entries) {
    chunk += copyLine(resync, entry);
    if (chunk.length >= CHUNK_CHARACTERS) {
      yield Buffer.from(chunk);
      chunk = '';
    }
  }
  if (chunk !== '') yield Buffer.from(chunk);
}

function copyLine(resync: string, entry: StagedEntry): string {
  const { line, part, kind, number, reference, record, faults, sent, cells, protects } = entry;
  const fields = [
    number,
    reference,
    json(record),
    json(faults),
    json(sent),
    json(cells),
    textArray(protects),
  ];
  return `${resync}\t${line}\t${part}\t${kind}\t${fields.map(copyField).join('\t')}\n`;
}

function json(value: unknown): string | undefined {
  return value === undefined ? undefined : JSON.stringify(value);
}

function textArray(values: readonly string[] | undefined): string | undefined {
  return values && `{${values.map((value) => `"${value.replaceAll(/["\\]/g, String.raw`\$&`)}"`).join(',')}}`;
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

/** COPY's text format: https://www.postgresql.org/docs/current/sql-copy.html */
function copyField(text: string | undefined): string {
  if (text === undefined) return '\\N';
  return /[\\\t\n\r]/.test(text)
    ? text.replaceAll(/[\\\t\n\r]/g, (character) => ESCAPES[character] ?? character)
    : text;
}
