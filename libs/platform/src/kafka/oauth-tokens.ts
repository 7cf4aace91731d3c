import { PlatformError } from '@samspill/kernel';
import { z } from 'zod';

import type { ClientCredentials } from '../configuration/kafka-settings.js';
import { isError } from '../is-error.js';

/** A token server that takes longer keeps a broker waiting, which gives up soon after (`authenticationTimeout`). */
const ANSWER_WITHIN_MS = 8_000;
/** A token is used for this share of its life, so that none ends while a broker looks at it. */
const USED_SHARE = 0.8;
/** RFC 6749 only recommends to say how long a token lives. */
const UNSAID_LIFE_S = 60;

/** RFC 6749, 5.1 */
const tokenAnswer = z.object({ access_token: z.string().min(1), expires_in: z.coerce.number().optional() });

/** Tokens of the grant client_credentials (RFC 6749, 4.4), each used for most of its life and shared by all connections. */
export class OAuthTokens {
  #held: { readonly token: string; readonly untilMs: number } | undefined;
  #asked: Promise<string> | undefined;

  constructor(
    private readonly grant: ClientCredentials,
    private readonly now: () => number = Date.now,
  ) {}

  /** @throws PlatformError `platform.token-refused`, retryable, which never holds the secret */
  async token(): Promise<string> {
    if (this.#held && this.now() < this.#held.untilMs) return this.#held.token;
    this.#asked ??= this.#ask().finally(() => (this.#asked = undefined));
    return await this.#asked;
  }

  async #ask(): Promise<string> {
    const askedMs = this.now();
    const answer = tokenAnswer.safeParse(await this.#answer());
    if (!answer.success) throw this.#refused('its answer has no access_token');
    const { access_token: token, expires_in: lifeS = UNSAID_LIFE_S } = answer.data;
    this.#held = { token, untilMs: askedMs + lifeS * 1_000 * USED_SHARE };
    return token;
  }

  async #answer(): Promise<unknown> {
    const { tokenUrl, clientId, clientSecret, scope } = this.grant;
    // RFC 6749, 2.3.1: both parts are form-encoded before they are joined.
    const credentials = `${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`;
    try {
      const response = await fetch(tokenUrl, {
        method: 'POST',
        headers: {
          accept: 'application/json',
          authorization: `Basic ${Buffer.from(credentials).toString('base64')}`,
        },
        body: new URLSearchParams({
          grant_type: 'client_credentials',
          ...(scope !== undefined && { scope }),
        }),
        signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      });
      if (!response.ok) throw this.#refused(`it answered ${response.status}`);
      return await response.json();
    } catch (error) {
      if (error instanceof PlatformError) throw error;
      throw this.#refused(isError(error) ? error.message : String(error), error);
    }
  }

  #refused(reason: string, cause?: unknown): PlatformError {
    const message = `No token for Kafka from ${this.grant.tokenUrl}: ${reason}.`;
    return new PlatformError('platform.token-refused', message, true, { cause });
  }
}
