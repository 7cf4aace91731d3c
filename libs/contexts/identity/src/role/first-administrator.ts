import type { Unit } from '@samspill/eventlog';
import { isRejection, isUuid, type CompanyId } from '@samspill/kernel';
import { decideOnCompany } from '../company/company-history.js';
import { roleDecider, type RoleSubject } from './role.decider.js';
import { roleTarget } from './role-streams.js';

const USER = 'user:';

/** Whoever registers a company administers it (C4): otherwise nobody could. Not where nobody signs in, since nobody is told apart then. */
export async function makeFirstAdministrator(unit: Unit, company: CompanyId): Promise<void> {
  const { actor } = unit.context;
  const user = actor.slice(USER.length);
  if (!actor.startsWith(USER) || !isUuid(user)) return;
  const of: RoleSubject = { company, user, product: 'administration' };
  const made = await decideOnCompany(unit, company, { kind: 'make-administrator', user });
  const granted = await unit.decide(roleDecider, roleTarget(of), { kind: 'grant', of, level: 'admin' });
  if (isRejection(made) || isRejection(granted))
    throw new TypeError('a company without administrators takes anybody as its first');
}
