import type { CrmCustomer, CrmKind, CrmOrder, CrmPerson, CrmRecord } from '../crm/crm.js';

/** Fields of ours. https://docs.superoffice.com: ids of user-defined fields are `Company.Product.Field`. */
export const REFERENCE = 'Samspill.CrmLink.Reference';
export const CONTENT = 'Samspill.CrmLink.Content';

export interface SuperOfficeEntity {
  /** Of the REST API. */
  readonly path: 'Contact' | 'Person' | 'Sale';
  /** Column of its id in lists. */
  readonly id: string;
  /** What columns of user-defined fields begin with in lists. */
  readonly fields: string;
}

export const ENTITIES: Readonly<Record<CrmKind, SuperOfficeEntity>> = {
  customer: { path: 'Contact', id: 'contactId', fields: 'contactUdef' },
  person: { path: 'Person', id: 'personId', fields: 'personUdef' },
  order: { path: 'Sale', id: 'saleId', fields: 'saleUdef' },
};

/** What SuperOffice knows besides that a record's values go by. */
export interface Surroundings {
  /** Of a person or an order: SuperOffice's id of the customer. */
  readonly contactId?: number;
  /** SuperOffice's ids of currencies, by ISO 4217. */
  readonly currencies: ReadonlyMap<string, number>;
}

const STATUS = { open: 'Open', delivered: 'Sold', cancelled: 'Lost' } as const;

/** A record's values as SuperOffice has them, archived or not; absent ones empty their fields. */
export function valuesOf(record: CrmRecord, surroundings: Surroundings): Readonly<Record<string, unknown>> {
  switch (record.kind) {
    case 'customer':
      return customerValues(record);
    case 'person':
      return personValues(record, surroundings);
    case 'order':
      return orderValues(record, surroundings);
  }
}

/**
 * SuperOffice’s own ways to put a record out of sight, each of which its people can take back: a company is marked deleted, a person has
 * left, and a sale, which has no such mark, is lost.
 */
export function archivedValues(kind: CrmKind): Readonly<Record<string, unknown>> {
  switch (kind) {
    case 'customer':
      return { Deleted: 1 };
    case 'person':
      return { Retired: true };
    case 'order':
      return { Status: 'Lost', Completed: 'Completed' };
  }
}

/** What we write about a person, emptied. A company has to have a name, and a sale a heading. */
export function erasedValues(kind: CrmKind): Readonly<Record<string, unknown>> {
  switch (kind) {
    case 'customer':
      return { Name: '–', OrgNr: '', Phones: [], Emails: [], Urls: [], Address: NO_ADDRESS };
    case 'person':
      return { Firstname: '', Lastname: '–', Title: '', Emails: [], OfficePhones: [], MobilePhones: [] };
    case 'order':
      return { Heading: '–', SaleText: '' };
  }
}

const NO_ADDRESS = addressOf([], '', '', '');

function customerValues(record: CrmCustomer): Readonly<Record<string, unknown>> {
  const { address } = record;
  return {
    Name: record.name,
    OrgNr: record.organisationNumber ?? '',
    Number2: record.number,
    Phones: listOf(record.phone, record.mobile),
    Emails: listOf(record.email),
    Urls: listOf(record.website),
    Address: addressOf(
      address?.lines ?? [],
      address?.postcode ?? '',
      address?.town ?? '',
      address?.region ?? '',
    ),
    Deleted: 0,
  };
}

function addressOf(lines: readonly string[], zip: string, city: string, state: string): object {
  const [first = '', second = '', ...others] = lines;
  const postal = { Address1: first, Address2: second, Address3: others.join(', ') };
  return { Postal: { ...postal, Zipcode: zip, City: city, State: state } };
}

function personValues(record: CrmPerson, { contactId }: Surroundings): Readonly<Record<string, unknown>> {
  // The last word is the family name in all of the languages that the ERPs' users write in.
  const words = record.name.split(' ').filter(Boolean);
  return {
    Firstname: words.slice(0, -1).join(' '),
    Lastname: words.at(-1) ?? '',
    Title: [record.title, record.department].filter(Boolean).join(', '),
    Emails: listOf(record.email),
    OfficePhones: listOf(record.phone),
    MobilePhones: listOf(record.mobile),
    Contact: { ContactId: contactId },
    Retired: false,
  };
}

function orderValues(
  record: CrmOrder,
  { contactId, currencies }: Surroundings,
): Readonly<Record<string, unknown>> {
  return {
    Heading: record.title,
    Number: record.number,
    Amount: Number(record.total),
    Currency: { Id: currencies.get(record.currency) },
    Saledate: record.deliverOn ?? record.orderedOn,
    Status: STATUS[record.status],
    Completed: record.status === 'open' ? 'Started' : 'Completed',
    SaleText: record.lines
      .map(({ article = '', text, quantity, unitPrice, amount }) =>
        `${quantity} × ${article} ${text} à ${unitPrice} = ${amount}`.replaceAll(/ +/g, ' '),
      )
      .join('\n'),
    Contact: { ContactId: contactId },
  };
}

function listOf(...values: readonly (string | undefined)[]): readonly object[] {
  return values.filter((value) => value !== undefined && value !== '').map((Value) => ({ Value }));
}
