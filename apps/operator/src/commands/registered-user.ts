import { z } from 'zod';
import type { OptionReader } from '../option-reader.js';
import type { ServiceClient } from '../service-client.js';

type Options = readonly (readonly [flags: string, description: string])[];

const user = z.object({ id: z.string(), email: z.string(), stage: z.string() });
type RegisteredUser = z.infer<typeof user>;

/** Answered where a role is given or taken. */
export const givenRoles = z.object({ user: z.string() });

/** Of commands that give a role to somebody who may not be registered yet. */
export const USER_OPTIONS: Options = [
  ['--email <address>', 'their user name'],
  ['--first-name <name>', 'of whoever is not registered yet'],
  ['--last-name <name>', 'likewise'],
  ['--language <language>', 'of the mails that they get: nb, sv or en (default nb)'],
];

/** What is asked of whoever is registered; every fault is named. */
export function userForm(options: OptionReader): object {
  const email = options.required('email', 'it is their user name');
  const firstName = options.required('firstName', 'people are registered with their names');
  const lastName = options.required('lastName', 'people are registered with their names');
  const language = options.oneOf('language', ['nb', 'sv', 'en']);
  return { email, firstName, lastName, ...(language !== undefined && { language }) };
}

/** Registers somebody; whoever has the address already stays as they are. */
export async function registeredUser(identity: ServiceClient, form: object): Promise<RegisteredUser> {
  return (await identity.ofPlatform('POST', 'users', user, form)).value;
}

/** What is still to come for somebody who has no password. */
export function mailLine({ stage }: RegisteredUser): readonly string[] {
  return stage === 'ready'
    ? []
    : ['A mail with a link to set a password is on its way, if it has not come already.'];
}
