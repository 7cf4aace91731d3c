import type { CrmAddress, CrmCustomer, CrmKind, CrmOrder, CrmPerson, CrmRecord } from '../crm/crm.js';
import type { HubSpotType } from './hubspot-api.js';

export const TYPES: Readonly<Record<CrmKind, HubSpotType>> = {
  customer: 'companies',
  person: 'contacts',
  order: 'orders',
};

/** Fields of ours; names are lower case with underscores, and a group of its own shows whose they are. */
export const REFERENCE = 'samspill_reference';
export const CONTENT = 'samspill_content';
/** Our reference to the customer that a person or an order belongs to. */
export const CUSTOMER = 'samspill_customer';
export const GROUP = { name: 'samspill', label: 'Samspill' };

interface Field {
  readonly name: string;
  readonly label: string;
  readonly type: 'string' | 'date';
  readonly fieldType: 'text' | 'textarea' | 'date';
  readonly hasUniqueValue?: boolean;
  readonly description?: string;
}

const text = (name: string, label: string): Field => ({ name, label, type: 'string', fieldType: 'text' });
const COMMON: readonly Field[] = [
  {
    ...text(REFERENCE, 'Samspill reference'),
    hasUniqueValue: true,
    description: 'By this the business system finds the record again. Do not change it.',
  },
  { ...text(CONTENT, 'Samspill content'), description: 'Which version of the record was written last.' },
  text('samspill_number', 'Number in the business system'),
];

/** https://developers.hubspot.com/docs/api-reference/crm-properties-v3/guide: an object type has at most ten unique fields; we take one. */
export const FIELDS: Readonly<Record<CrmKind, readonly Field[]>> = {
  customer: [
    ...COMMON,
    text('samspill_organisation_number', 'Organisation number'),
    text('samspill_mobile', 'Mobile phone'),
    text('samspill_email', 'E-mail'),
  ],
  person: [...COMMON, text(CUSTOMER, 'Samspill customer'), text('samspill_department', 'Department')],
  order: [
    ...COMMON,
    text(CUSTOMER, 'Samspill customer'),
    { name: 'samspill_ordered_on', label: 'Ordered on', type: 'date', fieldType: 'date' },
    { name: 'samspill_deliver_on', label: 'To be delivered on', type: 'date', fieldType: 'date' },
    { ...text('samspill_lines', 'Order lines'), fieldType: 'textarea' },
  ],
};

/** HubSpot's values of a record, all that we write but reference and content; an empty one empties the field. */
export function valuesOf(record: CrmRecord): Readonly<Record<string, string>> {
  switch (record.kind) {
    case 'customer':
      return customerValues(record);
    case 'person':
      return personValues(record);
    case 'order':
      return orderValues(record);
  }
}

/**
 * What is left of a record whose person is forgotten: our reference and the number, which are public on the log as well, and of an order
 * what was bought for how much.
 */
export function erasedValues(kind: CrmKind): Readonly<Record<string, string>> {
  const emptied = kind === 'order' ? ['hs_order_name', 'samspill_lines'] : PERSONAL[kind];
  return Object.fromEntries(emptied.map((name) => [name, '']));
}

const PERSONAL: Readonly<Record<'customer' | 'person', readonly string[]>> = {
  customer: [
    'name',
    'phone',
    'website',
    'address',
    'address2',
    'city',
    'state',
    'zip',
    'country',
    'samspill_organisation_number',
    'samspill_mobile',
    'samspill_email',
  ],
  person: ['firstname', 'lastname', 'email', 'phone', 'mobilephone', 'jobtitle', 'samspill_department'],
};

function customerValues(record: CrmCustomer): Readonly<Record<string, string>> {
  return {
    name: record.name,
    phone: record.phone ?? '',
    website: record.website ?? '',
    ...addressValues(record.address),
    samspill_number: record.number,
    samspill_organisation_number: record.organisationNumber ?? '',
    samspill_mobile: record.mobile ?? '',
    samspill_email: record.email ?? '',
  };
}

function addressValues(address: CrmAddress | undefined): Readonly<Record<string, string>> {
  const [first = '', ...others] = address?.lines ?? [];
  return {
    address: first,
    address2: others.join(', '),
    city: address?.town ?? '',
    state: address?.region ?? '',
    zip: address?.postcode ?? '',
    country: address?.country ?? '',
  };
}

function personValues(record: CrmPerson): Readonly<Record<string, string>> {
  // The last word is the family name in all of the languages that the ERPs' users write in; a single word is a first name.
  const words = record.name.split(' ').filter(Boolean);
  const last = words.length > 1 ? (words.at(-1) ?? '') : '';
  return {
    firstname: (last === '' ? words : words.slice(0, -1)).join(' '),
    lastname: last,
    email: record.email ?? '',
    phone: record.phone ?? '',
    mobilephone: record.mobile ?? '',
    jobtitle: record.title ?? '',
    samspill_number: record.number,
    samspill_department: record.department ?? '',
    [CUSTOMER]: record.customer,
  };
}

function orderValues(record: CrmOrder): Readonly<Record<string, string>> {
  return {
    hs_order_name: record.title,
    hs_external_order_id: record.number,
    hs_external_order_status: record.status,
    hs_currency_code: record.currency,
    hs_total_price: record.total,
    samspill_number: record.number,
    samspill_ordered_on: record.orderedOn,
    samspill_deliver_on: record.deliverOn ?? '',
    samspill_lines: record.lines
      .map(({ article = '', text: what, quantity, unitPrice, amount }) =>
        `${quantity} × ${article} ${what} à ${unitPrice} = ${amount}`.replaceAll(/ +/g, ' '),
      )
      .join('\n'),
    [CUSTOMER]: record.customer,
  };
}
