import {
  accessLevel,
  EMAIL_MAX_LENGTH,
  ERP_NUMBER_MAX_LENGTH,
  ERP_PHONE_MAX_LENGTH,
  PERSON_NAME_MAX_LENGTH,
  userLanguage,
} from '@samspill/contracts';
import { z } from 'zod';
import { seenUser } from '../user/user.schemas.js';
import { erpStandings } from './erp-standing.js';
import { MAX_EMPLOYEES, MAX_ERP_USERS } from './erp-snapshot.js';

const MAX_PAGE = 500;
const DEFAULT_PAGE = 200;

const number = z.string().min(1).max(ERP_NUMBER_MAX_LENGTH);
const name = z.string().max(PERSON_NAME_MAX_LENGTH);
const email = z.string().max(EMAIL_MAX_LENGTH).optional().describe('As the business system has it');
const phone = z.string().max(ERP_PHONE_MAX_LENGTH).optional();

const snapshot = z.strictObject({
  users: z
    .array(
      z.strictObject({
        number: number.describe('UserNo'),
        userName: name,
        firstName: name.optional(),
        lastName: name.optional(),
        employee: number
          .optional()
          .describe('Number of the employee whom they are, where the business system says so'),
      }),
    )
    .min(1)
    .max(MAX_ERP_USERS),
  employees: z
    .array(z.strictObject({ number, firstName: name.optional(), lastName: name.optional(), email, phone }))
    .max(MAX_EMPLOYEES),
});

/** For the documentation; the reader of its own names every fault of every line at once. */
export const erpSnapshot = z
  .unknown()
  .meta({ id: 'ErpUsersReport', ...z.toJSONSchema(snapshot, { target: 'openapi-3.0', io: 'input' }) });

const takenIn = z.object({
  created: z.int(),
  changed: z.int(),
  removed: z.int(),
  unchanged: z.int(),
  forgotten: z.int().describe('Left out, since they were forgotten'),
});
export const erpTakenIn = z.object({ users: takenIn, employees: takenIn }).meta({ id: 'ErpUsersTakenIn' });

const erpUser = z
  .object({
    number: number.describe('UserNo'),
    userName: name.describe('Of the business system; never the user name here'),
    firstName: name,
    lastName: name,
    email: email.describe('The employee’s: users of a business system have none'),
    phone: phone.describe('The employee’s'),
    employee: z
      .object({ number, linkedBy: z.enum(['administrator', 'business-system']) })
      .optional()
      .describe('Absent: they are linked to no employee that there is'),
    standing: z
      .enum(erpStandings)
      .describe(
        'unlinked: to no employee. no-email: the employee has no e-mail address. linked: can be registered. registered: is a user',
      ),
    user: z.uuid().optional(),
    roles: z.array(z.object({ product: z.string(), level: accessLevel })).readonly(),
  })
  .meta({ id: 'ErpUser' });

export const erpUserPage = z.object({ users: z.array(erpUser).readonly() }).meta({ id: 'ErpUserPage' });

export const employeePage = z
  .object({
    employees: z
      .array(z.object({ number, firstName: name, lastName: name, email, phone }).meta({ id: 'Employee' }))
      .readonly(),
  })
  .meta({ id: 'EmployeePage' });

const page = {
  limit: z.coerce.number().int().min(1).max(MAX_PAGE).default(DEFAULT_PAGE),
  after: z
    .string()
    .max(ERP_NUMBER_MAX_LENGTH)
    .default('')
    .describe('Number of the last one of the page before'),
};
export const erpUsersQuery = z.strictObject(page);
export const employeesQuery = z.strictObject({
  q: z.string().max(PERSON_NAME_MAX_LENGTH).default('').describe('The beginning of a last name'),
  ...page,
});

export const linkForm = z
  .strictObject({ employee: number.describe('Number of the employee') })
  .meta({ id: 'ErpUserLink' });

export const registrationForm = z
  .strictObject({
    firstName: name.optional(),
    lastName: name.optional(),
    language: userLanguage.optional().describe('Of the mails that they get; nb unless given'),
  })
  .meta({
    id: 'ErpUserRegistration',
    description: 'Names where the business system lacks them. The e-mail address is always the employee’s.',
  });

export const registeredErpUser = z
  .object({ message: z.string(), user: seenUser })
  .meta({ id: 'RegisteredErpUser' });
