import { z } from 'zod';
import { defineEvent, type EventOf } from '../event-definition.js';
import { EMAIL_MAX_LENGTH } from '../party/email.js';
import { personal } from '../personal.js';
import { PERSON_NAME_MAX_LENGTH, USER_REASON_MAX_LENGTH } from './user.js';

/** Longest number of a user or an employee in a business system, in UTF-16 units. */
export const ERP_NUMBER_MAX_LENGTH = 50;
/** Long enough for what people put beside a phone number; what it says is never a reason to refuse. */
export const ERP_PHONE_MAX_LENGTH = 200;

const name = personal(z.string().max(PERSON_NAME_MAX_LENGTH), '');
const reason = z.string().min(1).max(USER_REASON_MAX_LENGTH);

/**
 * An employee of the company as its business system has them, whole. `email` is as it is written there: whether it is an address is
 * asked when somebody is registered with it.
 */
export const employeeChanged = defineEvent({
  type: 'identity.employee.changed',
  version: 1,
  schema: z.strictObject({
    firstName: name,
    lastName: name,
    email: z.exactOptional(personal(z.string().min(1).max(EMAIL_MAX_LENGTH))),
    /** E.164 where it could be read as a number, otherwise as it was typed. */
    phone: z.exactOptional(personal(z.string().min(1).max(ERP_PHONE_MAX_LENGTH))),
  }),
});
/** The business system has no such employee any more. */
export const employeeRemoved = defineEvent({
  type: 'identity.employee.removed',
  version: 1,
  schema: z.strictObject({}),
});
/** The person is forgotten; what is sent of them from now on is left out. */
export const employeeForgotten = defineEvent({
  type: 'identity.employee.forgotten',
  version: 1,
  schema: z.strictObject({ reason }),
  forgets: true,
});
/** Who was forgotten may come in again. */
export const employeeForgettingLifted = defineEvent({
  type: 'identity.employee.forgetting-lifted',
  version: 1,
  schema: z.strictObject({ reason }),
});

/** Of one employee of a company: `identity.employee/<company>/<number>`. */
export const employeeEvents = [
  employeeChanged,
  employeeRemoved,
  employeeForgotten,
  employeeForgettingLifted,
] as const;
export type EmployeeEvent = EventOf<(typeof employeeEvents)[number]>;
export type Employee = Readonly<z.infer<typeof employeeChanged.schema>>;
