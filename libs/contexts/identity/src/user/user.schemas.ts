import { PERSON_NAME_MAX_LENGTH, USER_REASON_MAX_LENGTH, userLanguage } from '@samspill/contracts';
import { z } from 'zod';

const MAX_PAGE = 200;
const DEFAULT_PAGE = 50;
const MAX_QUERY_LENGTH = 254;

const name = z.string().max(PERSON_NAME_MAX_LENGTH);

const registration = z.strictObject({
  firstName: name.meta({ example: 'Kari' }),
  lastName: name.meta({ example: 'Nordmann' }),
  email: z.string().describe('Also the user name').meta({ example: 'kari@example.com' }),
  language: userLanguage.optional().describe('Of the mails that they get; nb unless given'),
});

/** For the documentation; the form's own reader names every fault of every field at once. */
export const userForm = z
  .unknown()
  .meta({ id: 'UserRegistration', ...z.toJSONSchema(registration, { target: 'openapi-3.0', io: 'input' }) });

export const user = z
  .object({
    id: z.uuid(),
    firstName: name,
    lastName: name,
    email: z.string(),
    language: userLanguage,
    stage: z
      .enum(['invited', 'activated', 'ready'])
      .describe('ready: has a password. invited: has not followed the link of the first mail'),
    isLocked: z.boolean(),
    registeredAt: z.iso.datetime(),
  })
  .meta({ id: 'User' });

/** The id alone where the caller may not know who it is. */
export const seenUser = user.partial().required({ id: true }).meta({ id: 'SeenUser' });

export const registeredUser = seenUser
  .extend({ message: z.string().describe('What was done, in a sentence for whoever did it') })
  .meta({ id: 'RegisteredUser' });

export const userPage = z.object({ users: z.array(user).readonly() }).meta({ id: 'UserPage' });

export const usersQuery = z.strictObject({
  q: z
    .string()
    .max(MAX_QUERY_LENGTH)
    .default('')
    .describe('The beginning of a last name or an e-mail address'),
  limit: z.coerce.number().int().min(1).max(MAX_PAGE).default(DEFAULT_PAGE),
  after: z.uuid().optional().describe('The last user of the page before'),
});

/** Why something is done about a user. */
export const reason = z.string().trim().min(1).max(USER_REASON_MAX_LENGTH).describe('Kept for ever');

export const lockForm = z
  .strictObject({
    locked: z.boolean(),
    reason,
  })
  .meta({ id: 'UserLock' });
