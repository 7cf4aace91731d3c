import { CONTACT_KINDS, type ContactKind } from '@samspill/contracts';
import { isRejection, reject, type Fault, type Rejection } from '@samspill/kernel';
import { z } from 'zod';
import { COLUMN_FIELDS, FIELD_SOURCES, hasField, type ColumnField } from './column-fields.js';
import { detectKind, headingKey, meaningOf } from './headings.js';

/** A mapping file: what the headings of a company's export mean, where that differs from what is known by itself. */
export const csvMapping = z.strictObject({
  kind: z.enum(CONTACT_KINDS).optional(),
  /** Heading → field. Case, accents, spaces and punctuation of headings do not matter. */
  columns: z.record(z.string().min(1), z.enum(COLUMN_FIELDS)),
});
export type CsvMapping = z.infer<typeof csvMapping>;

/** Where each field of the records is found in a row. */
export interface ColumnPlan {
  readonly kind: ContactKind;
  /** Field → index of its column. */
  readonly columns: ReadonlyMap<ColumnField, number>;
  /** Headings whose columns are not imported, as they are written: unknown, or another column holds the field. */
  readonly unused: readonly string[];
}

/** Headings to suggest for what is missing. */
const EXAMPLES: Readonly<Record<ContactKind, readonly (readonly [field: string, headings: string])[]>> = {
  customer: [
    ['number', 'Kundenr, Kundnr, customerID'],
    ['name', 'Navn, Namn, companyName'],
  ],
  supplier: [
    ['number', 'Leverandørnr, Leverantörsnr, supplierID'],
    ['name', 'Navn, Namn, companyName'],
  ],
  'contact-person': [
    ['number', 'Kontaktnr, contactID'],
    ['name', 'Navn, Kontaktperson, contactName'],
    ['parent', 'Kundenr or Leverandørnr, customerID or supplierID'],
  ],
};

/**
 * Decides what each column is, by the mapping file first and by known headings for the rest.
 *
 * @param options.kind what the rows are, when the user said so; otherwise the mapping file or the headings say it
 * @returns codes `csv.empty`, `csv.kind-unknown`, `csv.mapping` (a field that the kind has not, or two columns for one),
 *   `csv.columns-missing` (one rejection that names every mandatory field without a column)
 */
export function planColumns(
  headings: readonly string[],
  options: { readonly kind?: ContactKind | undefined; readonly mapping?: CsvMapping | undefined } = {},
): ColumnPlan | Rejection {
  if (headings.every((heading) => heading === '')) {
    return reject('csv.empty', 'The file is empty: its first line must hold the headings of its columns.');
  }
  const kind = options.kind ?? options.mapping?.kind ?? detectKind(headings);
  if (kind === undefined) {
    return reject(
      'csv.kind-unknown',
      'The headings do not say whether the rows are customers, suppliers or contact persons: name the column of their ' +
        'numbers Kundenr, Leverandørnr or Kontaktnr, or say the kind with the import.',
    );
  }
  const mapped = applyMapping(headings, kind, options.mapping);
  if (isRejection(mapped)) return mapped;
  const columns = new Map([...mapped.columns, ...knownColumns(headings, kind, mapped)]);
  const missing = missingFields(kind, columns);
  if (missing.length > 0) return columnsMissing(kind, missing);
  const used = new Set([...columns.values(), ...mapped.ignored]);
  const unused = headings.filter(
    (heading, index) => heading !== '' && !used.has(index) && meaningOf(heading) !== 'fault',
  );
  return { kind, columns, unused };
}

interface Mapped {
  readonly columns: ReadonlyMap<ColumnField, number>;
  readonly ignored: ReadonlySet<number>;
}

function applyMapping(
  headings: readonly string[],
  kind: ContactKind,
  mapping: CsvMapping | undefined,
): Mapped | Rejection {
  const wanted = new Map(
    Object.entries(mapping?.columns ?? {}).map(([heading, field]) => [headingKey(heading), field]),
  );
  const columns = new Map<ColumnField, number>();
  const ignored = new Set<number>();
  const faults: Fault[] = [];
  for (const [index, heading] of headings.entries()) {
    const field = wanted.get(headingKey(heading));
    if (field === undefined) continue;
    if (field === 'ignore') {
      ignored.add(index);
    } else if (!hasField(kind, field)) {
      faults.push(mappingFault(heading, `A ${kind} has no field ${field}.`));
    } else if (columns.has(field)) {
      faults.push(mappingFault(heading, `${field} is filled from another column already.`));
    } else {
      columns.set(field, index);
    }
  }
  if (faults.length > 0) {
    return reject('csv.mapping', 'The mapping file does not fit this file: see its faults.', faults);
  }
  return { columns, ignored };
}

function mappingFault(heading: string, detail: string): Fault {
  const pointer = `/columns/${heading.replaceAll('~', '~0').replaceAll('/', '~1')}`;
  return { pointer, code: 'csv.mapping', detail };
}

/** The fields that the mapping file leaves open, each from the first column that means its likeliest meaning. */
function knownColumns(
  headings: readonly string[],
  kind: ContactKind,
  mapped: Mapped,
): ReadonlyMap<ColumnField, number> {
  const taken = new Set([...mapped.columns.values(), ...mapped.ignored]);
  const meanings = headings.map((heading, index) => (taken.has(index) ? undefined : meaningOf(heading)));
  const columns = new Map<ColumnField, number>();
  for (const field of COLUMN_FIELDS) {
    if (mapped.columns.has(field)) continue;
    for (const meaning of FIELD_SOURCES[kind][field] ?? []) {
      const index = meanings.indexOf(meaning);
      if (index < 0) continue;
      columns.set(field, index);
      break;
    }
  }
  return columns;
}

function missingFields(
  kind: ContactKind,
  columns: ReadonlyMap<ColumnField, number>,
): readonly (readonly [field: string, headings: string])[] {
  return EXAMPLES[kind].filter(([field]) =>
    field === 'parent'
      ? !columns.has('parent.customer') && !columns.has('parent.supplier')
      : ![...columns.keys()].some((column) => column === field),
  );
}

function columnsMissing(
  kind: ContactKind,
  missing: readonly (readonly [field: string, headings: string])[],
): Rejection {
  const names = missing.map(([field, headings]) => `${field} (such as ${headings})`).join('; ');
  return reject(
    'csv.columns-missing',
    `The file of ${kind}s lacks columns that it must have: ${names}. Rename its headings or send a mapping file.`,
    missing.map(([field, headings]) => ({
      pointer: `/columns/${field}`,
      code: 'csv.column-missing',
      detail: `No column for the ${field}: name one ${headings}.`,
    })),
  );
}
