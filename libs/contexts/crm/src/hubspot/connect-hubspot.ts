import {
  allowedUrl,
  HttpConnection,
  RateLimiter,
  refreshedTokens,
  staticToken,
  type Answer,
  type CallLog,
  type TokenSource,
} from '@samspill/connector';
import { z } from 'zod';
import type { CrmLimits } from '../crm/crm.js';
import { HubSpotApi } from './hubspot-api.js';
import { HubSpotCrm } from './hubspot-crm.js';

const API = 'https://api.hubapi.com/';
const HOSTS = ['api.hubapi.com'];
/** https://developers.hubspot.com/docs/api-reference/auth-oauth-v3/guide */
const TOKEN_PATH = 'oauth/v3/token';
/**
 * Customers, persons and orders: a company has one call of each under way, and the requests of a call go out one after the other. Each kind may be
 * delivered by another instance, and a person may have one of them look at the CRM: so many requests others can have under way as well.
 */
const AT_ONCE = 3;
/**
 * https://developers.hubspot.com/docs/developer-tooling/platform/usage-guidelines: the lowest limit of any subscription; what the account
 * really has comes with its answers.
 */
const LOWEST_LIMIT = {
  requests: 100,
  windowMs: 10_000,
  atOnce: AT_ONCE,
  reserve: AT_ONCE,
};

/** What signs us in: a private app's token, or what a user has allowed our own app. */
export const hubSpotSecrets = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('private-app'), token: z.string().min(1).max(500) }),
  z.strictObject({
    kind: z.literal('oauth'),
    clientId: z.string().min(1).max(500),
    clientSecret: z.string().min(1).max(500),
    refreshToken: z.string().min(1).max(500),
  }),
]);
export type HubSpotSecrets = z.infer<typeof hubSpotSecrets>;

export interface HubSpotConnection {
  readonly secrets: HubSpotSecrets;
  /** Keeps a refresh token that took the place of the former one. */
  readonly keep: (secrets: HubSpotSecrets) => Promise<void>;
  /** The secrets that are kept now; undefined where the company is not connected like this any more. */
  readonly latest?: () => Promise<HubSpotSecrets | undefined>;
  /** A simulator's origin in place of HubSpot's, which an operator has allowed. */
  readonly origin?: string;
  readonly log?: CallLog;
  readonly limits?: CrmLimits;
  readonly timeoutMs?: number;
}

/** The limiter and tokens are the connection's: one object for each account in a process. */
export function connectHubSpot(options: HubSpotConnection): HubSpotCrm {
  const { secrets, keep, latest, origin, log, limits, timeoutMs } = options;
  const baseUrl = allowedUrl(origin ?? API, { hosts: HOSTS, origins: origin === undefined ? [] : [origin] });
  const limiter = new RateLimiter(LOWEST_LIMIT);
  const connection = new HttpConnection({
    name: 'hubspot',
    baseUrl,
    tokens: tokensOf(secrets, new URL(TOKEN_PATH, baseUrl), { keep, latest }),
    limiters: () => [limiter],
    onAnswer: (_call, answer) => observe(limiter, answer),
    ...(log && { log }),
    ...(timeoutMs !== undefined && { timeoutMs }),
  });
  return new HubSpotCrm(new HubSpotApi(connection), limits);
}

function tokensOf(
  secrets: HubSpotSecrets,
  tokenUrl: URL,
  {
    keep,
    latest,
  }: { readonly keep: HubSpotConnection['keep']; readonly latest: HubSpotConnection['latest'] },
): TokenSource {
  if (secrets.kind === 'private-app') return staticToken(secrets.token);
  const { clientId, clientSecret, refreshToken } = secrets;
  return refreshedTokens({
    tokenUrl,
    clientId,
    clientSecret,
    refreshToken,
    onRotated: (rotated) => keep({ ...secrets, refreshToken: rotated }),
    latest: async () => {
      const now = await latest?.();
      return now?.kind === 'oauth' ? now.refreshToken : undefined;
    },
  });
}

/** The same page has the headers; a 429 counts as well and tells nothing new. */
function observe(limiter: RateLimiter, { headers }: Answer): void {
  const [requests, remaining, windowMs] = ['max', 'remaining', 'interval-milliseconds'].map((name) =>
    Number(headers.get(`x-hubspot-ratelimit-${name}`) ?? NaN),
  );
  if (requests === undefined || remaining === undefined || windowMs === undefined) return;
  if ([requests, remaining, windowMs].every(Number.isFinite))
    limiter.observe({ requests, remaining, windowMs });
}
