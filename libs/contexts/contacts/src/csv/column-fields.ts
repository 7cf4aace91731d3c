import type { ContactKind } from '@samspill/contracts';
import type { HeadingMeaning } from './headings.js';

/**
 * What a column can be filled into. `parent.*` is the number of a contact person's customer or supplier; `contact.*` is the
 * contact person of the customer or supplier in the same row, who becomes a record of its own.
 */
export const COLUMN_FIELDS = [
  'number',
  'name',
  'organisationNumber',
  'country',
  'address.line1',
  'address.line2',
  'address.line3',
  'address.line4',
  'address.postcode',
  'address.town',
  'address.region',
  'address.country',
  'phone',
  'mobile',
  'fax',
  'email',
  'website',
  'title',
  'department',
  'notes',
  'parent.customer',
  'parent.supplier',
  'contact.name',
  'contact.title',
  'contact.department',
  'contact.phone',
  'contact.mobile',
  'contact.email',
  'ignore',
] as const;
export type ColumnField = (typeof COLUMN_FIELDS)[number];

/** By field, which meanings of headings fill it, the likeliest first. */
type Sources = Partial<Record<ColumnField, readonly HeadingMeaning[]>>;

const ANY_KIND: Sources = {
  country: ['country'],
  'address.line1': ['address-line-1'],
  'address.line2': ['address-line-2'],
  'address.line3': ['address-line-3'],
  'address.line4': ['address-line-4'],
  'address.postcode': ['postcode'],
  'address.town': ['town'],
  'address.region': ['region'],
  fax: ['fax'],
  website: ['website'],
  notes: ['notes'],
};
const ORGANISATION: Sources = {
  ...ANY_KIND,
  organisationNumber: ['organisation-number'],
  phone: ['phone'],
  mobile: ['mobile'],
  email: ['email'],
  'contact.name': ['person-name'],
  'contact.title': ['person-title', 'title'],
  'contact.department': ['department'],
  'contact.phone': ['person-phone'],
  'contact.mobile': ['person-mobile'],
  'contact.email': ['person-email'],
};
/** What each kind's fields are filled from when no mapping file says otherwise. */
export const FIELD_SOURCES: Readonly<Record<ContactKind, Sources>> = {
  customer: {
    ...ORGANISATION,
    number: ['customer-number', 'number'],
    name: ['customer-name', 'company-name', 'name'],
  },
  supplier: {
    ...ORGANISATION,
    number: ['supplier-number', 'number'],
    name: ['supplier-name', 'company-name', 'name'],
  },
  'contact-person': {
    ...ANY_KIND,
    number: ['person-number', 'number'],
    name: ['person-name', 'name'],
    title: ['person-title', 'title'],
    department: ['department'],
    phone: ['person-phone', 'phone'],
    mobile: ['person-mobile', 'mobile'],
    email: ['person-email', 'email'],
    'parent.customer': ['customer-number'],
    'parent.supplier': ['supplier-number'],
  },
};

/** Whether rows of a kind can fill a field. An address's own country has no usual heading: only a mapping file names it. */
export function hasField(kind: ContactKind, field: ColumnField): boolean {
  return field in FIELD_SOURCES[kind] || field === 'address.country';
}
