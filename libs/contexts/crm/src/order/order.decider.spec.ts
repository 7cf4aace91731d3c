import { describe, it } from '@jest/globals';
import { orderHasChanged, orderIsDeleted, type OrderRecord } from '@samspill/contracts';
import { specificationOf } from '@samspill/testing';
import { orderDecider, orderRejectionDecider } from './order.decider.js';

const order: OrderRecord = {
  number: '10248',
  customer: 'VINET',
  orderedOn: '1996-07-04',
  status: 'open',
  currency: 'NOK',
  total: '440',
  lines: [],
};
const FIELDS = ['number', 'customer', 'orderedOn', 'status', 'currency', 'total', 'lines'];

describe('an order', () => {
  const given = specificationOf(orderDecider);

  it('comes in whole, and says what is new of it', () => {
    given().when({ kind: 'put', order }).then(orderHasChanged(order, FIELDS));
    const later = { ...order, status: 'delivered' as const, deliverOn: '1996-07-16' };
    given(orderHasChanged(order, FIELDS))
      .when({ kind: 'put', order: later })
      .then(orderHasChanged(later, ['status', 'deliverOn']));
  });

  it('that comes as it is changes nothing (L8)', () => {
    given(orderHasChanged(order, FIELDS)).when({ kind: 'put', order }).then();
    given().when({ kind: 'remove', number: '10248' }).then();
  });

  it('is deleted, and may come in again', () => {
    const history = [orderHasChanged(order, FIELDS), orderIsDeleted('10248')];
    given(orderHasChanged(order, FIELDS))
      .when({ kind: 'remove', number: '10248' })
      .then(orderIsDeleted('10248'));
    given(...history)
      .when({ kind: 'put', order })
      .then(orderHasChanged(order, FIELDS));
  });
});

describe('a rejected order', () => {
  const given = specificationOf(orderRejectionDecider);
  const rejected = { source: { id: 'agent/a1/1', line: 1 }, faults: [], change: {} };

  it('stands in the list until it comes in good or is gone', () => {
    given().when({ kind: 'reject', rejected }).then({ type: 'crm.order.rejected', data: rejected });
    given({ type: 'crm.order.rejected', data: rejected })
      .when({ kind: 'resolve', how: 'accepted' })
      .then({ type: 'crm.order.rejection-resolved', data: { how: 'accepted' } });
    given().when({ kind: 'resolve', how: 'deleted' }).then();
  });
});
