import type { ContactKind, ContactParent } from '@samspill/contracts';
import type { ColumnField } from './column-fields.js';
import type { ColumnPlan } from './mapping.js';

/** What a row says about one record, before its rules are checked. */
export interface RecordInput {
  readonly kind: ContactKind;
  readonly input: Readonly<Record<string, unknown>>;
  /** The column that a fault of the record is about, by the fault's pointer. */
  column(pointer: string): ColumnField | undefined;
}

/** Export programs write this for a database's null. */
const NULL_CELL = 'NULL';

/**
 * Number of the contact person that a customer's or supplier's row holds. ERPs count the two apart, so that customer 10 and
 * supplier 10 are common; their persons must not be one.
 */
export function numberOfRowPerson(parentKind: ContactParent['kind'], parentNumber: string): string {
  return parentKind === 'customer' ? `${parentNumber}-1` : `${parentNumber}-L1`;
}

/** The records that a row holds: the one that it is about, and its contact person where it names one. */
export function recordsOfRow(plan: ColumnPlan, cells: readonly string[]): readonly RecordInput[] {
  const cell = (field: ColumnField): string | undefined => {
    const index = plan.columns.get(field);
    const text = index === undefined ? undefined : cells[index]?.trim();
    return text === undefined || text === '' || text === NULL_CELL ? undefined : text;
  };
  if (plan.kind === 'contact-person') return [contactPerson(cell)];
  const organisation = { kind: plan.kind, input: organisationInput(cell), column: organisationColumn };
  const number = cell('number');
  if (cell('contact.name') === undefined || number === undefined) return [organisation];
  return [organisation, personOfRow(plan.kind, number, cell)];
}

type Cell = (field: ColumnField) => string | undefined;

function organisationInput(cell: Cell): RecordInput['input'] {
  return { organisationNumber: cell('organisationNumber'), ...commonInput(cell) };
}

function contactPerson(cell: Cell): RecordInput {
  const customer = cell('parent.customer');
  const supplier = cell('parent.supplier');
  const input = {
    ...commonInput(cell),
    parent: parentInput(customer, supplier),
    title: cell('title'),
    department: cell('department'),
  };
  const parentColumn = customer === undefined ? 'parent.supplier' : 'parent.customer';
  return {
    kind: 'contact-person',
    input,
    column: (pointer) => (pointer.startsWith('/parent') ? parentColumn : columnOf(pointer)),
  };
}

/** A person with a customer and a supplier has no one parent: nothing is given, so that the record says that it lacks one. */
function parentInput(customer: string | undefined, supplier: string | undefined): object | undefined {
  if (customer !== undefined && supplier === undefined) return { kind: 'customer', number: customer };
  if (supplier !== undefined && customer === undefined) return { kind: 'supplier', number: supplier };
  return undefined;
}

function personOfRow(parentKind: 'customer' | 'supplier', parentNumber: string, cell: Cell): RecordInput {
  const input = {
    number: numberOfRowPerson(parentKind, parentNumber),
    name: cell('contact.name'),
    parent: { kind: parentKind, number: parentNumber },
    title: cell('contact.title'),
    department: cell('contact.department'),
    phone: cell('contact.phone'),
    mobile: cell('contact.mobile'),
    email: cell('contact.email'),
  };
  return { kind: 'contact-person', input, column: personColumn };
}

function commonInput(cell: Cell): Record<string, unknown> {
  return {
    number: cell('number'),
    name: cell('name'),
    country: cell('country'),
    address: {
      lines: addressLines(cell),
      postcode: cell('address.postcode'),
      town: cell('address.town'),
      region: cell('address.region'),
      country: cell('address.country'),
    },
    phone: cell('phone'),
    mobile: cell('mobile'),
    fax: cell('fax'),
    email: cell('email'),
    website: cell('website'),
    notes: cell('notes'),
  };
}

/** A cell may hold an address of several lines. */
function addressLines(cell: Cell): readonly string[] {
  const lines: string[] = [];
  for (const field of ['address.line1', 'address.line2', 'address.line3', 'address.line4'] as const) {
    const text = cell(field);
    if (text === undefined) continue;
    if (text.includes('\n')) lines.push(...text.split('\n'));
    else lines.push(text);
  }
  return lines;
}

function organisationColumn(pointer: string): ColumnField | undefined {
  return pointer === '/organisationNumber' ? 'organisationNumber' : columnOf(pointer);
}

function personColumn(pointer: string): ColumnField | undefined {
  switch (pointer) {
    case '/name':
      return 'contact.name';
    case '/title':
      return 'contact.title';
    case '/department':
      return 'contact.department';
    case '/phone':
      return 'contact.phone';
    case '/mobile':
      return 'contact.mobile';
    case '/email':
      return 'contact.email';
    default:
      return 'number';
  }
}

const COLUMNS: ReadonlyMap<string, ColumnField> = new Map([
  ['/number', 'number'],
  ['/name', 'name'],
  ['/country', 'country'],
  ['/address/postcode', 'address.postcode'],
  ['/address/town', 'address.town'],
  ['/address/region', 'address.region'],
  ['/address/country', 'address.country'],
  ['/phone', 'phone'],
  ['/mobile', 'mobile'],
  ['/fax', 'fax'],
  ['/email', 'email'],
  ['/website', 'website'],
  ['/notes', 'notes'],
  ['/title', 'title'],
  ['/department', 'department'],
]);

/** Lines of an address may have come from any of its columns: the first stands for all. */
function columnOf(pointer: string): ColumnField | undefined {
  return COLUMNS.get(pointer) ?? (pointer.startsWith('/address') ? 'address.line1' : undefined);
}
