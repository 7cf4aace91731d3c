import type { AccessLevel, AccessProduct } from '@samspill/contracts';
import { lockOf, type GrantRow } from './grants.projection.js';

/** What a caller may do for one company. */
export interface CompanyAccessGrant {
  readonly roles: ReadonlyMap<string, AccessLevel>;
  readonly isGateway: boolean;
}

/** What a caller may do, as far as this service knows. */
export interface Access {
  /** May do nothing at all until they are let in again. */
  readonly isLocked: boolean;
  /** For all services. */
  readonly operator: AccessLevel | undefined;
  readonly companies: ReadonlyMap<string, CompanyAccessGrant>;
}

/** The product whose roles make administrators of companies. */
const ADMINISTRATORS: AccessProduct = 'administration';

export const NO_ACCESS: Access = { isLocked: false, operator: undefined, companies: new Map() };

/** A row of a caller's own, or of a bureau for which the caller has roles. */
export type GrantOfCaller = Pick<GrantRow, 'company' | 'principal' | 'kind' | 'roles'>;

/**
 * All that rows of grants give a caller: its own, and for each client of a bureau what its role at the bureau lets it do there, at most
 * what the client lets the bureau.
 */
export function accessOf(caller: string, rows: readonly GrantOfCaller[]): Access {
  const companies = new Map<string, { roles: Map<string, AccessLevel>; isGateway: boolean }>();
  const of = (company: string) => {
    const known = companies.get(company) ?? { roles: new Map<string, AccessLevel>(), isGateway: false };
    companies.set(company, known);
    return known;
  };
  let operator: AccessLevel | undefined;
  for (const { company, kind, roles } of rows.filter(({ principal }) => principal === caller)) {
    if (kind === 'operator') operator = roles.operations;
    else if (kind === 'gateway') of(company).isGateway = true;
    else if (kind === 'user')
      for (const [product, level] of levels(roles)) of(company).roles.set(product, level);
  }
  const own = new Map([...companies].map(([company, { roles }]) => [company, new Map(roles)]));
  for (const { company, principal: bureau, kind, roles } of rows) {
    if (kind !== 'bureau') continue;
    for (const [product, most] of levels(roles)) {
      const there = own.get(bureau)?.get(product);
      if (there === undefined) continue;
      const level = there === 'admin' && most === 'admin' ? 'admin' : 'user';
      const granted = of(company).roles;
      if (granted.get(product) !== 'admin') granted.set(product, level);
    }
  }
  const isLocked = rows.some(({ principal }) => principal === lockOf(caller));
  return { isLocked, operator, companies };
}

export function hasLevel(has: AccessLevel | undefined, needs: AccessLevel): boolean {
  return has === 'admin' || has === needs;
}

function levels(roles: GrantRow['roles']): readonly (readonly [string, AccessLevel])[] {
  return Object.entries(roles);
}

const reduced = new WeakMap<Access, Access>();

/**
 * What of it counts without a second factor: nothing that administrators and operators may do, in any company, and all the rest.
 * The same object where that is all of it.
 */
export function withoutAdministration(access: Access): Access {
  const known = reduced.get(access);
  if (known) return known;
  const rest = [...access.companies].flatMap(([company, { roles, isGateway }]) => {
    const others = new Map([...roles].filter(([product]) => product !== ADMINISTRATORS));
    return others.size > 0 || isGateway ? [[company, { roles: others, isGateway }] as const] : [];
  });
  const isSame =
    access.operator === undefined &&
    [...access.companies.values()].every(({ roles }) => !roles.has(ADMINISTRATORS));
  const counted = isSame ? access : { ...access, operator: undefined, companies: new Map(rest) };
  reduced.set(access, counted);
  return counted;
}

/** Companies for which a caller may do something, for lists. */
export function companiesOf({ companies }: Access, product?: AccessProduct): readonly string[] {
  return [...companies]
    .filter(([, { roles }]) => product === undefined || roles.has(product))
    .map(([id]) => id);
}
