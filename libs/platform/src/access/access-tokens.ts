import { createRemoteJWKSet, errors, jwtVerify, type JWTVerifyGetKey } from 'jose';

import { PlatformError } from '@samspill/kernel';

/** Who tokens are for: every service of ours. */
export const AUDIENCE = 'urn:samspill';
/** RFC 9068: access tokens say so, so that no other token of the issuer passes for one. */
const TOKEN_TYPE = 'at+jwt';
const ALGORITHMS = ['ES256', 'EdDSA'];
/** Clocks of pods and of the issuer differ by as much. */
const CLOCK_TOLERANCE_SECONDS = 5;
/** Longer than the issuer's tokens live: one that lives longer was not made as agreed. */
const MAX_LIFETIME_SECONDS = 15 * 60;
/** Keys are fetched anew after this time, and when a token names one that is not known, but not more often than the cool-down says. */
const KEYS_MAX_AGE_MS = 10 * 60 * 1000;
const KEYS_COOL_DOWN_MS = 5_000;
const KEYS_TIMEOUT_MS = 5_000;
/** About 1 kB each. */
const MAX_HELD = 10_000;

/** Who a token was given to. */
export interface Caller {
  /** A user's id, or that of a client which acts for itself, such as a gateway. */
  readonly id: string;
  readonly kind: 'user' | 'client';
  /**
   * Whether roles of administrators and operators count for it: its user has signed in with a second factor, or needs none. A client has
   * no other than its key.
   */
  readonly mayAdminister: boolean;
}

export interface AccessTokensOptions {
  /** Exactly as tokens have it. */
  readonly issuer: string;
  /** Where the issuer's public keys are. */
  readonly jwksUrl: URL;
  /** Whose roles count only with a second factor; `administrators` unless given. */
  readonly secondFactor?: SecondFactorOf;
  readonly nowMs?: () => number;
}

/** Of whom a second factor is required: of those who administer companies or look after the services, or of nobody. */
export type SecondFactorOf = 'administrators' | 'nobody';

/** RFC 8176: several factors were used. */
const SEVERAL_FACTORS = 'mfa';

interface Held {
  readonly caller: Caller;
  readonly endsAtMs: number;
}

/** Access tokens of the issuer, verified once each: a verified one is remembered until it ends. */
export class AccessTokens {
  readonly #held = new Map<string, Held>();
  readonly #keys: JWTVerifyGetKey;
  readonly #nowMs: () => number;

  constructor(private readonly options: AccessTokensOptions) {
    this.#nowMs = options.nowMs ?? (() => Date.now());
    this.#keys = createRemoteJWKSet(options.jwksUrl, {
      cacheMaxAge: KEYS_MAX_AGE_MS,
      cooldownDuration: KEYS_COOL_DOWN_MS,
      timeoutDuration: KEYS_TIMEOUT_MS,
    });
  }

  /** The caller of a token that was verified before and has not ended. */
  known(token: string): Caller | undefined {
    const held = this.#held.get(token);
    if (!held) return undefined;
    if (this.#nowMs() < held.endsAtMs) return held.caller;
    this.#held.delete(token);
    return undefined;
  }

  /**
   * The caller of a token; undefined where it is none of ours, has ended, or is for somebody else.
   * @throws PlatformError `access.keys-unavailable`, retryable, where the issuer's keys cannot be fetched
   */
  async verify(token: string): Promise<Caller | undefined> {
    const known = this.known(token);
    if (known) return known;
    try {
      const { payload } = await jwtVerify(token, this.#keys, {
        issuer: this.options.issuer,
        audience: AUDIENCE,
        typ: TOKEN_TYPE,
        algorithms: ALGORITHMS,
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        currentDate: new Date(this.#nowMs()),
        maxTokenAge: MAX_LIFETIME_SECONDS,
        requiredClaims: ['sub', 'client_id', 'exp', 'iat'],
      });
      const { sub, exp, iat, client_id: client, amr } = payload;
      if (sub === undefined || exp === undefined || iat === undefined) return undefined;
      if (exp - iat > MAX_LIFETIME_SECONDS) return undefined;
      const kind = sub === client ? 'client' : 'user';
      const caller: Caller = { id: sub, kind, mayAdminister: kind === 'client' || this.#isEnough(amr) };
      this.#keep(token, { caller, endsAtMs: exp * 1000 });
      return caller;
    } catch (error) {
      if (isKeysUnavailable(error)) throw keysUnavailable(error);
      if (error instanceof errors.JOSEError) return undefined;
      throw keysUnavailable(error);
    }
  }

  #isEnough(amr: unknown): boolean {
    return this.options.secondFactor === 'nobody' || (Array.isArray(amr) && amr.includes(SEVERAL_FACTORS));
  }

  #keep(token: string, held: Held): void {
    this.#held.set(token, held);
    if (this.#held.size <= MAX_HELD) return;
    for (const oldest of this.#held.keys()) {
      this.#held.delete(oldest);
      break;
    }
  }
}

/** What jose throws about the key set itself rather than about the token. */
function isKeysUnavailable(error: unknown): boolean {
  return (
    error instanceof errors.JWKSTimeout ||
    error instanceof errors.JWKSInvalid ||
    (error instanceof errors.JOSEError && error.code === 'ERR_JOSE_GENERIC')
  );
}

function keysUnavailable(cause: unknown): PlatformError {
  return new PlatformError(
    'access.keys-unavailable',
    'The keys that sign-in signs with cannot be fetched right now.',
    true,
    { cause },
  );
}
