import type { DeliveryLedger } from '@samspill/eventlog';
import { deliverCustomers } from './deliver-customers.reactor.js';

/** Whether something of a customer's may go to the CRM. */
export type CustomerStanding =
  /** `reference`: as the ledger keeps it, with the account. */
  | { readonly kind: 'there'; readonly reference?: string }
  /** Its customer has to get there first. */
  | { readonly kind: 'later'; readonly code: string; readonly words: string };

/** Which customers the CRM has, as the ledger of their deliveries says: orders and contact persons come after them. */
export class CustomersInCrm {
  constructor(private readonly ledger: Pick<DeliveryLedger, 'entries'>) {}

  /** @param references of customers; those that were never to be delivered are left out of the answer */
  async find(references: readonly string[]): Promise<ReadonlyMap<string, CustomerStanding>> {
    const entries = await this.ledger.entries(deliverCustomers.name, references);
    return new Map(
      [...entries].map(([reference, { state, confirmed }]): [string, CustomerStanding] => {
        if (confirmed)
          return [
            reference,
            {
              kind: 'there',
              // While it is asked about, or changed, its id may be another one tomorrow: then the CRM is asked by our reference.
              ...(state === 'confirmed' &&
                confirmed.reference !== undefined && { reference: confirmed.reference }),
            },
          ];
        return [reference, state === 'refused' ? refused : underWay];
      }),
    );
  }
}

const underWay: CustomerStanding = {
  kind: 'later',
  code: 'crm.customer-first',
  words: 'The customer that it belongs to is on its way to the CRM.',
};
const refused: CustomerStanding = {
  kind: 'later',
  code: 'crm.customer-refused',
  words: 'The CRM has refused the customer that it belongs to: it goes when that does.',
};
