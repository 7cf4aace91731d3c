import { foldText, phoneDigits, recordEvents, searchText, topics, type ContactRecord, type RecordEvent } from '@samspill/contracts';
import { defineProjection, parseStream, type Recorded, type Row } from '@samspill/kernel';

/** Sorting needs the beginning only, and an index entry must stay well under a third of a page. */
const SORT_NAME_MAX_LENGTH = 100;

/** A customer, supplier or contact person as the directory shows and finds it. */
export interface DirectoryRow extends Row {
  readonly company: string;
  readonly kind: string;
  readonly number: string;
  readonly parent_kind: string | null;
  readonly parent_number: string | null;
  readonly name: string;
  readonly town: string | null;
  /** The whole record as accepted. */
  readonly record: ContactRecord;
  /** Folded name: the order of lists. */
  readonly sort_name: string;
  /** Everything that it can be found by, folded. */
  readonly search: string;
  readonly changed_at: string;
}

/** The contact directory: one row a record that is there (C44). */
export const directoryProjection = defineProjection<DirectoryRow, RecordEvent>({
  name: 'contacts.directory',
  version: 1,
  fold: 'state',
  topics: [topics.contacts],
  reads: recordEvents.map((event) => event.type),
  table: {
    columns: {
      company: 'text',
      kind: 'text',
      number: 'text',
      parent_kind: 'text',
      parent_number: 'text',
      name: 'text',
      town: 'text',
      record: 'jsonb',
      sort_name: 'text',
      search: 'text',
      changed_at: 'timestamptz',
    },
    key: ['company', 'kind', 'number'],
    indexes: [
      { name: 'sorted', definition: '(company, sort_name, kind, number)' },
      { name: 'parent', definition: '(company, parent_kind, parent_number) WHERE parent_number IS NOT NULL' },
      { name: 'search', definition: 'USING gin (company, search gin_trgm_ops)' },
    ],
  },
  key(event) {
    const [company = '', number = ''] = parseStream(event.meta.stream).parts;
    return { company, kind: kindOf(event), number };
  },
  project(_row, event) {
    if (!('record' in event.data)) return undefined;
    const { record } = event.data;
    const [company = ''] = parseStream(event.meta.stream).parts;
    const parent = record.kind === 'contact-person' ? record.parent : undefined;
    return {
      company,
      kind: record.kind,
      number: record.number,
      parent_kind: parent?.kind ?? null,
      parent_number: parent?.number ?? null,
      name: record.name,
      town: record.address?.town ?? null,
      record,
      sort_name: foldText(record.name).slice(0, SORT_NAME_MAX_LENGTH),
      search: searchable(record),
      changed_at: event.meta.time,
    };
  },
});

function kindOf(event: Recorded<RecordEvent>): string {
  return event.type.split('.')[1] ?? '';
}

function searchable(record: ContactRecord): string {
  const { address } = record;
  const country = record.country ?? address?.country;
  const phones = [record.phone, record.mobile].flatMap((phone) => (phone === undefined ? [] : phoneDigits(phone, country)));
  const organisationNumber = 'organisationNumber' in record ? record.organisationNumber : undefined;
  const texts = [record.name, record.number, address?.town, address?.postcode, record.email, organisationNumber];
  return searchText([...texts.filter((text) => text !== undefined), ...phones]);
}
