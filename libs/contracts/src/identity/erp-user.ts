import { z } from 'zod';
import { defineEvent, type EventOf } from '../event-definition.js';
import { personal } from '../personal.js';
import { ERP_NUMBER_MAX_LENGTH } from './employee.js';
import { PERSON_NAME_MAX_LENGTH, USER_REASON_MAX_LENGTH } from './user.js';

const name = personal(z.string().max(PERSON_NAME_MAX_LENGTH), '');
const employee = z.string().min(1).max(ERP_NUMBER_MAX_LENGTH);
const reason = z.string().min(1).max(USER_REASON_MAX_LENGTH);

/** A user of the company's business system as it has them, whole. Such users have no e-mail address (C17). */
export const erpUserChanged = defineEvent({
  type: 'identity.erp-user.changed',
  version: 1,
  schema: z.strictObject({
    /** What they sign in to the business system with; never the user name here (C18). */
    userName: name,
    firstName: name,
    lastName: name,
    /** Number of the employee whom they are, where the business system says so. */
    employee: z.exactOptional(employee),
  }),
});
/** The business system has no such user any more. Whoever gets the number next is somebody else: what was linked to it ends. */
export const erpUserRemoved = defineEvent({
  type: 'identity.erp-user.removed',
  version: 1,
  schema: z.strictObject({}),
});
/** An administrator has said which employee they are; counts before what the business system says. */
export const erpUserEmployeeLinked = defineEvent({
  type: 'identity.erp-user.employee-linked',
  version: 1,
  schema: z.strictObject({ employee }),
});
/** What an administrator said is taken back; what the business system says counts again. */
export const erpUserEmployeeUnlinked = defineEvent({
  type: 'identity.erp-user.employee-unlinked',
  version: 1,
  schema: z.strictObject({}),
});
/** They are a user here: registered now, or found by their employee's address (W24). */
export const erpUserRegistered = defineEvent({
  type: 'identity.erp-user.registered',
  version: 1,
  schema: z.strictObject({ user: z.uuid() }),
});
/** The person is forgotten; what is sent of them from now on is left out. */
export const erpUserForgotten = defineEvent({
  type: 'identity.erp-user.forgotten',
  version: 1,
  schema: z.strictObject({ reason }),
  forgets: true,
});
/** Who was forgotten may come in again. */
export const erpUserForgettingLifted = defineEvent({
  type: 'identity.erp-user.forgetting-lifted',
  version: 1,
  schema: z.strictObject({ reason }),
});

/** Of one user of a company's business system: `identity.erp-user/<company>/<number>`. */
export const erpUserEvents = [
  erpUserChanged,
  erpUserRemoved,
  erpUserEmployeeLinked,
  erpUserEmployeeUnlinked,
  erpUserRegistered,
  erpUserForgotten,
  erpUserForgettingLifted,
] as const;
export type ErpUserEvent = EventOf<(typeof erpUserEvents)[number]>;
export type ErpUser = Readonly<z.infer<typeof erpUserChanged.schema>>;
