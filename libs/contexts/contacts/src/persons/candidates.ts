import { isContactKind } from '@samspill/contracts';
import { CompanyReader, type CommandContext, type Database, type EventLog } from '@samspill/eventlog';
import { viewName, type CompanyId } from '@samspill/kernel';
import { MAX_RECORDS, type PersonClues, type PersonMatch } from '@samspill/platform';
import { directoryProjection } from '../directory/directory.projection.js';
import type { RecordReference } from '../intake/record-desk.js';
import { fieldTexts } from './field-text.js';
import { pastTexts } from './past-texts.js';
import { PersonMatcher } from './person-matcher.js';

/** Rows looked at in one go: few enough that others are served in between. */
const PAGE = 2_000;

/** Parameters of both: company, then where the page before ended. By primary keys. */
const DIRECTORY_PAGE_SQL = `
  SELECT kind, number AS reference, record AS content, NULL AS cells, ARRAY[kind, number] AS place
  FROM read.${viewName(directoryProjection)}
  WHERE company = $1 AND (kind, number) > (coalesce(($2::text[])[1], ''), coalesce(($2::text[])[2], '')) ORDER BY kind, number LIMIT ${PAGE}`;
const STAGED_PAGE_SQL = `
  SELECT e.kind, e.reference, coalesce(e.record, e.sent) AS content, e.cells, ARRAY[e.resync::text, e.line::text, e.part::text] AS place
  FROM contacts.resync_entry e
  WHERE e.resync IN (SELECT id FROM contacts.resync WHERE company = $1)
    AND (e.resync, e.line, e.part) >
      (coalesce(($2::text[])[1], '00000000-0000-0000-0000-000000000000')::uuid, coalesce(($2::text[])[2], '0')::int, coalesce(($2::text[])[3], '0')::smallint)
  ORDER BY e.resync, e.line, e.part LIMIT ${PAGE}`;

interface CandidateRow {
  readonly kind: string;
  readonly reference: string;
  readonly content: unknown;
  /** Cells of a line as JSON. */
  readonly cells: string | null;
  readonly place: readonly string[];
}

/** A record that may be about the person who is looked for. */
export interface Candidate extends RecordReference {
  readonly matches: readonly PersonMatch[];
}

export interface Candidates {
  /** Exact ones first. */
  readonly candidates: readonly Candidate[];
  readonly isCut: boolean;
}

/**
 * Looks at everything that is kept of a company's people: what they see, the lines of imports, and all events of records and refused
 * changes, those included that were deleted or said something else before. All of it, since a person may stand in any field.
 */
export async function findCandidates(
  { eventLog, database }: { readonly eventLog: Pick<EventLog, 'transact'>; readonly database: Database },
  company: CompanyId,
  clues: PersonClues,
  context: CommandContext,
): Promise<Candidates> {
  const found = new Map<string, Candidate>();
  const add = (
    { kind, reference }: { kind: string; reference: string },
    matches: readonly PersonMatch[],
  ): void => {
    if (matches.length === 0 || !isContactKind(kind)) return;
    const key = `${kind}/${reference}`;
    const known = found.get(key)?.matches ?? [];
    const isNew = (match: PersonMatch): boolean =>
      !known.some(({ by, field }) => by === match.by && field === match.field);
    found.set(key, { kind, reference, matches: [...known, ...matches.filter(isNew)] });
  };
  for (const record of clues.records ?? []) add(record, [{ by: 'record', isExact: true, field: '' }]);
  if (clues.email !== undefined || clues.phone !== undefined || clues.name !== undefined) {
    const matcher = new PersonMatcher(clues);
    for await (const said of pastTexts(eventLog, company, context)) add(said, matcher.matches(said.texts));
    const reader = new CompanyReader(database, company);
    const directory: Page = (values) => reader.query({ text: DIRECTORY_PAGE_SQL, values });
    const staged: Page = async (values) =>
      await database.withClient(
        async (client) => (await client.query<CandidateRow>(STAGED_PAGE_SQL, [...values])).rows,
      );
    for (const page of [directory, staged]) {
      for await (const row of rowsOf(page, company)) {
        const cells: unknown = row.cells === null ? [] : JSON.parse(row.cells);
        add(row, matcher.matches([...fieldTexts(row.content), ...fieldTexts({ cells })]));
      }
    }
  }
  const all = [...found.values()].toSorted((a, b) => Number(isExact(b)) - Number(isExact(a)));
  return { candidates: all.slice(0, MAX_RECORDS), isCut: all.length > MAX_RECORDS };
}

function isExact({ matches }: Candidate): boolean {
  return matches.some((match) => match.isExact);
}

/** Rows after a place, by the parameters of their statement. */
type Page = (values: readonly unknown[]) => Promise<readonly CandidateRow[]>;

async function* rowsOf(page: Page, company: CompanyId): AsyncGenerator<CandidateRow> {
  for (let after: readonly string[] = []; ;) {
    const rows = await page([company, after]);
    yield* rows;
    const last = rows.at(-1);
    if (!last) return;
    after = last.place;
  }
}
