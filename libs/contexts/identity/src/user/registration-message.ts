import type { RegisteredUser } from './user-desk.js';

/** C23: what a registration came to, in a sentence for whoever registered. */
export function registrationMessage({ user, isNew }: RegisteredUser): string {
  const who = `${user.firstName} ${user.lastName}`;
  return isNew
    ? `${who} is registered, and a mail is on its way to ${user.email}. Give them a role next.`
    : `${who} is a user already, as ${user.email}, and is linked.`;
}
