import { parseEmail } from '@samspill/contracts';

/**
 * How far a user of the business system has come (C17). `unlinked`: it is not said which employee they are, or there is no such one.
 * `no-email`: that employee has no e-mail address that is one. `linked`: they can be registered. `registered`: they are a user here.
 */
export const erpStandings = ['unlinked', 'no-email', 'linked', 'registered'] as const;
export type ErpStanding = (typeof erpStandings)[number];

/** @param employee whom they are linked to, where there is one; with the address as the business system has it */
export function erpStandingOf(
  user: string | undefined,
  employee: { readonly email?: string | undefined } | undefined,
): ErpStanding {
  if (user !== undefined) return 'registered';
  if (!employee) return 'unlinked';
  return employee.email !== undefined && parseEmail(employee.email).ok ? 'linked' : 'no-email';
}
