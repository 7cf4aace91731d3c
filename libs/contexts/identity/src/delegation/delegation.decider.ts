import type { AccessLevel, AccessProduct, DelegationEvent } from '@samspill/contracts';
import { reject, type Decider } from '@samspill/kernel';

export interface DelegatedProduct {
  readonly product: AccessProduct;
  /** The most that the bureau's users may do, whatever their level at the bureau. */
  readonly level: AccessLevel;
}

/** What a bureau may do for a client; nothing where it is empty. */
export type DelegationState = readonly DelegatedProduct[];

export type DelegationCommand =
  | {
      readonly kind: 'give';
      readonly client: string;
      readonly bureau: string;
      readonly products: readonly DelegatedProduct[];
    }
  | { readonly kind: 'end'; readonly client: string; readonly bureau: string };

/** What a client lets a bureau do for it: explicit, seen by the client, and ended by it at any time. */
export const delegationDecider: Decider<DelegationState, DelegationCommand, DelegationEvent> = {
  initial: () => [],

  decide(command, state) {
    const { client, bureau } = command;
    if (command.kind === 'end')
      return state.length === 0 ? [] : [{ type: 'identity.delegation.ended', data: { client, bureau } }];
    if (client === bureau)
      return reject('delegation.to-itself', 'A company needs no delegation to act for itself.', [
        { pointer: '/path/bureau', code: 'delegation.to-itself', detail: 'This is the company itself.' },
      ]);
    const products = inOrder(command.products);
    if (JSON.stringify(products) === JSON.stringify(state)) return [];
    return [{ type: 'identity.delegation.given', data: { client, bureau, products: [...products] } }];
  },

  evolve(_state, event) {
    return event.type === 'identity.delegation.given' ? event.data.products : [];
  },
};

/** One level a product, in one order, so that the same delegation is the same event. Of a product that is named twice the last counts. */
function inOrder(products: readonly DelegatedProduct[]): readonly DelegatedProduct[] {
  const levels = new Map(products.map(({ product, level }) => [product, level]));
  return [...levels]
    .map(([product, level]) => ({ product, level }))
    .sort((a, b) => (a.product < b.product ? -1 : 1));
}
