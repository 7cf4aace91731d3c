import type { AccessLevel, AccessProduct, PlatformProduct, RoleEvent } from '@samspill/contracts';
import type { Decider } from '@samspill/kernel';

/** What a user may do for one company, or for all services: a level by product. */
export type RoleState = ReadonlyMap<AccessProduct | PlatformProduct, AccessLevel>;

/** Whose role for what. */
export type RoleSubject =
  | { readonly company: string; readonly user: string; readonly product: AccessProduct }
  | { readonly company: 'platform'; readonly user: string; readonly product: PlatformProduct };

export type RoleCommand =
  | { readonly kind: 'grant'; readonly of: RoleSubject; readonly level: AccessLevel }
  | { readonly kind: 'revoke'; readonly of: RoleSubject };

/** Roles of one user for one company; given and taken at any time (C22), one product at a time (C21). */
export const roleDecider: Decider<RoleState, RoleCommand, RoleEvent> = {
  initial: () => new Map(),

  decide(command, state) {
    const has = state.get(command.of.product);
    if (command.kind === 'revoke')
      return has === undefined ? [] : [{ type: 'identity.role.revoked', data: { ...command.of } }];
    const { of, level } = command;
    if (has === level) return [];
    return [{ type: 'identity.role.granted', data: { ...of, level } }];
  },

  evolve(state, event) {
    const after = new Map(state);
    if (event.type === 'identity.role.granted') after.set(event.data.product, event.data.level);
    else after.delete(event.data.product);
    return after;
  },
};
