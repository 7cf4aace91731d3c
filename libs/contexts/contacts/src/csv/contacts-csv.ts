import { parseRecord, type ContactKind, type ContactParent, type ContactRecord } from '@samspill/contracts';
import { isRejection, type Fault, type Rejection } from '@samspill/kernel';
import { openCsv, type CsvFile, type CsvRow } from './csv-file.js';
import { planColumns, type ColumnPlan, type CsvMapping } from './mapping.js';
import { numberOfRowPerson, recordsOfRow, type RecordInput } from './row-records.js';

/** A fault of one cell, or of a whole row where `column` is absent. */
export interface CellFault extends Fault {
  /** The heading of the column, as it is written in the file. */
  readonly column?: string;
}

/** A record of a row that was refused: what is known of it, so that it can be shown and tried again. */
export interface RefusedRecord {
  readonly kind: ContactKind;
  /** Absent where the row has none. It must not count as removed from the ERP just because its row is bad. */
  readonly number?: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly faults: readonly CellFault[];
}

/** What a row of the file yielded. `line` is the line that it begins on; the heading's is 1. */
export type ContactsRow =
  | {
      readonly kind: 'good';
      readonly line: number;
      /** As they are in the file: a row may turn out to be bad only beside the others. */
      readonly cells: readonly string[];
      readonly records: readonly ContactRecord[];
    }
  | {
      readonly kind: 'bad';
      readonly line: number;
      /** As they are in the file, for the file of rejected rows. */
      readonly cells: readonly string[];
      /** Every fault of the row. */
      readonly faults: readonly CellFault[];
      /** Records of the row that are good all the same: a customer whose contact person is not. */
      readonly records: readonly ContactRecord[];
      /** Empty where the row has other columns than the heading and its number does not stand first. */
      readonly refused: readonly RefusedRecord[];
    }
  /** Always the last: the rest could not be read, so that the file must not be taken for all that the ERP has. */
  | { readonly kind: 'broken-off'; readonly line: number; readonly fault: Fault };

export interface ContactsCsv extends Pick<CsvFile, 'headings' | 'separator' | 'encoding' | 'close'> {
  /** What the rows are about. */
  readonly kind: ContactKind;
  /** The kinds of record that the file holds, and that a resync from it compares. */
  readonly kinds: readonly ContactKind[];
  /** Whose contact persons the file holds: empty where it holds none. */
  readonly parents: readonly ContactParent['kind'][];
  /** Heading of the column with the rows' numbers. */
  readonly numberHeading: string;
  /** Headings whose columns are not imported. */
  readonly unused: readonly string[];
  /** To be iterated once; memory does not grow with the file. */
  readonly rows: AsyncIterable<ContactsRow>;
}

export interface ContactsCsvOptions {
  /** What the rows are, when the user said so. */
  readonly kind?: ContactKind | undefined;
  readonly mapping?: CsvMapping | undefined;
}

/**
 * Reads an ERP's file of customers, suppliers or contact persons as records that obey their rules. The source is consumed as
 * the rows are, in constant memory.
 *
 * @returns the opened file, or a rejection as {@link planColumns} has them, with the source let go
 */
export async function readContactsCsv(
  source: AsyncIterable<Uint8Array>,
  options: ContactsCsvOptions = {},
): Promise<ContactsCsv | Rejection> {
  const file = await openCsv(source);
  const plan = planColumns(file.headings, options);
  if (isRejection(plan)) {
    await file.close();
    return plan;
  }
  return {
    headings: file.headings,
    separator: file.separator,
    get encoding() {
      return file.encoding;
    },
    kind: plan.kind,
    kinds: plan.columns.has('contact.name') ? [plan.kind, 'contact-person'] : [plan.kind],
    parents: parentsIn(plan),
    numberHeading: file.headings[plan.columns.get('number') ?? -1] ?? '',
    unused: plan.unused,
    rows: readRows(file, plan),
    close: () => file.close(),
  };
}

function parentsIn({ kind, columns }: ColumnPlan): readonly ContactParent['kind'][] {
  if (kind !== 'contact-person') return columns.has('contact.name') ? [kind] : [];
  return (['customer', 'supplier'] as const).filter((parent) => columns.has(`parent.${parent}`));
}

async function* readRows(file: CsvFile, plan: ColumnPlan): AsyncGenerator<ContactsRow, void, undefined> {
  for await (const row of file.rows) yield readRow(row, plan, file.headings);
}

function readRow(row: CsvRow, plan: ColumnPlan, headings: readonly string[]): ContactsRow {
  if (row.kind === 'broken-off') return { ...row, fault: { pointer: '', ...row.fault } };
  const { line, cells } = row;
  if (row.kind === 'bad-row') {
    const faults = [{ pointer: '', ...row.fault }];
    return { kind: 'bad', line, cells, faults, records: [], refused: refuseMisaligned(plan, cells, faults) };
  }
  const records: ContactRecord[] = [];
  const refused: RefusedRecord[] = [];
  for (const said of recordsOfRow(plan, cells)) {
    const outcome = parseRecord(said.kind, said.input);
    if (outcome.ok) records.push(outcome.record);
    else refused.push(refuse(said, outcome.faults, plan, headings));
  }
  if (refused.length === 0) return { kind: 'good', line, cells, records };
  return { kind: 'bad', line, cells, faults: refused.flatMap((record) => record.faults), records, refused };
}

/** What a row with too many or too few columns is about, if its number stands first, where nothing can have moved it. */
function refuseMisaligned(
  plan: ColumnPlan,
  cells: readonly string[],
  faults: readonly CellFault[],
): readonly RefusedRecord[] {
  const number = cells[0]?.trim() ?? '';
  if (plan.columns.get('number') !== 0 || number === '') return [];
  const organisation = { kind: plan.kind, number, input: { number }, faults };
  if (plan.kind === 'contact-person' || !plan.columns.has('contact.name')) return [organisation];
  const person = numberOfRowPerson(plan.kind, number);
  return [organisation, { kind: 'contact-person', number: person, input: { number: person }, faults }];
}

function refuse(
  said: RecordInput,
  faults: readonly Fault[],
  plan: ColumnPlan,
  headings: readonly string[],
): RefusedRecord {
  const { kind, input } = said;
  const placed = faults.map((fault): CellFault => {
    const field = said.column(fault.pointer);
    const index = field === undefined ? undefined : plan.columns.get(field);
    const column = index === undefined ? undefined : headings[index];
    return column === undefined ? fault : { ...fault, column };
  });
  const number = input['number'];
  return typeof number === 'string'
    ? { kind, number, input, faults: placed }
    : { kind, input, faults: placed };
}
