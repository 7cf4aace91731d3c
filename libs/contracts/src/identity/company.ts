import { z } from 'zod';
import { defineEvent, type EventOf } from '../event-definition.js';

const address = z.strictObject({
  lines: z.array(z.string()).max(4),
  postcode: z.string(),
  town: z.string().optional(),
  country: z.string(),
});

/** A registered company as everyone knows it. */
export const companyDetails = z.strictObject({
  name: z.string(),
  organisationNumber: z.string(),
  /** ISO 3166-1 alpha-2; decides how the organisation number is checked. */
  country: z.string(),
  address,
});
export type CompanyDetails = z.infer<typeof companyDetails>;

/** What can be synchronised for a company. */
export const product = z.enum(['contacts']);
export type Product = z.infer<typeof product>;

export const companyRegistered = defineEvent({
  type: 'identity.company.registered',
  version: 1,
  schema: companyDetails,
});
export const companyDetailsChanged = defineEvent({
  type: 'identity.company.details-changed',
  version: 1,
  schema: companyDetails,
});
export const companySyncEnabled = defineEvent({
  type: 'identity.company.sync-enabled',
  version: 1,
  schema: z.strictObject({ product }),
});
export const companySyncDisabled = defineEvent({
  type: 'identity.company.sync-disabled',
  version: 1,
  schema: z.strictObject({ product }),
});

export const companyEvents = [
  companyRegistered,
  companyDetailsChanged,
  companySyncEnabled,
  companySyncDisabled,
] as const;
export type CompanyEvent = EventOf<(typeof companyEvents)[number]>;
