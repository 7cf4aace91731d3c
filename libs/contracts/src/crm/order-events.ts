import { z } from 'zod';
import { batchAcceptedOf } from '../batch-accepted.js';
import { defineEvent, type EventOf } from '../event-definition.js';
import { personal } from '../personal.js';
import { ORDER_LIMITS, orderRecord, type OrderRecord } from './order.js';

const number = z.string().min(1).max(ORDER_LIMITS.numberMaxLength);

/** The whole order, and which of its fields differ from before (all of them where it is new). */
export const orderChanged = defineEvent({
  type: 'crm.order.changed',
  version: 1,
  schema: z.strictObject({ order: orderRecord, changed: z.array(z.string()) }),
});
export const orderDeleted = defineEvent({
  type: 'crm.order.deleted',
  version: 1,
  schema: z.strictObject({ number }),
});

/** A change of an order that could not be taken in, with the change itself. */
export const orderRejected = defineEvent({
  type: 'crm.order.rejected',
  version: 1,
  schema: z.strictObject({
    /** As sent; absent where there was none that can be used. */
    number: z.exactOptional(number),
    /** The agent's batch, and the line in it. */
    source: z.strictObject({ id: z.string(), line: z.int() }),
    /** The detail quotes what was sent. */
    faults: z.array(
      z.strictObject({ pointer: z.string(), code: z.string(), detail: personal(z.string(), '') }),
    ),
    change: personal(z.record(z.string(), z.unknown()), {}),
  }),
});
/** A rejection that does not stand any more: the order came in good, or is gone. */
export const orderRejectionResolved = defineEvent({
  type: 'crm.order.rejection-resolved',
  version: 1,
  schema: z.strictObject({ how: z.enum(['accepted', 'deleted']) }),
});

export const orderEvents = [orderChanged, orderDeleted] as const;
export type OrderEvent = EventOf<(typeof orderEvents)[number]>;
export const orderRejectionEvents = [orderRejected, orderRejectionResolved] as const;
export type OrderRejectionEvent = EventOf<(typeof orderRejectionEvents)[number]>;
export const orderBatchAccepted = batchAcceptedOf('crm');
export const orderIntakeEvents = [...orderRejectionEvents, orderBatchAccepted] as const;

export function orderHasChanged(order: OrderRecord, fields: readonly string[]): OrderEvent {
  return { type: 'crm.order.changed', data: { order, changed: [...fields] } };
}

export function orderIsDeleted(orderNumber: string): OrderEvent {
  return { type: 'crm.order.deleted', data: { number: orderNumber } };
}
