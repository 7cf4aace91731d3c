import {
  orderHasChanged,
  orderIsDeleted,
  type OrderEvent,
  type OrderRecord,
  type OrderRejectionEvent,
} from '@samspill/contracts';
import { streamName, type CompanyId, type Decider } from '@samspill/kernel';

/** An order as the ERP last had it. */
export interface OrderState {
  readonly order: OrderRecord | undefined;
}

export type OrderCommand =
  | { readonly kind: 'put'; readonly order: OrderRecord }
  | { readonly kind: 'remove'; readonly number: string };

/** Events carry the whole order, so the last one of a stream is its state. Refuses nothing. */
export const orderDecider: Decider<OrderState, OrderCommand, OrderEvent> = {
  initial: () => ({ order: undefined }),

  decide(command, { order }) {
    if (command.kind === 'remove') return order ? [orderIsDeleted(command.number)] : [];
    const fields = differingFields(order, command.order);
    return fields.length > 0 ? [orderHasChanged(command.order, fields)] : [];
  },

  evolve: (_state, event) => ({ order: event.type === 'crm.order.changed' ? event.data.order : undefined }),
};

type Rejected = Extract<OrderRejectionEvent, { type: 'crm.order.rejected' }>['data'];

/** Whether an order's last change was refused and still waits for somebody to mend it. */
export interface OrderRejectionState {
  readonly isOpen: boolean;
}

export type OrderRejectionCommand =
  | { readonly kind: 'reject'; readonly rejected: Rejected }
  | { readonly kind: 'resolve'; readonly how: 'accepted' | 'deleted' };

/** A stream of its own beside the order's: the last event says whether a refusal stands. Refuses nothing. */
export const orderRejectionDecider: Decider<OrderRejectionState, OrderRejectionCommand, OrderRejectionEvent> =
  {
    initial: () => ({ isOpen: false }),

    decide(command, { isOpen }) {
      if (command.kind === 'reject') return [{ type: 'crm.order.rejected', data: command.rejected }];
      return isOpen ? [{ type: 'crm.order.rejection-resolved', data: { how: command.how } }] : [];
    },

    evolve: (_state, event) => ({ isOpen: event.type === 'crm.order.rejected' }),
  };

export function orderStream(company: CompanyId, number: string): string {
  return streamName('crm.order', company, number);
}

/** @param reference the order's number; for one without a usable number, `~` and a hash of what was sent */
export function orderRejectionStream(company: CompanyId, reference: string): string {
  return streamName('crm.order-rejection', company, reference);
}

/** Fields whose values differ. Orders are canonical, so equal values are equal texts. */
function differingFields(before: OrderRecord | undefined, after: OrderRecord): readonly string[] {
  const [old, now] = [textsOf(before), textsOf(after)];
  const changed = [...now].flatMap(([field, text]) => (old.get(field) === text ? [] : [field]));
  return [...changed, ...[...old.keys()].filter((field) => !now.has(field))];
}

function textsOf(order: OrderRecord | undefined): ReadonlyMap<string, string> {
  return new Map(Object.entries(order ?? {}).map(([field, value]) => [field, JSON.stringify(value)]));
}
