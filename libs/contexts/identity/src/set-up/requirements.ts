import type { CompanyProduct } from '@samspill/contracts';

/** What a product needs of a company's own systems, as its vendor says. */
export interface Requirements {
  readonly name: string;
  /** Oldest gateway, where the product names one. */
  readonly gateway?: string;
  /** Oldest version of each business system that it works with, by product. */
  readonly erp: Readonly<Record<string, string>>;
  /** Oldest WebFaktura Admin (Sync). */
  readonly webfakturaAdmin?: string;
  /** The company has to be exported for it, whatever else it uses (W9). */
  readonly needsExport: boolean;
  /** Whether its records are synchronised, which is switched on last. */
  readonly isSynchronised: boolean;
}

export const ERP_NAMES: Readonly<Record<string, string>> = {
  'visma-global': 'Visma Global',
  'visma-business': 'Visma Business',
};

export const REQUIREMENTS: Readonly<Record<CompanyProduct, Requirements>> = {
  contacts: {
    name: 'Visma Contacts',
    gateway: '5.3', // C5
    // C6 names Visma Global; of Visma Business the oldest that any product works with (W4).
    erp: { 'visma-global': '10', 'visma-business': '12' },
    needsExport: false,
    isSynchronised: true,
  },
  webfaktura: {
    name: 'WebFaktura',
    erp: { 'visma-business': '12', 'visma-global': '13.02' }, // W4
    webfakturaAdmin: '2.2', // W5
    needsExport: true,
    isSynchronised: false,
  },
};
