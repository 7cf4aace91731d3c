import type { Logger } from '@samspill/eventlog';
import { TWO_FACTORS } from '@samspill/platform';
import { Provider, type Configuration, type JWK, type KoaContextWithOIDC } from 'oidc-provider';
import type { RequiredFactors } from '../credentials/required-factors.js';
import type { ServerSecrets } from '../credentials/server-secrets.js';
import type { ProviderPages } from '../pages/provider-pages.js';
import { ISSUER_PATH, SIGN_IN } from '../pages/page-paths.js';
import { isLockedForGood } from '../user/is-locked.js';
import type { UserDesk } from '../user/user-desk.js';
import { systemContext } from '../user/system-context.js';
import { knownClients, RESOURCE } from './clients.js';
import type { GatewayClients } from './gateway-clients.js';
import type { OidcStore } from './oidc-store.js';
import { signInPolicy } from './sign-in-policy.js';
import { SIGNING_ALGORITHM, signingKeys } from './signing-keys.js';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Seconds. A role that is taken acts at once, since services ask their own projection; this is for users who are locked. */
export const ACCESS_TOKEN_TTL = 10 * MINUTE;
/** How often the keys are looked at: another process may have made a new one. */
const KEYS_FOR_MS = 10 * 60_000;
/** The one scope of the services' API: what somebody may do there is no matter of the token. */
const API_SCOPE = 'samspill';
/** Answers to a device whose user has not confirmed its code yet (RFC 8628, 3.5). */
const STILL_WAITING: ReadonlySet<string> = new Set(['authorization_pending', 'slow_down']);
const OIDC_SCOPES = 'openid email profile';

export interface OpenidProviderOptions {
  readonly publicOrigin: string;
  readonly store: OidcStore;
  readonly gateways: Pick<GatewayClients, 'find'>;
  readonly secrets: ServerSecrets;
  readonly users: UserDesk;
  /** Who may not sign in without a second factor. */
  readonly required: RequiredFactors;
  readonly pages: ProviderPages;
  readonly logger: Logger;
  /** Removes what has expired; asked for as often as the keys are looked at. */
  readonly tidy: () => Promise<void>;
}

/** The OpenID provider of the installation, made anew when its keys change. */
export class OpenidProvider {
  #made: { readonly provider: Provider; readonly kids: string; readonly checkedMs: number } | undefined;

  constructor(private readonly options: OpenidProviderOptions) {}

