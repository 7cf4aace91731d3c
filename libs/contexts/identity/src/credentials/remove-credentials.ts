import type { SqlStatement } from '@samspill/eventlog';

/** Tables that hold what a user signs in with, and what was tried. */
const TABLES = ['password', 'totp', 'recovery_code', 'passkey', 'sign_in_attempt'] as const;

/** Ends every session of a user, and with them what was granted in them. */
export function endSessions(user: string): SqlStatement {
  return { text: 'DELETE FROM identity.oidc WHERE account = $1', values: [user] };
}

/** Removes all that a user signs in with, what they are signed in to, and what was tried for them. */
export function removeCredentials(user: string): readonly SqlStatement[] {
  return [
    ...TABLES.map((table) => ({ text: `DELETE FROM identity.${table} WHERE user_id = $1`, values: [user] })),
    endSessions(user),
  ];
}
