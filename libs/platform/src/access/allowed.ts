import { hasLevel, withoutAdministration, type Access } from './access.js';
import type { Caller } from './access-tokens.js';
import type { Permission } from './permission.js';

/** What is asked for: the company, the gateway and the user in the path, where there are any. */
export interface Asked {
  readonly company?: string | undefined;
  readonly gateway?: string | undefined;
  readonly user?: string | undefined;
}

/**
 * `hidden`: the caller has nothing to do with the company, and must not learn whether there is one. `second-factor-needed`: it may, but only
 * by what counts in a session with a second factor, and this is none.
 * `locked`: the caller may do nothing.
 */
export type Verdict = 'allowed' | 'hidden' | 'forbidden' | 'second-factor-needed' | 'locked';

/** Whether any permission is had. Pure. */
export function verdictOf(
  permissions: readonly Permission[],
  caller: Caller,
  access: Access,
  asked: Asked,
): Verdict {
  if (access.isLocked) return 'locked';
  const isAllowedBy = (held: Access): boolean =>
    permissions.some((permission) => isHeld(permission, caller, held, asked));
  if (isAllowedBy(access))
    return isAllowedBy(countedAccess(caller, access)) ? 'allowed' : 'second-factor-needed';
  const isOfCompany = asked.company !== undefined && !access.companies.has(asked.company);
  return isOfCompany ? 'hidden' : 'forbidden';
}

/** What of its access counts for a caller, by how it has signed in. */
export function countedAccess({ mayAdminister }: Caller, access: Access): Access {
  return mayAdminister ? access : withoutAdministration(access);
}

function isHeld(permission: Permission, caller: Caller, access: Access, asked: Asked): boolean {
  const grant = asked.company === undefined ? undefined : access.companies.get(asked.company);
  switch (permission.kind) {
    case 'anyone':
      return true;
    case 'signed-in':
      return caller.kind === 'user';
    case 'themself':
      return caller.kind === 'user' && asked.user === caller.id;
    case 'some-administrator':
      return [...access.companies.values()].some(({ roles }) => roles.get('administration') === 'admin');
    case 'operator':
      return hasLevel(access.operator, permission.level);
    case 'member':
      return grant !== undefined && grant.roles.size > 0;
    case 'role':
      return hasLevel(grant?.roles.get(permission.product), permission.level);
    case 'gateway':
      return (
        grant?.isGateway === true &&
        caller.kind === 'client' &&
        (asked.gateway === undefined || asked.gateway === caller.id)
      );
  }
}
