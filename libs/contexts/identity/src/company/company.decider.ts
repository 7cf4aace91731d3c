import type {
  CompanyDetails,
  CompanyEvent,
  CompanyProduct,
  CompanySetUpEvent,
  Product,
} from '@samspill/contracts';
import { reject, type Decider, type Rejection } from '@samspill/kernel';
import {
  evolveLicences,
  expireLicences,
  grantLicence,
  revokeLicence,
  type Licence,
  type Licences,
} from '../licence/licences.js';
import { companyIsRegistered, prerequisitesOf, type SetUpFacts } from '../set-up/set-up.js';
import { faultsOf } from '../set-up/set-up-step.js';

/** What happens to a company, all in its own stream. */
export type CompanyStreamEvent = CompanyEvent | CompanySetUpEvent;

export interface RegisteredCompany {
  readonly kind: 'registered';
  /** As it came in, by which a repeat of the registration is known. */
  readonly registeredAs: CompanyDetails;
  readonly details: CompanyDetails;
  /** Products whose synchronisation is on. */
  readonly enabled: ReadonlySet<Product>;
  readonly licences: Licences;
  /** Products that the company was exported for. */
  readonly products: ReadonlySet<CompanyProduct>;
  readonly isActivated: boolean;
  /** Users who administer it. */
  readonly administrators: readonly string[];
}

export type CompanyState = { readonly kind: 'unregistered' } | RegisteredCompany;

/** What may change of a company; its organisation number and country are what makes it the company it is. */
export type DetailsChange = Pick<CompanyDetails, 'name' | 'address'>;

/** Details are canonical (`company-form.ts`), so equal ones are equal as JSON. */
export type CompanyCommand =
  | { readonly kind: 'register'; readonly details: CompanyDetails }
  | ({ readonly kind: 'change-details' } & DetailsChange)
  | {
      readonly kind: 'grant-licence';
      readonly product: CompanyProduct;
      readonly licence: Licence;
      readonly now: Date;
    }
  | { readonly kind: 'revoke-licence'; readonly product: CompanyProduct }
  | { readonly kind: 'expire-licences'; readonly now: Date }
  | { readonly kind: 'activate-integration' }
  | { readonly kind: 'add-product'; readonly product: CompanyProduct }
  | { readonly kind: 'make-administrator'; readonly user: string }
  | { readonly kind: 'remove-administrator'; readonly user: string }
  | {
      readonly kind: 'switch-synchronisation';
      readonly product: Product;
      readonly isOn: boolean;
      /** What other streams say, for what must be done first. */
      readonly facts: SetUpFacts;
    };

type RegisteredCommand = Exclude<CompanyCommand, { kind: 'register' }>;

/** A company, and what it needs before its records are synchronised. That organisation numbers are unique is held by a reservation. */
export const companyDecider: Decider<CompanyState, CompanyCommand, CompanyStreamEvent> = {
  initial: () => ({ kind: 'unregistered' }),

  decide(command, state) {
    if (command.kind === 'register') return register(command.details, state);
    return state.kind === 'unregistered' ? companyNotFound() : decideRegistered(command, state);
  },

  evolve(state, event) {
    if (event.type === 'identity.company.registered') return justRegistered(event.data);
    return state.kind === 'registered' ? evolveRegistered(state, event) : state;
  },
};

/** Says as well what has to be done first: whoever asks for more than a look wants to get on (C10, C25). */
export function companyNotFound(): Rejection {
  return reject(
    'company.not-found',
    'There is no company with this id. Register it first.',
    faultsOf([companyIsRegistered(false)]),
  );
}

function decideRegistered(
  command: RegisteredCommand,
  state: RegisteredCompany,
): readonly CompanyStreamEvent[] | Rejection {
  switch (command.kind) {
    case 'change-details': {
      const details = { ...state.details, name: command.name, address: command.address };
      return isSame(details, state.details)
        ? []
        : [{ type: 'identity.company.details-changed', data: details }];
    }
    case 'grant-licence':
      return grantLicence(command.product, command.licence, state.licences, command.now);
    case 'revoke-licence':
      return withoutSynchronisation(revokeLicence(command.product, state.licences), state);
    case 'expire-licences':
      return withoutSynchronisation(expireLicences(state.licences, command.now), state);
    case 'activate-integration':
      return state.isActivated ? [] : [{ type: 'identity.company.integration-activated', data: {} }];
    case 'add-product': {
      const { product } = command;
      return state.products.has(product)
        ? []
        : [{ type: 'identity.company.product-added', data: { product } }];
    }
    case 'make-administrator':
      return state.administrators.includes(command.user)
        ? []
        : administeredBy([...state.administrators, command.user]);
    case 'remove-administrator':
      return removeAdministrator(command.user, state.administrators);
    case 'switch-synchronisation':
      return switchSynchronisation(command, state);
  }
}

