import { AccessTokens, type AccessTokensOptions } from './access-tokens.js';
import type { KnownCaller } from './actors.js';
import { BreakGlass } from './break-glass.js';

export interface SignInConfiguration extends Pick<
  AccessTokensOptions,
  'issuer' | 'jwksUrl' | 'secondFactor'
> {
  /** Works for operators when sign-in is broken, and is written down each time. */
  readonly breakGlass?: string;
}

/** RFC 6750 section 2.1. The scheme's name may be written in any case. */
const BEARER = /^bearer +([A-Za-z0-9._~+/-]+=*) *$/i;

/** What a request's credentials are: of somebody, none, or such as nobody can use. */
export type Credentials = KnownCaller | 'none' | 'invalid';

/** Finds out who a request comes from. */
export class SignIn {
  readonly #tokens: AccessTokens;
  readonly #breakGlass: BreakGlass | undefined;

  constructor({ breakGlass, ...tokens }: SignInConfiguration) {
    this.#tokens = new AccessTokens(tokens);
    this.#breakGlass = breakGlass === undefined ? undefined : new BreakGlass(breakGlass);
  }

  /**
   * Without a promise where the token is known, which is nearly always.
   * @param authorization the header as it was sent
   * @throws PlatformError `access.keys-unavailable`, retryable
   */
  credentialsOf(authorization: string | undefined): Credentials | Promise<Credentials> {
    if (authorization === undefined) return 'none';
    const token = BEARER.exec(authorization)?.[1];
    if (token === undefined) return 'invalid';
    return this.#tokens.known(token) ?? this.#look(token);
  }

  async #look(token: string): Promise<Credentials> {
    if (this.#breakGlass?.matches(token) === true) return { id: 'break-glass', kind: 'break-glass' };
    return (await this.#tokens.verify(token)) ?? 'invalid';
  }
}
