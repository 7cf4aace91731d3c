import type { Fault } from '@samspill/kernel';
import { parseCountry } from '../party/country.js';
import { parseEmail } from '../party/email.js';
import { parseOrganisationNumber } from '../party/organisation-number.js';
import { parsePostcode } from '../party/postcode.js';
import { isObject, RecordFields } from './record-fields.js';
import {
  RECORD_LIMITS as LIMITS,
  type ContactAddress,
  type ContactKind,
  type ContactParent,
  type ContactPersonRecord,
  type ContactRecord,
  type CustomerRecord,
  type SupplierRecord,
} from './record.js';

export type ParsedRecord =
  | { readonly ok: true; readonly record: ContactRecord }
  | { readonly ok: false; readonly faults: readonly Fault[] };

type Mutable<Value> = { -readonly [Key in keyof Value]: Value[Key] };
type Organisation = CustomerRecord | SupplierRecord;

const COMMON_KEYS = 'kind number name country address phone mobile fax email website notes';
const ORGANISATION_KEYS = new Set(`${COMMON_KEYS} organisationNumber`.split(' '));
const PERSON_KEYS = new Set(`${COMMON_KEYS} parent title department`.split(' '));
const ADDRESS_KEYS = new Set(['lines', 'postcode', 'town', 'region', 'country']);
const PARENT_KEYS = new Set(['kind', 'number']);

/**
 * A record from outside (an agent's batch, a row of a file) in its canonical form: texts trimmed, absent fields left out,
 * keys in one order, countries as ISO codes, organisation numbers and Nordic postcodes as digits. Equal records are equal
 * byte for byte as JSON, and a record is its own canonical form.
 *
 * Refused, with every fault at once: a missing or too long number or name, a malformed e-mail address, an organisation number
 * or postcode that is not one of NO, SE, FI or DK, an unknown country, a contact person without a parent, unknown fields.
 * Phones are kept as typed and are never a reason to refuse, whatever they say.
 *
 * It is on the path of every record that comes in: about 2 µs, no validation library, no phone library.
 *
 * @param input may carry `kind`, which must then be the same
 */
export function parseRecord(kind: ContactKind, input: unknown): ParsedRecord {
  if (!isObject(input)) {
    return {
      ok: false,
      faults: [{ pointer: '', code: 'object.expected', detail: 'A record must be an object.' }],
    };
  }
  const fields = new RecordFields(input);
  fields.refuseOthersThan(kind === 'contact-person' ? PERSON_KEYS : ORGANISATION_KEYS);
  if (input['kind'] !== undefined && input['kind'] !== kind) {
    fields.refuse('kind', 'kind.mismatch', `This record was sent as a ${kind}.`);
  }
  const record = kind === 'contact-person' ? readPerson(fields) : readOrganisation(kind, fields);
  return fields.faults.length === 0 ? { ok: true, record } : { ok: false, faults: fields.faults };
}

function readOrganisation(kind: Organisation['kind'], fields: RecordFields): Organisation {
  const record: Mutable<Organisation> = { kind, number: readNumber(fields), name: readName(fields) };
  const country = readCountry(fields);
  const address = readAddress(fields, country);
  const organisationNumber = fields.checked(
    'organisationNumber',
    LIMITS.organisationNumberMaxLength,
    (text) => parseOrganisationNumber(country ?? address?.country, text),
  );
  if (organisationNumber !== undefined) record.organisationNumber = organisationNumber;
  addReachable(record, fields, country, address);
  return record;
}

function readPerson(fields: RecordFields): ContactPersonRecord {
  const record: Mutable<ContactPersonRecord> = {
    kind: 'contact-person',
    number: readNumber(fields),
    name: readName(fields),
    parent: readParent(fields),
  };
  const title = fields.optional('title', LIMITS.titleMaxLength);
  if (title !== undefined) record.title = title;
  const department = fields.optional('department', LIMITS.departmentMaxLength);
  if (department !== undefined) record.department = department;
  const country = readCountry(fields);
  addReachable(record, fields, country, readAddress(fields, country));
  return record;
}

function readNumber(fields: RecordFields): string {
  return fields.required('number', LIMITS.numberMaxLength, 'refused');
}

function readName(fields: RecordFields): string {
  return fields.required('name', LIMITS.nameMaxLength);
}

function readCountry(fields: RecordFields): string | undefined {
  return fields.checked('country', LIMITS.townMaxLength, parseCountry);
}

/** What all kinds have, in the order of their keys. */
function addReachable(
  record: Mutable<ContactRecord>,
  fields: RecordFields,
  country: string | undefined,
  address: ContactAddress | undefined,
): void {
  if (country !== undefined) record.country = country;
  if (address !== undefined) record.address = address;
  const phone = fields.optional('phone', LIMITS.phoneMaxLength);
  if (phone !== undefined) record.phone = phone;
  const mobile = fields.optional('mobile', LIMITS.phoneMaxLength);
  if (mobile !== undefined) record.mobile = mobile;
  const fax = fields.optional('fax', LIMITS.phoneMaxLength);
  if (fax !== undefined) record.fax = fax;
  const email = fields.checked('email', LIMITS.emailMaxLength, parseEmail);
  if (email !== undefined) record.email = email;
  const website = fields.optional('website', LIMITS.websiteMaxLength);
  if (website !== undefined) record.website = website;
  const notes = fields.optional('notes', LIMITS.notesMaxLength, 'kept');
  if (notes !== undefined) record.notes = notes;
}

/** `undefined` where every part is blank. A postcode is checked by the address's country, or else the record's. */
function readAddress(fields: RecordFields, recordCountry: string | undefined): ContactAddress | undefined {
  const parts = fields.nested('address');
  if (parts === undefined) return undefined;
  parts.refuseOthersThan(ADDRESS_KEYS);
  const lines = parts.list('lines', LIMITS.addressLinesMax, LIMITS.addressLineMaxLength);
  const country = readCountry(parts);
  const postcode = parts.checked('postcode', LIMITS.postcodeMaxLength, (text) =>
    parsePostcode(country ?? recordCountry, text),
  );
  const town = parts.optional('town', LIMITS.townMaxLength);
  const region = parts.optional('region', LIMITS.regionMaxLength);
  const address: Mutable<ContactAddress> = { lines };
  if (postcode !== undefined) address.postcode = postcode;
  if (town !== undefined) address.town = town;
  if (region !== undefined) address.region = region;
  if (country !== undefined) address.country = country;
  return lines.length === 0 && Object.keys(address).length === 1 ? undefined : address;
}

function readParent(fields: RecordFields): ContactParent {
  const faultsBefore = fields.faults.length;
  const parts = fields.nested('parent');
  if (parts === undefined) {
    if (fields.faults.length === faultsBefore)
      fields.refuse('parent', 'parent.missing', 'A contact person belongs to a customer or a supplier.');
    return { kind: 'customer', number: '' };
  }
  parts.refuseOthersThan(PARENT_KEYS);
  const kind = parts.required('kind', LIMITS.numberMaxLength);
  const number = parts.required('number', LIMITS.numberMaxLength, 'refused');
  if (kind === 'customer' || kind === 'supplier') return { kind, number };
  if (kind !== '') parts.refuse('kind', 'parent.kind', 'A parent is a customer or a supplier.');
  return { kind: 'customer', number };
}
