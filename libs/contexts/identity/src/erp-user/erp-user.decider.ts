import type { ErpUser, ErpUserEvent } from '@samspill/contracts';
import { reject, type Decider, type Rejection } from '@samspill/kernel';
import { isSameData } from './is-same-data.js';

export interface KnownErpUser {
  readonly kind: 'known';
  readonly details: ErpUser;
  /** The employee that an administrator has said they are. */
  readonly linkedEmployee: string | undefined;
  /** The user here that they have become. */
  readonly user: string | undefined;
}

export type ErpUserState = { readonly kind: 'unknown' } | { readonly kind: 'forgotten' } | KnownErpUser;

export type ErpUserCommand =
  | { readonly kind: 'put'; readonly details: ErpUser }
  | { readonly kind: 'remove' }
  | { readonly kind: 'link'; readonly employee: string }
  | { readonly kind: 'unlink' }
  /** They are this user here from now on. */
  | { readonly kind: 'note-user'; readonly user: string }
  | { readonly kind: 'forget' | 'lift'; readonly reason: string };

type Decision = readonly ErpUserEvent[] | Rejection;

/** A user of the business system, the employee whose address is theirs (C17), and the user here that they become (C19). */
export const erpUserDecider: Decider<ErpUserState, ErpUserCommand, ErpUserEvent> = {
  initial: () => ({ kind: 'unknown' }),

  decide(command, state) {
    switch (command.kind) {
      case 'put':
        return put(command.details, state);
      case 'remove':
        return state.kind === 'known' ? [{ type: 'identity.erp-user.removed', data: {} }] : [];
      case 'forget':
        return state.kind === 'forgotten'
          ? []
          : [{ type: 'identity.erp-user.forgotten', data: { reason: command.reason } }];
      case 'lift':
        return state.kind === 'forgotten'
          ? [{ type: 'identity.erp-user.forgetting-lifted', data: { reason: command.reason } }]
          : [];
      case 'link':
      case 'unlink':
      case 'note-user':
        return state.kind === 'known' ? decideOnKnown(command, state) : erpUserNotFound();
    }
  },

  evolve(state, event) {
    switch (event.type) {
      case 'identity.erp-user.changed': {
        const { linkedEmployee, user } =
          state.kind === 'known' ? state : { linkedEmployee: undefined, user: undefined };
        return { kind: 'known', details: event.data, linkedEmployee, user };
      }
      case 'identity.erp-user.removed':
      case 'identity.erp-user.forgetting-lifted':
        return { kind: 'unknown' };
      case 'identity.erp-user.forgotten':
        return { kind: 'forgotten' };
      case 'identity.erp-user.employee-linked':
        return state.kind === 'known' ? { ...state, linkedEmployee: event.data.employee } : state;
      case 'identity.erp-user.employee-unlinked':
        return state.kind === 'known' ? { ...state, linkedEmployee: undefined } : state;
      case 'identity.erp-user.registered':
        return state.kind === 'known' ? { ...state, user: event.data.user } : state;
    }
  },
};

/** The number of the employee they are: what an administrator said counts before what the business system says. */
export function employeeOf({ details, linkedEmployee }: KnownErpUser): string | undefined {
  return linkedEmployee ?? details.employee;
}

export function erpUserNotFound(): Rejection {
  return reject('erp-user.not-found', 'The business system of the company has no user with this number.');
}

function put(details: ErpUser, state: ErpUserState): Decision {
  const isSame = state.kind === 'known' && isSameData(state.details, details);
  return isSame || state.kind === 'forgotten' ? [] : [{ type: 'identity.erp-user.changed', data: details }];
}

function decideOnKnown(
  command: Extract<ErpUserCommand, { kind: 'link' | 'unlink' | 'note-user' }>,
  state: KnownErpUser,
): Decision {
  switch (command.kind) {
    case 'link': {
      const { employee } = command;
      return state.linkedEmployee === employee
        ? []
        : [{ type: 'identity.erp-user.employee-linked', data: { employee } }];
    }
    case 'unlink':
      return state.linkedEmployee === undefined
        ? []
        : [{ type: 'identity.erp-user.employee-unlinked', data: {} }];
    case 'note-user':
      return state.user === command.user
        ? []
        : [{ type: 'identity.erp-user.registered', data: { user: command.user } }];
  }
}
