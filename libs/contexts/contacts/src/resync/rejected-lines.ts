import type { Database } from '@samspill/eventlog';
import type { CellFault } from '../csv/contacts-csv.js';
import type { RejectedRow } from '../csv/rejected-rows.js';

const PAGE_LINES = 500;

/**
 * Bad lines in order, each with the cells of its first part and the faults of all, by the staging table's primary key. Lines of people
 * who have been forgotten have no cells any more and cannot be mended: they are left out.
 */
const REJECTED_SQL = `
  WITH bad AS (
    SELECT line, jsonb_agg(faults ORDER BY part) AS faults FROM contacts.resync_entry
    WHERE resync = $1 AND line > $2 AND faults IS NOT NULL GROUP BY line ORDER BY line LIMIT $3)
  SELECT bad.line, bad.faults, e.cells FROM bad
  JOIN contacts.resync_entry e ON e.resync = $1 AND e.line = bad.line AND e.part = 0
  ORDER BY bad.line`;

interface RejectedLine {
  readonly line: number;
  readonly faults: readonly (readonly CellFault[])[];
  readonly cells: string | null;
}

/** The bad rows of an import, however many, as they stood in its file. */
export async function* rejectedLines(database: Database, resync: string): AsyncGenerator<RejectedRow> {
  for (let after = 0; ;) {
    const { rows } = await database.withClient((client) =>
      client.query<RejectedLine>(REJECTED_SQL, [resync, after, PAGE_LINES]),
    );
    for (const { line, faults, cells } of rows)
      if (cells !== null) yield { line, cells: readCells(cells), faults: distinct(faults.flat()) };
    const last = rows.at(-1);
    if (!last) return;
    after = last.line;
  }
}

/** A fault of a row that concerns both of its records is told once. */
function distinct(faults: readonly CellFault[]): readonly CellFault[] {
  const seen = new Set<string>();
  return faults.filter(({ column, detail }) => {
    const told = `${column ?? ''}: ${detail}`;
    return !seen.has(told) && seen.add(told);
  });
}

function readCells(json: string): readonly string[] {
  const cells: unknown = JSON.parse(json);
  return Array.isArray(cells) ? cells.map(String) : [];
}