  async current(): Promise<Provider> {
    const nowMs = Date.now();
    if (this.#made && nowMs - this.#made.checkedMs < KEYS_FOR_MS) return this.#made.provider;
    const { secrets, publicOrigin, logger, tidy } = this.options;
    await tidy();
    const keys = await signingKeys(secrets, new Date(nowMs));
    const cookieKeys = await secrets.all('cookie', new Date(nowMs));
    const kids = keys.map(({ kid }) => kid).join(' ');
    if (this.#made?.kids === kids) {
      this.#made = { ...this.#made, checkedMs: nowMs };
      return this.#made.provider;
    }
    const provider = new Provider(
      publicOrigin + ISSUER_PATH,
      configurationOf(
        this.options,
        keys,
        cookieKeys.map(({ value }) => value.toString('base64url')),
      ),
    );
    // The proxy in front ends TLS; what it is reached as is configured and put into the request by `toProvider`.
    provider.proxy = true;
    provider.on('server_error', (_context, error) => {
      logger.error('the OpenID provider failed', { error: error.message });
    });
    provider.on('grant.error', ({ oidc }, { error }) => {
      if (!STILL_WAITING.has(error))
        logger.info('access was refused', { code: error, client: oidc.client?.clientId });
    });
    this.#made = { provider, kids, checkedMs: nowMs };
    return provider;
  }
}

function configurationOf(
  { publicOrigin, store, gateways, users, required, pages }: OpenidProviderOptions,
  keys: readonly JWK[],
  cookieKeys: readonly string[],
): Configuration {
  return {
    adapter: (model) =>
      model === 'Client'
        ? { ...store.adapter(model), find: (id) => gateways.find(id) }
        : store.adapter(model),
    clients: knownClients(publicOrigin),
    clientDefaults: { id_token_signed_response_alg: SIGNING_ALGORITHM },
    jwks: { keys },
    // `secure` follows from the origin: only a machine's own pages are without TLS.
    cookies: {
      keys: cookieKeys,
      names: { session: 'samspill_session', interaction: 'samspill_sign_in', resume: 'samspill_resume' },
      long: { signed: true, httpOnly: true, sameSite: 'lax', path: '/api/identity' },
      short: { signed: true, httpOnly: true, sameSite: 'lax' },
    },
    scopes: OIDC_SCOPES.split(' '),
    claims: {
      openid: ['sub', 'acr', 'amr'],
      email: ['email', 'email_verified'],
      profile: ['given_name', 'family_name', 'name', 'locale'],
    },
    responseTypes: ['code'],
    pkce: { required: () => true },
    rotateRefreshToken: true,
    issueRefreshToken: (_ctx, client) => Promise.resolve(client.grantTypeAllowed('refresh_token')),
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      revocation: { enabled: true },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (ctx, form) => pages.signOut(ctx, form),
        postLogoutSuccessSource: (ctx) => pages.signedOut(ctx),
      },
      deviceFlow: {
        enabled: true,
        userCodeInputSource: (ctx, form, _out, error) => pages.userCode(ctx, form, error !== undefined),
        userCodeConfirmSource: (ctx, form, client, _info, code) =>
          pages.confirmDevice(ctx, form, client.clientId, code),
        successSource: (ctx) => pages.deviceDone(ctx),
      },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => RESOURCE,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: API_SCOPE,
          audience: RESOURCE,
          accessTokenFormat: 'jwt',
          accessTokenTTL: ACCESS_TOKEN_TTL,
          jwt: { sign: { alg: SIGNING_ALGORITHM } },
        }),
      },
    },
    ttl: {
      AccessToken: ACCESS_TOKEN_TTL,
      ClientCredentials: ACCESS_TOKEN_TTL,
      AuthorizationCode: MINUTE,
      DeviceCode: 10 * MINUTE,
      IdToken: 10 * MINUTE,
      Interaction: HOUR,
      Grant: 14 * DAY,
      RefreshToken: 14 * DAY,
      Session: 14 * DAY,
    },
    interactions: { url: (_ctx, { uid }) => `${SIGN_IN}/${uid}`, policy: signInPolicy(required) },
    acrValues: [TWO_FACTORS],
    extraTokenClaims: (ctx) => howSignedIn(ctx),
    findAccount: (_ctx, id) => accountOf(users, id),
    loadExistingGrant: async ({ oidc }) => {
      const { client, session, provider } = oidc;
      if (!client || !session?.accountId) return undefined;
      const known = session.grantIdFor(client.clientId);
      const found = known === undefined ? undefined : await provider.Grant.find(known);
      if (found) return found;
      // Every client is of this installation, so nobody is asked whether it may.
      const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
      grant.addOIDCScope(OIDC_SCOPES);
      grant.addResourceScope(RESOURCE, API_SCOPE);
      await grant.save();
      return grant;
    },
    renderError: (ctx, out) => pages.failed(ctx, out.error),
  };
}

/** RFC 9068, 2.2.1: an access token says how its user has signed in; what was granted in a session says it until that ends. */
function howSignedIn({ oidc }: KoaContextWithOIDC): { readonly amr?: string[]; readonly acr?: string } {
  const { AuthorizationCode, DeviceCode, RefreshToken } = oidc.entities;
  const { amr, acr } = AuthorizationCode ?? DeviceCode ?? RefreshToken ?? {};
  return { ...(amr && { amr }), ...(acr !== undefined && { acr }) };
}

/** Undefined for who may not sign in (any more): then nothing is issued for them, refreshed tokens included. */
async function accountOf(users: UserDesk, id: string) {
  const context = systemContext();
  const user = await users.state(id, context);
  if (user?.stage !== 'ready') return undefined;
  // Somebody who guesses at a password brings about a lock for a time; it must not end the sessions of whoever it belongs to.
  if (isLockedForGood(user)) return undefined;
  return {
    accountId: id,
    claims: () =>
      Promise.resolve({
        sub: id,
        email: user.email,
        email_verified: true,
        given_name: user.firstName,
        family_name: user.lastName,
        name: `${user.firstName} ${user.lastName}`,
        locale: user.language,
      }),
  };
}
