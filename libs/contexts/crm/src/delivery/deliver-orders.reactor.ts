import { topics, type OrderEvent, type OrderRecord } from '@samspill/contracts';
import { defineReactor, parseStream } from '@samspill/kernel';
import type { CrmOrder } from '../crm/crm.js';
import { crmReference, type Desired } from './desired.js';

/** Orders go to the CRM as they came in, each after its customer. */
export const deliverOrders = defineReactor<OrderEvent, Desired>({
  name: 'crm.deliver-orders',
  topics: [topics.crm],
  reads: ['crm.order.changed', 'crm.order.deleted'],
  begins: 'first-event',
  mayRedeliver: true,
  react(event) {
    const [company = '', number = ''] = parseStream(event.meta.stream).parts;
    const thing = crmReference('order', company, number);
    if (event.type === 'crm.order.deleted') return [{ thing, payload: { state: 'deleted', kind: 'order' } }];
    return [{ thing, payload: { state: 'there', record: orderOf(company, event.data.order) } }];
  },
});

function orderOf(company: string, order: OrderRecord): CrmOrder {
  return {
    kind: 'order',
    ...order,
    customer: crmReference('customer', company, order.customer),
    title: `Order ${order.number}`,
  };
}
