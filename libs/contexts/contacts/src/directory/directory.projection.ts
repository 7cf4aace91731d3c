import {
  foldText,
  phoneDigits,
  recordEvents,
  searchText,
  topics,
  type ContactRecord,
  type RecordEvent,
} from '@samspill/contracts';
import { defineProjection, parseStream, type Recorded, type Row } from '@samspill/kernel';
import { gramsOfText, kindGram } from './grams.js';

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
  /** The whole record as accepted. */
  readonly record: ContactRecord;
  /** Folded name: the order of lists. */
  readonly sort_name: string;
  /** Everything that it can be found by, folded; each word after a space, the first one too. */
  readonly search: string;
  /** What of {@link search} is in the index, see grams.ts. */
  readonly grams: readonly number[];
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
      record: 'jsonb',
      sort_name: 'text',
      search: 'text',
      grams: 'integer[]',
      changed_at: 'timestamptz',
    },
    key: ['company', 'kind', 'number'],
    company: 'company',
    indexes: [
      { name: 'sorted', definition: '(company, sort_name, kind, number)' },
      { name: 'parent', definition: '(company, parent_kind, parent_number) WHERE parent_number IS NOT NULL' },
      { name: 'grams', definition: 'USING gin (grams)' },
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
    const search = searchable(record);
    return {
      company,
      kind: record.kind,
      number: record.number,
      parent_kind: parent?.kind ?? null,
      parent_number: parent?.number ?? null,
      name: record.name,
      record,
      sort_name: sortName(record.name),
      search,
      grams: [...gramsOfText(company, search), kindGram(company, record.kind)],
      changed_at: event.meta.time,
    };
  },
});

function kindOf(event: Recorded<RecordEvent>): string {
  return event.type.split('.')[1] ?? '';
}

/** How names are ordered, and what a search for the beginning of a name is compared with. */
export function sortName(name: string): string {
  return foldText(name).trim().replaceAll(/\s+/g, ' ').slice(0, SORT_NAME_MAX_LENGTH);
}

function searchable(record: ContactRecord): string {
  const { address } = record;
  const country = record.country ?? address?.country;
  const phones = [record.phone, record.mobile].flatMap((phone) =>
    phone === undefined ? [] : phoneDigits(phone, country),
  );
  const organisationNumber = 'organisationNumber' in record ? record.organisationNumber : undefined;
  const texts = [
    record.name,
    record.number,
    address?.town,
    address?.postcode,
    record.email,
    organisationNumber,
  ];
  const parts = [
    ...innerWords(record.name),
    ...(address?.town === undefined ? [] : innerWords(address.town)),
  ];
  return ` ${searchText([...texts.filter((text) => text !== undefined), ...phones, ...parts])}`;
}

/** `Anne-Lise` is also found by `li`: two letters match from the start of a word, and `Lise` is one to the person who types it. */
function innerWords(text: string): readonly string[] {
  return [...text.matchAll(INNER_WORD)].map(([word]) => word);
}

const INNER_WORD = /(?<=[^\p{L}\p{N}\p{M}\s])[\p{L}\p{N}\p{M}]{2,}\S*/gu;
