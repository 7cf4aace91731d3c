import { companySetUpEvents, topics, type CompanySetUpEvent } from '@samspill/contracts';
import { defineProjection, parseStream, type Row } from '@samspill/kernel';

type LicenceEvent = Extract<CompanySetUpEvent, { type: `identity.licence.${string}` }>;

/** When licences of a company end, of those that end by themselves. */
export interface LicencesRow extends Row {
  readonly company: string;
  /** By product, RFC 3339. */
  readonly ends: Readonly<Record<string, string>>;
  /** The first of them. */
  readonly next_end: string;
}

/** Companies that have a licence which ends by itself: whoever ends licences looks here for those whose time is over. */
export const licencesProjection = defineProjection<LicencesRow, LicenceEvent>({
  name: 'identity.licences',
  version: 1,
  fold: 'steps',
  topics: [topics.identity],
  reads: companySetUpEvents.flatMap(({ type }) => (isLicenceType(type) ? [type] : [])),
  table: {
    columns: { company: 'text', ends: 'jsonb', next_end: 'timestamptz' },
    key: ['company'],
    company: 'company',
    indexes: [{ name: 'next_end', definition: '(next_end)' }],
  },
  key: ({ meta }) => ({ company: companyOf(meta.stream) }),
  project(row, { type, data, meta }) {
    const { [data.product]: _before, ...others } = row?.ends ?? {};
    const end = type === 'identity.licence.granted' ? data.validUntil : undefined;
    const ends: LicencesRow['ends'] = end === undefined ? others : { ...others, [data.product]: end };
    const [first] = Object.values(ends).sort((a, b) => Date.parse(a) - Date.parse(b));
    return first === undefined ? undefined : { company: companyOf(meta.stream), ends, next_end: first };
  },
});

function isLicenceType(type: string): type is LicenceEvent['type'] {
  return type.startsWith('identity.licence.');
}

function companyOf(stream: string): string {
  return parseStream(stream).parts[0] ?? '';
}
