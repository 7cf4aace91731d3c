import type { CompanyProduct } from '@samspill/contracts';
import { isCompanyId, type CompanyId } from '@samspill/kernel';
import type { CompanyStreamEvent } from '../company/company.decider.js';
import type { SetUpFacts } from './set-up.js';

export const NOW = new Date('2026-03-01T12:00:00.000Z');

function companyId(text: string): CompanyId {
  if (isCompanyId(text)) return text;
  throw new TypeError(text);
}

export const COMPANY = companyId('0193b5c0-7a10-7000-8000-00000000cafe');

/** A company whose own systems are all in place, and which somebody may use. */
export function facts(changes: Partial<SetUpFacts> = {}): SetUpFacts {
  return {
    company: COMPANY,
    gateways: [
      {
        id: '0193b5c0-7a10-7000-8000-00000000000a',
        name: 'Server room',
        isConnected: true,
        report: {
          gatewayVersion: '5.3',
          erp: { product: 'visma-global', version: '13.02' },
          webfakturaAdmin: '2.2',
        },
      },
    ],
    accessibleProducts: new Set(['contacts', 'webfaktura']),
    erpUsers: { reported: 0, linked: 0, unlinked: 0 },
    bureauLicences: [],
    now: NOW,
    ...changes,
  };
}

export const licensed = (product: CompanyProduct, validUntil?: string): CompanyStreamEvent => ({
  type: 'identity.licence.granted',
  data: { product, licence: 'Visma online 1', ...(validUntil !== undefined && { validUntil }) },
});
export const activated: CompanyStreamEvent = { type: 'identity.company.integration-activated', data: {} };
