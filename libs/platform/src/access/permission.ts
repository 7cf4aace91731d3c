import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiBearerAuth, ApiExtension } from '@nestjs/swagger';
import type { AccessLevel, AccessProduct } from '@samspill/contracts';

/** The name of the security scheme in the API's documentation. */
export const SECURITY_SCHEME = 'samspill';
/** Where a route's permissions are kept by Nest. */
export const PERMISSIONS = 'samspill:permissions';

/**
 * Who may use a route. Those of a company hold for the company in its path, `:company`.
 *
 * `anyone` needs no sign-in, and says why. `signed-in` is anybody who has signed in: what they see is the route's affair
 * (`currentAccess`). `themself` is the user whose id is the path's `:user`.
 * `some-administrator` administers any company. `member` has any role for the company. `role` has a role for a product of it, at this level at least, or acts for a
 * bureau that has. `gateway` is a gateway of the company; where the path has a `:gateway`, that one. `operator` looks after all services.
 */
export type Permission =
  | { readonly kind: 'anyone'; readonly why: string }
  | { readonly kind: 'signed-in' }
  | { readonly kind: 'themself' }
  | { readonly kind: 'some-administrator' }
  | { readonly kind: 'member' }
  | { readonly kind: 'role'; readonly product: AccessProduct; readonly level: AccessLevel }
  | { readonly kind: 'gateway' }
  | { readonly kind: 'operator'; readonly level: AccessLevel };

export const signedIn: Permission = { kind: 'signed-in' };
/** The user whose id is the path's `:user`. */
export const userThemself: Permission = { kind: 'themself' };
/** Administers some company, whichever: may register people, who get no access by that (C21). */
export const someAdministrator: Permission = { kind: 'some-administrator' };
export const companyMember: Permission = { kind: 'member' };
export const companyGateway: Permission = { kind: 'gateway' };
/** Administers the company: its set-up, users, roles. */
export const companyAdministrator: Permission = { kind: 'role', product: 'administration', level: 'admin' };

export function companyRole(product: AccessProduct, level: AccessLevel): Permission {
  return { kind: 'role', product, level };
}

export function operator(level: AccessLevel): Permission {
  return { kind: 'operator', level };
}

/** @param why it needs no sign-in */
export function anyone(why: string): Permission {
  return { kind: 'anyone', why };
}

/**
 * Declares who may use a route, or all routes of a controller; what a route declares takes the place of what its controller does. Any
 * one of them is enough. A route without is refused at the start of a service with sign-in.
 */
export function Permissions(
  ...anyOf: readonly [Permission, ...Permission[]]
): MethodDecorator & ClassDecorator {
  const isOpen = anyOf.some(({ kind }) => kind === 'anyone');
  return applyDecorators(
    SetMetadata(PERMISSIONS, anyOf),
    ApiExtension('x-permissions', anyOf.map(inWords)),
    ...(isOpen ? [] : [ApiBearerAuth(SECURITY_SCHEME)]),
  );
}

/** For people: in the documentation, and in a refusal. */
export function inWords(permission: Permission): string {
  switch (permission.kind) {
    case 'anyone':
      return `anyone (${permission.why})`;
    case 'signed-in':
      return 'whoever has signed in';
    case 'themself':
      return 'the user themself';
    case 'some-administrator':
      return 'an administrator of some company';
    case 'member':
      return 'any role for the company';
    case 'role':
      return `the role ${permission.product} at level ${permission.level} for the company`;
    case 'gateway':
      return 'a gateway of the company';
    case 'operator':
      return `an operator at level ${permission.level}`;
  }
}
