import { topics, type CustomerRecord, type RecordEvent } from '@samspill/contracts';
import { defineReactor, parseStream } from '@samspill/kernel';
import type { CrmCustomer } from '../crm/crm.js';
import { crmReference, type Desired } from './desired.js';

type CustomerEvent = Extract<RecordEvent, { type: `contacts.customer.${string}` }>;

/** Customers go to the CRM as contacts has them. */
export const deliverCustomers = defineReactor<CustomerEvent, Desired>({
  name: 'crm.deliver-customers',
  topics: [topics.contacts],
  reads: ['contacts.customer.changed', 'contacts.customer.deleted', 'contacts.customer.forgotten'],
  begins: 'first-event',
  mayRedeliver: true,
  react(event) {
    const [company = '', number = ''] = parseStream(event.meta.stream).parts;
    const thing = crmReference('customer', company, number);
    switch (event.type) {
      case 'contacts.customer.changed':
        return [{ thing, payload: { state: 'there', record: customerOf(event.data.record) } }];
      case 'contacts.customer.deleted':
        return [{ thing, payload: { state: 'deleted', kind: 'customer' } }];
      case 'contacts.customer.forgotten':
        return [{ thing, payload: { state: 'erased', kind: 'customer' } }];
      case 'contacts.customer.forgetting-lifted':
        return []; // it comes in again by itself
    }
  },
});

/** The ERP's notes and fax number stay here: a CRM has notes of its own. */
function customerOf(record: CustomerRecord): CrmCustomer {
  const { number, name, organisationNumber, country, address, phone, mobile, email, website } = record;
  const land = address?.country ?? country;
  return {
    kind: 'customer',
    number,
    name,
    ...(organisationNumber !== undefined && { organisationNumber }),
    ...((address ?? land) && {
      address: { lines: [], ...address, ...(land !== undefined && { country: land }) },
    }),
    ...(phone !== undefined && { phone }),
    ...(mobile !== undefined && { mobile }),
    ...(email !== undefined && { email }),
    ...(website !== undefined && { website }),
  };
}
