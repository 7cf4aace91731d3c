import { topics, type ContactPersonRecord, type RecordEvent } from '@samspill/contracts';
import { defineReactor, parseStream } from '@samspill/kernel';
import type { CrmPerson } from '../crm/crm.js';
import { crmReference, type Desired } from './desired.js';

type PersonEvent = Extract<RecordEvent, { type: `contacts.contact-person.${string}` }>;

/** Contact persons of customers go to the CRM with them; those of suppliers have no place there. */
export const deliverPersons = defineReactor<PersonEvent, Desired>({
  name: 'crm.deliver-persons',
  topics: [topics.contacts],
  reads: [
    'contacts.contact-person.changed',
    'contacts.contact-person.deleted',
    'contacts.contact-person.forgotten',
  ],
  begins: 'first-event',
  mayRedeliver: true,
  react(event) {
    const [company = '', number = ''] = parseStream(event.meta.stream).parts;
    const thing = crmReference('person', company, number);
    switch (event.type) {
      case 'contacts.contact-person.changed': {
        const { record, changed } = event.data;
        if (record.parent.kind === 'customer')
          return [{ thing, payload: { state: 'there', record: personOf(company, record) } }];
        // Of a supplier from the beginning; or moved there from a customer, and then gone from the CRM.
        return event.meta.version > 1 && changed.includes('parent')
          ? [{ thing, payload: { state: 'deleted', kind: 'person' } }]
          : [];
      }
      case 'contacts.contact-person.deleted':
        return [{ thing, payload: { state: 'deleted', kind: 'person' } }];
      case 'contacts.contact-person.forgotten':
        return [{ thing, payload: { state: 'erased', kind: 'person' } }];
      case 'contacts.contact-person.forgetting-lifted':
        return []; // they come in again by themselves
    }
  },
});

function personOf(company: string, record: ContactPersonRecord): CrmPerson {
  const { number, name, parent, title, department, phone, mobile, email } = record;
  return {
    kind: 'person',
    number,
    name,
    customer: crmReference('customer', company, parent.number),
    ...(title !== undefined && { title }),
    ...(department !== undefined && { department }),
    ...(phone !== undefined && { phone }),
    ...(mobile !== undefined && { mobile }),
    ...(email !== undefined && { email }),
  };
}
