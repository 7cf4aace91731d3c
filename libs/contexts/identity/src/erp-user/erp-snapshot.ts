import {
  EMAIL_MAX_LENGTH,
  ERP_NUMBER_MAX_LENGTH,
  ERP_PHONE_MAX_LENGTH,
  isObject,
  parsePhone,
  PERSON_NAME_MAX_LENGTH,
  RecordFields,
  type Employee,
  type ErpUser,
} from '@samspill/contracts';
import { reject, type Fault, type Rejection } from '@samspill/kernel';

/** Licences of business systems are sold by the user; the largest have some hundreds. */
export const MAX_ERP_USERS = 2_000;
/** Larger companies than the business systems are made for. */
export const MAX_EMPLOYEES = 10_000;

const KEYS = new Set(['users', 'employees']);
const USER_KEYS = new Set(['number', 'userName', 'firstName', 'lastName', 'employee']);
const EMPLOYEE_KEYS = new Set(['number', 'firstName', 'lastName', 'email', 'phone']);

/** All users and employees of a business system at one moment, by number. */
export interface ErpSnapshot {
  readonly users: ReadonlyMap<string, ErpUser>;
  readonly employees: ReadonlyMap<string, Employee>;
}

/**
 * What a gateway sent, or every fault of it in one refusal. An address or a phone number that is none is no fault: it is what the
 * business system has, and is named where somebody is to be registered with it.
 * @param country ISO 3166 alpha-2, for phone numbers without their country's code
 */
export function readErpSnapshot(input: unknown, country: string): ErpSnapshot | Rejection {
  if (!isObject(input))
    return invalid([{ pointer: '', code: 'object.expected', detail: 'Send the lists as a JSON object.' }]);
  const fields = new RecordFields(input);
  fields.refuseOthersThan(KEYS);
  const users = readList(input['users'], 'users', MAX_ERP_USERS, fields, readUser);
  const employees = readList(input['employees'], 'employees', MAX_EMPLOYEES, fields, (item) =>
    readEmployee(item, country),
  );
  // Nobody can work in a business system that has no user: it could not be read, and must not remove everybody.
  if (fields.faults.length === 0 && users.size === 0)
    fields.refuse('users', 'users.none', 'A business system has at least one user.');
  return fields.faults.length > 0 ? invalid(fields.faults) : { users, employees };
}

function readList<Item>(
  value: unknown,
  key: string,
  max: number,
  { faults }: RecordFields,
  read: (fields: RecordFields) => Item,
): ReadonlyMap<string, Item> {
  const items = new Map<string, Item>();
  if (!Array.isArray(value)) {
    faults.push({ pointer: `/${key}`, code: 'list.expected', detail: `${key} must be a list of objects.` });
    return items;
  }
  if (value.length > max) {
    const detail = `${key} has at most ${max} items, not ${value.length}.`;
    faults.push({ pointer: `/${key}`, code: 'list.too-long', detail });
    return items;
  }
  for (const [index, entry] of value.entries()) {
    const pointer = `/${key}/${index}`;
    if (!isObject(entry)) {
      faults.push({ pointer, code: 'object.expected', detail: 'This must be an object.' });
      continue;
    }
    const fields = new RecordFields(entry, pointer, faults);
    const number = fields.required('number', ERP_NUMBER_MAX_LENGTH);
    if (items.has(number)) fields.refuse('number', 'number.twice', `${key} has ${number} twice.`);
    items.set(number, read(fields));
  }
  return items;
}

function readUser(fields: RecordFields): ErpUser {
  fields.refuseOthersThan(USER_KEYS);
  const employee = fields.optional('employee', ERP_NUMBER_MAX_LENGTH);
  return {
    userName: fields.required('userName', PERSON_NAME_MAX_LENGTH),
    ...readNames(fields),
    ...(employee !== undefined && { employee }),
  };
}

function readEmployee(fields: RecordFields, country: string): Employee {
  fields.refuseOthersThan(EMPLOYEE_KEYS);
  const email = fields.optional('email', EMAIL_MAX_LENGTH);
  const phone = fields.optional('phone', ERP_PHONE_MAX_LENGTH);
  return {
    ...readNames(fields),
    ...(email !== undefined && { email }),
    ...(phone !== undefined && { phone: parsePhone(phone, country) ?? phone }),
  };
}

/** Either may be missing: some business systems have one field for both. */
function readNames(fields: RecordFields): { readonly firstName: string; readonly lastName: string } {
  return {
    firstName: fields.optional('firstName', PERSON_NAME_MAX_LENGTH) ?? '',
    lastName: fields.optional('lastName', PERSON_NAME_MAX_LENGTH) ?? '',
  };
}

function invalid(faults: readonly Fault[]): Rejection {
  return reject('erp-users.invalid', 'Nothing was stored: see the faults, and send all of it again.', faults);
}
