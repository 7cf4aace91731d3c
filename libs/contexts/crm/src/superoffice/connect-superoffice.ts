import { createPrivateKey } from 'node:crypto';
import { allowedUrl, HttpConnection, RateLimiter, type CallLog } from '@samspill/connector';
import { z } from 'zod';
import type { CrmLimits } from '../crm/crm.js';
import { SuperOfficeApi } from './superoffice-api.js';
import { SuperOfficeCrm } from './superoffice-crm.js';
import { systemUserTokens } from './system-user-tokens.js';

const HOSTS = ['.superoffice.com'];
/**
 * SuperOffice publishes no rate, but counts calls by application and customer
 * (https://docs.superoffice.com/en/developer-portal/analytics/metered-services.html): ours is what leaves its users alone.
 */
const LIMIT = { requests: 200, windowMs: 10_000, atOnce: 4 };

/** What SuperOffice's system user signs in with. `environment` and `customer` are parts of addresses. */
export const superOfficeSecrets = z.strictObject({
  kind: z.literal('system-user'),
  environment: z.enum(['sod', 'qaonline', 'online']),
  customer: z.string().regex(/^Cust\d{1,9}$/, { error: 'must be like Cust12345' }),
  /** As the tenant's status tells it: `https://online3.superoffice.com/Cust12345/api`. */
  apiUrl: z
    .string()
    .refine(isAllowed, { error: 'must be an https address at superoffice.com, without a port' }),
  applicationToken: z.string().min(1).max(500),
  systemUserToken: z.string().min(1).max(500),
  privateKey: z.string().max(10_000).refine(isPrivateKey, { error: 'must be an RSA private key in PEM' }),
});
export type SuperOfficeSecrets = z.infer<typeof superOfficeSecrets>;

export interface SuperOfficeConnection {
  readonly secrets: SuperOfficeSecrets;
  /** A simulator's origin in place of SuperOffice's, which an operator has allowed. */
  readonly origin?: string;
  readonly log?: CallLog;
  readonly limits?: CrmLimits;
  readonly timeoutMs?: number;
  readonly rate?: { readonly requests: number; readonly windowMs: number; readonly atOnce?: number };
}

/** The limiter and tickets are the connection's: one object for each account in a process. */
export function connectSuperOffice(options: SuperOfficeConnection): SuperOfficeCrm {
  const { secrets, origin, log, limits, timeoutMs, rate = LIMIT } = options;
  const { environment, customer, apiUrl } = secrets;
  const allowed = { hosts: HOSTS, origins: origin === undefined ? [] : [origin] };
  const login = allowedUrl(origin ?? `https://${environment}.superoffice.com`, allowed);
  const api = allowedUrl(origin === undefined ? apiUrl : `${origin}/${customer}/api`, allowed);
  const limiter = new RateLimiter(rate);
  const connection = new HttpConnection({
    name: 'superoffice',
    baseUrl: new URL('v1/', api),
    tokens: systemUserTokens({
      ...secrets,
      loginUrl: new URL('Login/api/PartnerSystemUser/Authenticate', login),
    }),
    limiters: () => [limiter],
    ...(log && { log }),
    ...(timeoutMs !== undefined && { timeoutMs }),
  });
  // Environments count their customers each for itself.
  const account = `superoffice/${environment}/${customer}`;
  return new SuperOfficeCrm(new SuperOfficeApi(connection), account, limits);
}

function isAllowed(text: string): boolean {
  try {
    return allowedUrl(text, { hosts: HOSTS }).href !== '';
  } catch {
    return false;
  }
}

function isPrivateKey(pem: string): boolean {
  try {
    return createPrivateKey(pem).asymmetricKeyType === 'rsa';
  } catch {
    return false;
  }
}