function evolveRegistered(
  state: RegisteredCompany,
  event: Exclude<CompanyStreamEvent, { type: 'identity.company.registered' }>,
): RegisteredCompany {
  switch (event.type) {
    case 'identity.company.details-changed':
      return { ...state, details: event.data };
    case 'identity.company.sync-enabled':
      return { ...state, enabled: new Set([...state.enabled, event.data.product]) };
    case 'identity.company.sync-disabled':
      return {
        ...state,
        enabled: new Set([...state.enabled].filter((product: string) => product !== event.data.product)),
      };
    case 'identity.company.integration-activated':
      return { ...state, isActivated: true };
    case 'identity.company.product-added':
      return { ...state, products: new Set([...state.products, event.data.product]) };
    case 'identity.company.administrators-changed':
      return { ...state, administrators: event.data.administrators };
    case 'identity.licence.granted':
    case 'identity.licence.revoked':
    case 'identity.licence.expired':
      return { ...state, licences: evolveLicences(state.licences, event) };
  }
}

function justRegistered(details: CompanyDetails): RegisteredCompany {
  return {
    kind: 'registered',
    registeredAs: details,
    details,
    enabled: new Set(),
    licences: new Map(),
    products: new Set(),
    isActivated: false,
    administrators: [],
  };
}

function register(details: CompanyDetails, state: CompanyState): readonly CompanyStreamEvent[] | Rejection {
  if (state.kind === 'unregistered') return [{ type: 'identity.company.registered', data: details }];
  if (isSame(details, state.registeredAs)) return [];
  return reject(
    'company.exists',
    'A company with this id was registered with other details. Change them, or leave the id out.',
    [{ pointer: '/id', code: 'company-id.taken', detail: 'Another registration has this id.' }],
  );
}

function switchSynchronisation(
  { product, isOn, facts }: Extract<CompanyCommand, { kind: 'switch-synchronisation' }>,
  state: RegisteredCompany,
): readonly CompanyStreamEvent[] | Rejection {
  if (state.enabled.has(product) === isOn) return [];
  if (!isOn) return [{ type: 'identity.company.sync-disabled', data: { product } }];
  const missing = prerequisitesOf(product, state, facts).filter((step) => step.state === 'missing');
  if (missing.length === 0) return [{ type: 'identity.company.sync-enabled', data: { product } }];
  return reject(
    'synchronisation.prerequisites-missing',
    `Synchronisation of ${product} cannot be switched on before every earlier step is done.`,
    faultsOf(missing),
  );
}

/** What is no longer licensed is no longer synchronised (C3, C10). */
function withoutSynchronisation(
  events: readonly CompanySetUpEvent[],
  { enabled }: RegisteredCompany,
): readonly CompanyStreamEvent[] {
  const ended = new Set(events.flatMap(({ data }) => ('product' in data ? [data.product] : [])));
  const stopped = [...enabled].filter((product) => ended.has(product));
  return [
    ...events,
    ...stopped.map((product) => ({ type: 'identity.company.sync-disabled' as const, data: { product } })),
  ];
}

function removeAdministrator(
  user: string,
  administrators: readonly string[],
): readonly CompanyStreamEvent[] | Rejection {
  if (!administrators.includes(user)) return [];
  if (administrators.length > 1) return administeredBy(administrators.filter((other) => other !== user));
  return reject(
    'role.last-administrator',
    'This is the last administrator of the company. Make somebody else one first.',
  );
}

function administeredBy(administrators: readonly string[]): readonly CompanyStreamEvent[] {
  return [{ type: 'identity.company.administrators-changed', data: { administrators: [...administrators] } }];
}

function isSame(a: CompanyDetails, b: CompanyDetails): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
