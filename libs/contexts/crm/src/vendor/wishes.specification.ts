import { createHash } from 'node:crypto';
import type { CrmCustomer, CrmKind, CrmOrder, CrmPerson, CrmRecord, CrmWish } from '../crm/crm.js';

/** `c/customer/12` */
export function referenceOf(kind: CrmKind, number: string): string {
  return `c/${kind}/${number}`;
}

export function customer(number: string, more: Partial<CrmCustomer> = {}): CrmCustomer {
  return { kind: 'customer', number, name: `Customer ${number}`, ...more };
}

export function person(number: string, of: string, more: Partial<CrmPerson> = {}): CrmPerson {
  const owner = referenceOf('customer', of);
  return { kind: 'person', number, name: `Kari Nordmann ${number}`, customer: owner, ...more };
}

export function order(number: string, of: string, more: Partial<CrmOrder> = {}): CrmOrder {
  return {
    kind: 'order',
    number,
    customer: referenceOf('customer', of),
    orderedOn: '2026-11-22',
    status: 'open',
    currency: 'NOK',
    total: '1250.50',
    title: `Order ${number}`,
    lines: [{ article: 'A1', text: 'Chai', quantity: '2', unitPrice: '625.25', amount: '1250.50' }],
    ...more,
  };
}

export function put(record: CrmRecord, more: { crmId?: string } = {}): CrmWish & { wish: 'put' } {
  const reference = referenceOf(record.kind, record.number);
  return { wish: 'put', record, reference, content: hashOf(record), idempotencyKey: 'a-key', ...more };
}

export function remove(kind: CrmKind, number: string, wish: 'archive' | 'erase' = 'archive'): CrmWish {
  const reference = referenceOf(kind, number);
  return { wish, kind, reference, content: hashOf({ wish, reference }), idempotencyKey: 'a-key' };
}

function hashOf(value: object): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('base64url');
}
