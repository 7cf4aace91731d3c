import {
  isObject,
  parseCountry,
  parsed,
  parseOrganisationNumber,
  parsePostcode,
  RECORD_LIMITS as LIMITS,
  RecordFields,
  unparsed,
  type CompanyDetails,
  type Parsed,
} from '@samspill/contracts';
import { isCompanyId, reject, type CompanyId, type Fault, type Rejection } from '@samspill/kernel';
import type { DetailsChange } from './company.decider.js';

/** Long enough for any country's name in any language that is understood. */
const COUNTRY_MAX_LENGTH = 100;
/** Longer than any id, so that a wrong one is called wrong and not too long. */
const ID_MAX_LENGTH = 100;

const REGISTRATION_KEYS = new Set(['id', 'name', 'organisationNumber', 'country', 'address']);
const CHANGE_KEYS = new Set(['name', 'organisationNumber', 'country', 'address']);
const ADDRESS_KEYS = new Set(['lines', 'postcode', 'town', 'country']);

export interface Registration {
  /** Given by whoever registers, so that sending it again is known for what it is. */
  readonly id: CompanyId | undefined;
  readonly details: CompanyDetails;
}

/**
 * The form of a registration in its canonical form, or every fault by field in one refusal (C12, C13). Mandatory are name,
 * organisation number, country, and of the address postcode and country. The country decides how the organisation number is
 * checked, the address's how its postcode is.
 *
 * @param input what was sent, whatever it is
 */
export function readRegistration(input: unknown): Registration | Rejection {
  const fields = openForm(input, REGISTRATION_KEYS);
  if (!(fields instanceof RecordFields)) return invalid([fields]);
  const id = fields.checked('id', ID_MAX_LENGTH, parseCompanyId);
  const name = required(fields, 'name', 'name', LIMITS.nameMaxLength);
  const country = required(fields, 'country', 'country', COUNTRY_MAX_LENGTH, parseCountry);
  const address = readAddress(fields, country);
  const organisationNumber = required(
    fields,
    'organisationNumber',
    'organisation-number',
    LIMITS.organisationNumberMaxLength,
    (text) => parseOrganisationNumber(country, text),
  );
  if (fields.faults.length > 0 || !name || !organisationNumber || !country || !address)
    return invalid(fields.faults);
  return {
    id: id !== undefined && isCompanyId(id) ? id : undefined,
    details: { name, organisationNumber, country, address },
  };
}

/**
 * The form of a change: the whole of what may change. Organisation number and country may stand in it, as they are.
 * @param current what the company is now
 */
export function readDetailsChange(input: unknown, current: CompanyDetails): DetailsChange | Rejection {
  const fields = openForm(input, CHANGE_KEYS);
  if (!(fields instanceof RecordFields)) return invalid([fields]);
  const name = required(fields, 'name', 'name', LIMITS.nameMaxLength);
  fields.checked('country', COUNTRY_MAX_LENGTH, (text) =>
    unchangeable('country', parseCountry(text), current.country),
  );
  fields.checked('organisationNumber', LIMITS.organisationNumberMaxLength, (text) =>
    unchangeable(
      'organisation-number',
      parseOrganisationNumber(current.country, text),
      current.organisationNumber,
    ),
  );
  const address = readAddress(fields, current.country);
  if (fields.faults.length > 0 || !name || !address) return invalid(fields.faults);
  return { name, address };
}

function openForm(input: unknown, keys: ReadonlySet<string>): RecordFields | Fault {
  if (!isObject(input))
    return { pointer: '', code: 'object.expected', detail: 'Send the form as a JSON object.' };
  const fields = new RecordFields(input);
  fields.refuseOthersThan(keys);
  return fields;
}

/** `undefined` when it has faults. An address that is left out lacks each of its mandatory fields (C12). */
function readAddress(
  form: RecordFields,
  companyCountry: string | undefined,
): CompanyDetails['address'] | undefined {
  const faultsBefore = form.faults.length;
  const given = form.nested('address');
  if (!given && form.faults.length > faultsBefore) return undefined;
  const fields = given ?? new RecordFields({}, '/address', form.faults);
  fields.refuseOthersThan(ADDRESS_KEYS);
  const lines = fields.list('lines', LIMITS.addressLinesMax, LIMITS.addressLineMaxLength);
  const country = required(fields, 'country', 'country', COUNTRY_MAX_LENGTH, parseCountry);
  const postcode = required(fields, 'postcode', 'postcode', LIMITS.postcodeMaxLength, (text) =>
    parsePostcode(country ?? companyCountry, text),
  );
  const town = fields.optional('town', LIMITS.townMaxLength);
  if (!postcode || !country) return undefined;
  return { lines: [...lines], postcode, ...(town === undefined ? {} : { town }), country };
}

/** @param noun begins the fault's code: `<noun>.missing` */
function required(
  fields: RecordFields,
  key: string,
  noun: string,
  maxLength: number,
  parse: (text: string) => Parsed = parsed,
): string | undefined {
  const faultsBefore = fields.faults.length;
  const value = fields.checked(key, maxLength, parse);
  if (value === undefined && fields.faults.length === faultsBefore) {
    fields.refuse(key, `${noun}.missing`, `${key} is required.`);
  }
  return value;
}

function unchangeable(noun: string, sent: Parsed, current: string): Parsed {
  if (sent.ok && sent.value === current) return sent;
  return unparsed(
    `${noun}.unchangeable`,
    `This is ${current} and cannot change: with another it is another company, to be registered as such.`,
  );
}

function parseCompanyId(text: string): Parsed {
  return isCompanyId(text)
    ? parsed(text)
    : unparsed('company-id.format', `“${text}” is not a UUID in lower case.`);
}

function invalid(faults: readonly Fault[]): Rejection {
  return reject(
    'company.invalid',
    'Nothing was stored: see the faults, mend the form, and send it again.',
    faults,
  );
}
