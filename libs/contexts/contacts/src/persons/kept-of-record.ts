import type { RecordEvent, RejectionEvent } from '@samspill/contracts';
import { CompanyReader, type Database, type Unit } from '@samspill/eventlog';
import { PlatformError, viewName, type CompanyId, type Recorded } from '@samspill/kernel';
import type { FoundPerson, PersonRecord, PersonValue } from '@samspill/platform';
import { directoryProjection } from '../directory/directory.projection.js';
import { isForgottenFault } from '../record/forgotten-record.js';
import { recordStream } from '../record/record.decider.js';
import { rejectionStream } from '../record/rejection.decider.js';
import { IS_CLEARED } from '../resync/clear-forgotten.js';
import type { Candidate } from './candidates.js';
import { fieldTexts } from './field-text.js';
import { recordHistory, type RecordHistory } from './record-history.js';

/** Contact persons of one record that are named beside it. */
const RELATED_MAX = 100;

/** By the index `parent` of the read table. */
const PERSONS_SQL = `
  SELECT kind, number FROM read.${viewName(directoryProjection)}
  WHERE company = $1 AND parent_kind = $2 AND parent_number = $3 ORDER BY number LIMIT ${RELATED_MAX}`;

/** The staged rows of a company are not found by record; there are few but while an import waits. */
const STAGED_SQL = `
  SELECT w.id, w.started_at, e.line, coalesce(e.record, e.sent) AS content, CASE WHEN e.part = 0 THEN e.cells END AS cells
  FROM contacts.resync w JOIN contacts.resync_entry e ON e.resync = w.id
  WHERE w.company = $1 AND e.kind = $2 AND e.reference = $3 AND ${IS_CLEARED} IS NOT TRUE ORDER BY w.id, e.line, e.part`;

interface StagedRow {
  readonly id: string;
  readonly started_at: Date;
  readonly line: number;
  readonly content: unknown;
  readonly cells: string | null;
}

type Elsewhere = FoundPerson['elsewhere'][number];

/** Everything that is kept of one record. */
export async function keptOf(
  unit: Unit,
  database: Database,
  company: CompanyId,
  { kind, reference, matches }: Candidate,
): Promise<FoundPerson> {
  const history = await historyOf(unit, recordStream(company, kind, reference));
  const rejected = await rejectedOf(unit, rejectionStream(company, kind, reference));
  const staged = await stagedOf(database, company, { kind, reference });
  // What was refused before somebody was forgotten cannot be read any more.
  const elsewhere = [...(history.state === 'forgotten' ? [] : rejected), ...staged];
  return {
    kind,
    reference,
    matches,
    state: history.state === 'none' ? 'never-taken-in' : history.state,
    fields: history.fields,
    former: history.former,
    elsewhere: [...history.unreadable, ...elsewhere],
    related: await relatedOf(database, company, { kind, reference }, history.fields),
  };
}

/** Whether there is anything to tell or to forget, or an administrator asked for this very record. */
export function isKnown({ state, elsewhere, matches }: FoundPerson): boolean {
  if (elsewhere.length > 0) return true;
  const wasAskedFor = matches.some(({ by }) => by === 'record');
  return state === 'forgotten' ? wasAskedFor : state !== 'never-taken-in' || !wasAskedFor;
}

async function historyOf(
  unit: Unit,
  stream: string,
): Promise<RecordHistory & { readonly unreadable: readonly Elsewhere[] }> {
  try {
    // The catalogue has checked each event against the schema of its type; the stream holds no others.
    const events = (await unit.load(stream)) as readonly Recorded<RecordEvent>[];
    return { ...recordHistory(events), unreadable: [] };
  } catch (error) {
    if (!(error instanceof PlatformError && error.code === 'eventlog.unreadable-event')) throw error;
    const place = `On the log, in an event that this version of the service cannot read: ${error.message}`;
    return { state: 'kept', fields: [], former: [], unreadable: [{ place, fields: [] }] };
  }
}

async function rejectedOf(unit: Unit, stream: string): Promise<readonly Elsewhere[]> {
  const events = (await unit.load(stream)) as readonly Recorded<RejectionEvent>[];
  const told = new Set<string>();
  return events.flatMap((event, index) => {
    if (event.type !== 'contacts.record.rejected') return [];
    const { change, faults, source } = event.data;
    const content = JSON.stringify(change);
    if (faults.some(isForgottenFault) || told.has(content)) return [];
    told.add(content);
    const stands = index === events.length - 1 ? 'stands in the sync report' : 'on the log only';
    const place = `A change that was refused (${source.kind} ${source.id}, line ${source.line}): ${stands}`;
    return [{ place, since: event.meta.time, fields: valuesOf(change, event.meta.time, event.meta.actor) }];
  });
}

async function stagedOf(
  database: Database,
  company: CompanyId,
  { kind, reference }: PersonRecord,
): Promise<readonly Elsewhere[]> {
  const { rows } = await database.withClient((client) =>
    client.query<StagedRow>(STAGED_SQL, [company, kind, reference]),
  );
  return rows.map(({ id, started_at, line, content, cells }) => {
    const since = started_at.toISOString();
    const row: unknown = cells === null ? [] : JSON.parse(cells);
    const fields = [...valuesOf(content, since), ...valuesOf({ cells: row }, since)];
    return { place: `Line ${line} of import ${id}`, since, fields };
  });
}

function valuesOf(content: unknown, since: string, from?: string): readonly PersonValue[] {
  return fieldTexts(content).map(({ field, text }) => ({
    field,
    value: text,
    since,
    ...(from !== undefined && { from }),
  }));
}

async function relatedOf(
  database: Database,
  company: CompanyId,
  { kind, reference }: PersonRecord,
  fields: readonly PersonValue[],
): Promise<FoundPerson['related']> {
  if (kind === 'contact-person') {
    const value = (field: string): string | undefined => fields.find((one) => one.field === field)?.value;
    const [parentKind, number] = [value('/parent/kind'), value('/parent/number')];
    if (parentKind === undefined || number === undefined) return [];
    return [{ kind: parentKind, reference: number, how: `the ${parentKind} that the person belongs to` }];
  }
  const rows = await new CompanyReader(database, company).query<{ kind: string; number: string }>({
    text: PERSONS_SQL,
    values: [company, kind, reference],
  });
  return rows.map(({ kind: personKind, number }) => ({
    kind: personKind,
    reference: number,
    how: 'a contact person of it',
  }));
}
