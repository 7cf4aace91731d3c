import { z } from 'zod';
import { defineEvent, type EventOf } from '../event-definition.js';
import { companyProduct } from './products.js';

/** «Aktiver Visma.net integrasjon» (C7); who did it is the event's actor. */
export const companyIntegrationActivated = defineEvent({
  type: 'identity.company.integration-activated',
  version: 1,
  schema: z.strictObject({}),
});

/** The company was exported for a product, which has to be done for each of them (W9, W10). */
export const companyProductAdded = defineEvent({
  type: 'identity.company.product-added',
  version: 1,
  schema: z.strictObject({ product: companyProduct }),
});

/**
 * Who administers the company, all of them. Follows from roles, in the same transaction: it is in the company's own stream so that two
 * who take the role from one another at once cannot leave the company without anybody.
 */
export const companyAdministratorsChanged = defineEvent({
  type: 'identity.company.administrators-changed',
  version: 1,
  schema: z.strictObject({ administrators: z.array(z.uuid()) }),
});

export const licenceGranted = defineEvent({
  type: 'identity.licence.granted',
  version: 1,
  schema: z.strictObject({
    product: companyProduct,
    /** Name of the licence or of its file. */
    licence: z.string(),
    /** Absent where it does not end by itself. */
    validUntil: z.exactOptional(z.iso.datetime()),
  }),
});
export const licenceRevoked = defineEvent({
  type: 'identity.licence.revoked',
  version: 1,
  schema: z.strictObject({ product: companyProduct }),
});
export const licenceExpired = defineEvent({
  type: 'identity.licence.expired',
  version: 1,
  schema: z.strictObject({ product: companyProduct }),
});

/** What happens to a company on its way to its products, in the company's stream. */
export const companySetUpEvents = [
  companyIntegrationActivated,
  companyProductAdded,
  companyAdministratorsChanged,
  licenceGranted,
  licenceRevoked,
  licenceExpired,
] as const;
export type CompanySetUpEvent = EventOf<(typeof companySetUpEvents)[number]>;
