import type { Employee, EmployeeEvent } from '@samspill/contracts';
import type { Decider } from '@samspill/kernel';
import { isSameData } from './is-same-data.js';

export type EmployeeState =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'forgotten' }
  | { readonly kind: 'known'; readonly details: Employee };

export type EmployeeCommand =
  | { readonly kind: 'put'; readonly details: Employee }
  | { readonly kind: 'remove' }
  | { readonly kind: 'forget' | 'lift'; readonly reason: string };

/** An employee as the business system has them. Who was forgotten is left out until that is lifted. */
export const employeeDecider: Decider<EmployeeState, EmployeeCommand, EmployeeEvent> = {
  initial: () => ({ kind: 'unknown' }),

  decide(command, state) {
    switch (command.kind) {
      case 'put': {
        const { details } = command;
        const isSame = state.kind === 'known' && isSameData(state.details, details);
        return isSame || state.kind === 'forgotten'
          ? []
          : [{ type: 'identity.employee.changed', data: details }];
      }
      case 'remove':
        return state.kind === 'known' ? [{ type: 'identity.employee.removed', data: {} }] : [];
      case 'forget':
        return state.kind === 'forgotten'
          ? []
          : [{ type: 'identity.employee.forgotten', data: { reason: command.reason } }];
      case 'lift':
        return state.kind === 'forgotten'
          ? [{ type: 'identity.employee.forgetting-lifted', data: { reason: command.reason } }]
          : [];
    }
  },

  evolve(_state, event) {
    switch (event.type) {
      case 'identity.employee.changed':
        return { kind: 'known', details: event.data };
      case 'identity.employee.forgotten':
        return { kind: 'forgotten' };
      case 'identity.employee.removed':
      case 'identity.employee.forgetting-lifted':
        return { kind: 'unknown' };
    }
  },
};
