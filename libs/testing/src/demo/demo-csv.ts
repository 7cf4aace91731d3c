import type { ContactKind, ContactRecord } from '@samspill/contracts';

/** Headings of a kind's file, as a Norwegian ERP exports them. */
const COLUMNS: readonly (readonly [heading: string, value: (record: ContactRecord) => string | undefined])[] =
  [
    ['Navn', (record) => record.name],
    ['Adresse', (record) => record.address?.lines.join('\n')],
    ['Postnr', (record) => record.address?.postcode],
    ['Poststed', (record) => record.address?.town],
    ['Land', (record) => record.country],
    ['Telefon', (record) => record.phone],
    ['Mobil', (record) => record.mobile],
    ['E-post', (record) => record.email],
    ['Hjemmeside', (record) => record.website],
    ['Merknad', (record) => record.notes],
  ];
const ORGANISATION_COLUMNS: typeof COLUMNS = [
  ['Org.nr', (record) => (record.kind === 'contact-person' ? undefined : record.organisationNumber)],
];
const PERSON_COLUMNS: typeof COLUMNS = [
  ['Kundenr', (record) => parentNumber(record, 'customer')],
  ['Leverandørnr', (record) => parentNumber(record, 'supplier')],
  ['Tittel', (record) => (record.kind === 'contact-person' ? record.title : undefined)],
  ['Avdeling', (record) => (record.kind === 'contact-person' ? record.department : undefined)],
];
const NUMBER_HEADINGS: Readonly<Record<ContactKind, string>> = {
  customer: 'Kundenr',
  supplier: 'Leverandørnr',
  'contact-person': 'Kontaktnr',
};

/** Lines handed over together: few enough for memory, many enough to spare the stream. */
const LINES_PER_CHUNK = 500;

/**
 * The records of one kind as a CSV file with Norwegian headings (`;`, CRLF), in chunks of lines; records of other kinds are
 * left out. Encode it as UTF-8 or Windows-1252.
 */
export function* demoCsv(
  kind: ContactKind,
  records: Iterable<ContactRecord>,
): Generator<string, void, undefined> {
  const columns: typeof COLUMNS = [
    [NUMBER_HEADINGS[kind], (record) => record.number],
    ...COLUMNS,
    ...(kind === 'contact-person' ? PERSON_COLUMNS : ORGANISATION_COLUMNS),
  ];
  let lines = [csvLine(columns.map(([heading]) => heading))];
  for (const record of records) {
    if (record.kind !== kind) continue;
    lines.push(csvLine(columns.map(([, value]) => value(record) ?? '')));
    if (lines.length < LINES_PER_CHUNK) continue;
    yield lines.join('');
    lines = [];
  }
  if (lines.length > 0) yield lines.join('');
}

function parentNumber(record: ContactRecord, kind: 'customer' | 'supplier'): string | undefined {
  return record.kind === 'contact-person' && record.parent.kind === kind ? record.parent.number : undefined;
}

function csvLine(cells: readonly string[]): string {
  const quoted = cells.map((cell) => (/[;"\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell));
  return `${quoted.join(';')}\r\n`;
}
