import {
  companyProduct,
  product as productSchema,
  type CompanyDetails,
  type CompanyProduct,
  type Product,
} from '@samspill/contracts';

/** A company as callers see it. */
export interface Company extends CompanyDetails {
  readonly id: string;
  /** By product, whether its synchronisation is on. */
  readonly synchronisation: Readonly<Record<Product, boolean>>;
  /** RFC 3339 in UTC. */
  readonly registeredAt: string;
  readonly changedAt: string;
}

export const PRODUCTS: readonly Product[] = productSchema.options;
export const COMPANY_PRODUCTS: readonly CompanyProduct[] = companyProduct.options;

/** Every product, on or off: a caller need not know which there are. */
export function synchronisationOf(enabled: Iterable<string>): Company['synchronisation'] {
  const on = new Set(enabled);
  return { contacts: on.has('contacts') };
}
