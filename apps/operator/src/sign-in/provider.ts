import * as openid from 'openid-client';
import { z } from 'zod';
import { EXIT, Stop } from '../exit-codes.js';
import type { SignIn } from './kept-sign-ins.js';

/** The command line's name at the provider. */
const CLIENT = 'samspill-cli';
/** Where identity-registration has its provider, below its own address. */
const ISSUER_PATH = '/api/identity/oidc';
/** What is asked for: who somebody is. What they may do is no matter of the token. */
const SCOPE = 'openid email';
const TIMEOUT_MS = 15_000;
const MS_PER_SECOND = 1_000;

const metadata = z.object({ issuer: z.url() });

/** Tokens as the provider gave them. */
export type Tokens = Pick<SignIn, 'accessToken' | 'accessTokenEndsAt' | 'refreshToken'>;

/** A sign-in that its user has to confirm in a browser. */
export interface BegunSignIn {
  /** The address that already holds the code. */
  readonly address: string;
  readonly code: string;
  readonly endsAt: Date;
  /**
   * Waits until it has been confirmed.
   * @throws Stop where it is refused or not confirmed in time
   */
  confirmed(signal: AbortSignal): Promise<Tokens & { readonly email: string | undefined }>;
}

/** The OpenID provider of an installation, as a command line signs in at it. */
export class SignInProvider {
  private constructor(
    readonly issuer: string,
    private readonly configuration: openid.Configuration,
  ) {}

  /**
   * The provider that identity-registration says it is: its issuer may be another address than the one it is asked at.
   * @param identity address of identity-registration
   * @throws Stop where there is none
   */
  static async at(identity: string): Promise<SignInProvider> {
    const address = `${identity}${ISSUER_PATH}/.well-known/openid-configuration`;
    const response = await fetch(address, { signal: AbortSignal.timeout(TIMEOUT_MS) }).catch(
      (error: unknown) => {
        throw unreachable(identity, error);
      },
    );
    if (!response.ok)
      throw new Stop(
        EXIT.refused,
        `Nobody signs in at ${identity}: identity-registration there has no SAMSPILL_PUBLIC_ORIGIN, or is not there. See --url and SAMSPILL_OPERATOR_URLS.`,
      );
    const found = metadata.safeParse(await response.json().catch(() => undefined));
    if (!found.success)
      throw new Stop(EXIT.unreachable, `What answers at ${address} is no OpenID provider. See --url.`);
    return await SignInProvider.of(found.data.issuer);
  }

  /** @throws Stop where it cannot be reached */
  static async of(issuer: string): Promise<SignInProvider> {
    const url = new URL(issuer);
    const isLocal = url.protocol === 'http:' && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
    if (url.protocol !== 'https:' && !isLocal)
      throw new Stop(
        EXIT.refused,
        `${issuer} has no TLS, so that everybody on the way could sign in as you. Give the installation a public origin with https.`,
      );
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- deprecated only to stand out; on loopback there is no TLS
    const execute = isLocal ? [openid.allowInsecureRequests] : [];
    try {
      const configuration = await openid.discovery(url, CLIENT, undefined, openid.None(), {
        execute,
        timeout: TIMEOUT_MS / MS_PER_SECOND,
      });
      return new SignInProvider(issuer, configuration);
    } catch (error) {
      throw unreachable(issuer, error);
    }
  }

  async begin(): Promise<BegunSignIn> {
    const begun = await openid
      .initiateDeviceAuthorization(this.configuration, { scope: SCOPE })
      .catch((error: unknown) => {
        throw unreachable(this.issuer, error);
      });
    return {
      address: begun.verification_uri_complete ?? begun.verification_uri,
      code: begun.user_code,
      endsAt: new Date(Date.now() + begun.expires_in * MS_PER_SECOND),
      confirmed: async (signal) => {
        try {
          const grant = await openid.pollDeviceAuthorizationGrant(this.configuration, begun, undefined, {
            signal,
          });
          const email = grant.claims()?.['email'];
          return { ...tokensOf(grant), email: typeof email === 'string' ? email : undefined };
        } catch (error) {
          if (signal.aborted) throw new Stop(EXIT.interrupted, 'Nobody was signed in.');
          throw this.#notConfirmed(error);
        }
      },
    };
  }

  /** New tokens for a refresh token, which counts no more. `ended`: the sign-in has come to its end. @throws Stop */
  async refreshed(refreshToken: string): Promise<Tokens | 'ended'> {
    try {
      return tokensOf(await openid.refreshTokenGrant(this.configuration, refreshToken));
    } catch (error) {
      if (isRefused(error)) return 'ended';
      throw unreachable(this.issuer, error);
    }
  }

  /** Ends what a refresh token stands for. @throws Stop where the provider cannot be reached */
  async revoke(refreshToken: string): Promise<void> {
    await openid.tokenRevocation(this.configuration, refreshToken).catch((error: unknown) => {
      throw unreachable(this.issuer, error);
    });
  }

  #notConfirmed(error: unknown): Stop {
    if (error instanceof openid.ResponseBodyError && error.error === 'access_denied')
      return new Stop(EXIT.refused, 'It was refused in the browser; nobody was signed in.');
    if (isRefused(error) || (error instanceof Error && 'code' in error && error.code === 'OAUTH_TIMEOUT'))
      return new Stop(EXIT.refused, 'The code was not confirmed in time; nobody was signed in. Begin again.');
    return unreachable(this.issuer, error);
  }
}

/** The provider has understood, and does not give any. */
function isRefused(error: unknown): boolean {
  return error instanceof openid.ResponseBodyError && error.status < 500;
}

function tokensOf(grant: openid.TokenEndpointResponse): Tokens {
  const { access_token: accessToken, expires_in: seconds = 0, refresh_token: refreshToken } = grant;
  if (refreshToken === undefined)
    throw new Stop(EXIT.unreachable, 'The provider gave no refresh token: it is not one of Samspill’s.');
  const accessTokenEndsAt = new Date(Date.now() + seconds * MS_PER_SECOND).toISOString();
  return { accessToken, accessTokenEndsAt, refreshToken };
}

function unreachable(where: string, error: unknown): Stop {
  if (error instanceof Stop) return error;
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const reason = cause instanceof Error ? cause.message || cause.name : String(cause);
  return new Stop(EXIT.unreachable, `Sign-in at ${where} cannot be reached (${reason}).`);
}
