import { z } from 'zod';
import type { Crm } from '../crm/crm.js';
import { connectHubSpot } from '../hubspot/connect-hubspot.js';
import { connectSuperOffice } from '../superoffice/connect-superoffice.js';

/** What a death leaves under way is asked about when its call must have ended. */
const LIMITS = { batchSize: 10, callTimeoutMs: 1_500, settleMs: 5 };
const NO_LIMIT = { requests: 100_000, windowMs: 10 };
const TIMEOUT_MS = 500;

/** Where a simulated vendor is, and what signs in there: as a process of its own is told it. */
export const vendorAddress = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('hubspot'), origin: z.url(), token: z.string() }),
  z.object({
    kind: z.literal('superoffice'),
    origin: z.url(),
    customer: z.string(),
    applicationToken: z.string(),
    systemUserToken: z.string(),
    privateKey: z.string(),
  }),
]);
export type VendorAddress = z.infer<typeof vendorAddress>;

/** Our client of it, as quick as a test may be. */
export function crmAt(address: VendorAddress): Crm {
  const { origin } = address;
  const quick = { origin, limits: LIMITS, timeoutMs: TIMEOUT_MS };
  if (address.kind === 'hubspot')
    return connectHubSpot({
      ...quick,
      secrets: { kind: 'private-app', token: address.token },
      keep: () => Promise.resolve(),
    });
  const { customer, applicationToken, systemUserToken, privateKey } = address;
  return connectSuperOffice({
    ...quick,
    secrets: {
      kind: 'system-user',
      environment: 'sod',
      customer,
      apiUrl: `https://sod.superoffice.com/${customer}/api`,
      applicationToken,
      systemUserToken,
      privateKey,
    },
    rate: { ...NO_LIMIT, atOnce: 4 },
  });
}
