import { RECORD_LIMITS, type ContactKind, type ContactRecord } from '@samspill/contracts';
import type { CellFault, ContactsCsv, ContactsRow, RefusedRecord } from '../csv/contacts-csv.js';
import { numberOfRowPerson } from '../csv/row-records.js';
import { referenceOf } from '../intake/apply-change.js';
import { readChange } from '../intake/batch.js';
import { storable, storableText } from './storable-text.js';

/** Longest JSON of a refused row that is kept: as an event it must stay far below what a topic takes. */
const SENT_MAX_LENGTH = 100_000;
/** Numbers that one unreadable row can protect: more cells than any ERP's file has columns. */
const PROTECTED_MAX = 200;
const CONTROL = /[\0-\x1f\x7f]/;

/** What a row of a file says of one record, as it is staged. */
export interface StagedEntry {
  readonly line: number;
  /** Counts from 0 in the line. */
  readonly part: number;
  readonly kind: ContactKind;
  /** Absent where there is none that can be used. */
  readonly number: string | undefined;
  /** Of its rejection: the number, or what stands for it. */
  readonly reference: string;
  /** Where it is good. */
  readonly record: ContactRecord | undefined;
  /** Where it is not. */
  readonly faults: readonly CellFault[] | undefined;
  /** The change to try again, where it is not good. */
  readonly sent: Readonly<Record<string, unknown>> | undefined;
  /** With the first part of the line. */
  readonly cells: readonly string[] | undefined;
  /** Records of these numbers must stay: the row may have been about one of them. */
  readonly protects: readonly string[] | undefined;
}

/** The entries of a row. A row that cannot be taken apart is one entry without a number. */
export function entriesOf(
  row: Exclude<ContactsRow, { kind: 'broken-off' }>,
  file: Pick<ContactsCsv, 'kind' | 'kinds' | 'separator'>,
): readonly StagedEntry[] {
  const { line, cells } = row;
  const good = row.records.map((record) => goodEntry(line, record));
  const bad = row.kind === 'bad' ? row.refused.map((refused) => badEntry(line, refused)) : [];
  const entries = [...good, ...bad];
  if (entries.length === 0 && row.kind === 'bad') entries.push(unreadableEntry(row, file));
  return entries.map((entry, part) => (part === 0 ? { ...entry, cells } : { ...entry, part }));
}

const PLAIN = {
  part: 0,
  record: undefined,
  faults: undefined,
  sent: undefined,
  cells: undefined,
  protects: undefined,
} as const;

function goodEntry(line: number, record: ContactRecord): StagedEntry {
  const { kind, number } = record;
  return { ...PLAIN, line, kind, number, reference: number, record };
}

function badEntry(line: number, { kind, number, input, faults }: RefusedRecord): StagedEntry {
  const whole = { op: 'put', kind, record: storable(input) };
  const fits = JSON.stringify(whole).length <= SENT_MAX_LENGTH;
  const sent = fits ? whole : { op: 'put', kind, record: storable({ number }) };
  return { ...PLAIN, line, kind, ...identityOf(sent, line), faults: faults.map(storableFault), sent };
}

function unreadableEntry(
  { line, cells, faults }: Extract<ContactsRow, { kind: 'bad' }>,
  { kind, kinds, separator }: Pick<ContactsCsv, 'kind' | 'kinds' | 'separator'>,
): StagedEntry {
  const sent = { op: 'put', kind, row: storableText(cells.join(separator)), record: {} };
  const numbers = [...new Set(cells.map((cell) => cell.trim()))]
    .filter(couldBeNumber)
    .slice(0, PROTECTED_MAX);
  const protects =
    kinds.length > 1
      ? [
          ...numbers,
          ...numbers.map((number) => numberOfRowPerson(kind === 'supplier' ? kind : 'customer', number)),
        ]
      : numbers;
  return {
    ...PLAIN,
    line,
    kind,
    ...identityOf(sent, line),
    faults: faults.map(storableFault),
    sent,
    protects,
  };
}

/** By the rule that also holds for an agent's batch, so that trying again meets the same rejection. */
function identityOf(
  sent: Readonly<Record<string, unknown>>,
  line: number,
): Pick<StagedEntry, 'number' | 'reference'> {
  const change = readChange(sent, line);
  if ('pointer' in change) throw new TypeError(change.detail);
  const { reference } = referenceOf(change);
  return { number: change.kind === 'bad' ? change.number : reference, reference };
}

function couldBeNumber(text: string): boolean {
  return text !== '' && text.length <= RECORD_LIMITS.numberMaxLength && !CONTROL.test(text);
}

function storableFault({ column, detail, ...rest }: CellFault): CellFault {
  const fault = { ...rest, detail: storableText(detail) };
  return column === undefined ? fault : { ...fault, column: storableText(column) };
}
