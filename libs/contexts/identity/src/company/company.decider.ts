import type { CompanyDetails, CompanyEvent, Product } from '@samspill/contracts';
import { reject, type Decider, type Rejection } from '@samspill/kernel';
import { faultsOf, prerequisitesOf } from './set-up.js';

export type CompanyState =
  | { readonly kind: 'unregistered' }
  | {
      readonly kind: 'registered';
      /** As it came in, by which a repeat of the registration is known. */
      readonly registeredAs: CompanyDetails;
      readonly details: CompanyDetails;
      /** Products whose synchronisation is on. */
      readonly enabled: ReadonlySet<Product>;
    };

/** What may change of a company; its organisation number and country are what makes it the company it is. */
export type DetailsChange = Pick<CompanyDetails, 'name' | 'address'>;

/** Details are canonical (`company-form.ts`), so equal ones are equal as JSON. */
export type CompanyCommand =
  | { readonly kind: 'register'; readonly details: CompanyDetails }
  | ({ readonly kind: 'change-details' } & DetailsChange)
  | { readonly kind: 'switch-synchronisation'; readonly product: Product; readonly isOn: boolean };

/** Registration of a company and the switch of its synchronisation. That organisation numbers are unique is held by a reservation. */
export const companyDecider: Decider<CompanyState, CompanyCommand, CompanyEvent> = {
  initial: () => ({ kind: 'unregistered' }),

  decide(command, state) {
    switch (command.kind) {
      case 'register':
        return register(command.details, state);
      case 'change-details': {
        if (state.kind === 'unregistered') return companyNotFound();
        const details = { ...state.details, name: command.name, address: command.address };
        return isSame(details, state.details)
          ? []
          : [{ type: 'identity.company.details-changed', data: details }];
      }
      case 'switch-synchronisation':
        return switchSynchronisation(command, state);
    }
  },

  evolve(state, event) {
    switch (event.type) {
      case 'identity.company.registered':
        return { kind: 'registered', registeredAs: event.data, details: event.data, enabled: new Set() };
      case 'identity.company.details-changed':
        return state.kind === 'registered' ? { ...state, details: event.data } : state;
      case 'identity.company.sync-enabled':
        return withProducts(state, (products) => products.add(event.data.product));
      case 'identity.company.sync-disabled':
        return withProducts(state, (products) => products.delete(event.data.product));
    }
  },
};

/** Says as well what has to be done first: whoever asks for more than a look wants to get on (C10, C25). */
export function companyNotFound(): Rejection {
  const missing = faultsOf(prerequisitesOf(companyDecider.initial()));
  return reject('company.not-found', 'There is no company with this id. Register it first.', missing);
}

function register(details: CompanyDetails, state: CompanyState): readonly CompanyEvent[] | Rejection {
  if (state.kind === 'unregistered') return [{ type: 'identity.company.registered', data: details }];
  if (isSame(details, state.registeredAs)) return [];
  return reject(
    'company.exists',
    'A company with this id was registered with other details. Change them, or leave the id out.',
    [{ pointer: '/id', code: 'company-id.taken', detail: 'Another registration has this id.' }],
  );
}

function switchSynchronisation(
  { product, isOn }: Extract<CompanyCommand, { kind: 'switch-synchronisation' }>,
  state: CompanyState,
): readonly CompanyEvent[] | Rejection {
  if (state.kind === 'unregistered') return companyNotFound();
  if (state.enabled.has(product) === isOn) return [];
  if (!isOn) return [{ type: 'identity.company.sync-disabled', data: { product } }];
  const missing = prerequisitesOf(state).filter((step) => step.state === 'missing');
  if (missing.length === 0) return [{ type: 'identity.company.sync-enabled', data: { product } }];
  return reject(
    'synchronisation.prerequisites-missing',
    `Synchronisation of ${product} cannot be switched on before every earlier step is done.`,
    faultsOf(missing),
  );
}

function withProducts(state: CompanyState, change: (products: Set<Product>) => unknown): CompanyState {
  if (state.kind === 'unregistered') return state;
  const enabled = new Set(state.enabled);
  change(enabled);
  return { ...state, enabled };
}

function isSame(a: CompanyDetails, b: CompanyDetails): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
