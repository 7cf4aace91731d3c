import { z } from 'zod';
import { readBounded } from './read-bounded.js';
import { retryAfterMs } from './retry-after.js';
import { shownWords } from './shown-words.js';
import { ExchangedTokens, type Exchange } from './token-source.js';

/** RFC 6749 only recommends to say how long a token lives. */
const UNSAID_LIFE_S = 60;
const MS_PER_SECOND = 1_000;
/** An answer of a token server is a few hundred bytes. */
const MAX_ANSWER_BYTES = 64 * 1024;
/** RFC 6749, 5.2: what is wrong is the credentials or the client, and stays wrong until a person does something. */
const REFUSALS = new Set([400, 401, 403]);

/** RFC 6749, 5.1 */
const tokenAnswer = z.object({
  access_token: z.string().min(1),
  expires_in: z.coerce.number().optional(),
  refresh_token: z.string().min(1).optional(),
});

export interface ClientCredentials {
  readonly tokenUrl: URL;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scope?: string;
}

export interface RefreshGrant extends ClientCredentials {
  readonly refreshToken: string;
  /** Keeps a refresh token that has taken the place of the one before it. The new access token is used when this resolves. */
  readonly onRotated: (refreshToken: string) => Promise<void>;
  /** The refresh token that is kept now: another process may have had it changed. Asked where ours is refused. */
  readonly latest?: () => Promise<string | undefined>;
}

/** Tokens of the grant client_credentials (RFC 6749, 4.4). */
export function clientCredentialsTokens(grant: ClientCredentials, now?: () => number): ExchangedTokens {
  return new ExchangedTokens(
    exchangeWith(grant, () => ({ grant_type: 'client_credentials' })),
    now,
  );
}

/** Tokens by a refresh token (RFC 6749, 6). */
export function refreshedTokens(grant: RefreshGrant, now?: () => number): ExchangedTokens {
  let current = grant.refreshToken;
  let kept = grant.refreshToken;
  const body = (): Record<string, string> => ({ grant_type: 'refresh_token', refresh_token: current });
  const exchange = exchangeWith(grant, body, async (given) => {
    // The one before it may be of no use from here on: it is remembered even if keeping it fails, and kept with the next.
    current = given ?? current;
    if (current === kept) return;
    await grant.onRotated(current);
    kept = current;
  });
  const orWithLatest: Exchange = async (signal) => {
    const made = await exchange(signal);
    if (made.kind !== 'refused') return made;
    const latest = await grant.latest?.().catch(() => undefined);
    if (latest === undefined || latest === current) return made;
    current = kept = latest;
    return await exchange(signal);
  };
  return new ExchangedTokens(orWithLatest, now);
}

function exchangeWith(
  { tokenUrl, clientId, clientSecret, scope }: ClientCredentials,
  body: () => Record<string, string>,
  keep: (refreshToken: string | undefined) => Promise<void> = () => Promise.resolve(),
): Exchange {
  return async (signal) => {
    try {
      const response = await fetch(tokenUrl, {
        method: 'POST',
        headers: { accept: 'application/json' },
        // RFC 6749, 2.3.1 lets credentials stand in the body; vendors that take them in a header take them here as well.
        body: new URLSearchParams({
          ...body(),
          client_id: clientId,
          client_secret: clientSecret,
          ...(scope !== undefined && { scope }),
        }),
        redirect: 'error',
        signal,
      });
      const text = await readBounded(response, MAX_ANSWER_BYTES);
      if (REFUSALS.has(response.status)) return { kind: 'refused', words: shownWords(text) };
      const waitMs = retryAfterMs(response.headers.get('retry-after'), Date.now());
      if (!response.ok)
        return {
          kind: 'unavailable',
          words: `The token server answered ${response.status}.`,
          ...(waitMs !== undefined && { retryAfterMs: waitMs }),
        };
      const answer = tokenAnswer.safeParse(JSON.parse(text));
      if (!answer.success) return { kind: 'unavailable', words: 'The token server’s answer has no token.' };
      await keep(answer.data.refresh_token);
      const { access_token: token, expires_in: lifeS = UNSAID_LIFE_S } = answer.data;
      return {
        kind: 'fresh',
        headers: { authorization: `Bearer ${token}` },
        livesMs: lifeS * MS_PER_SECOND,
      };
    } catch (error) {
      // Neither the request nor its answer: both hold secrets.
      const why = error instanceof Error ? error.name : 'an error';
      return { kind: 'unavailable', words: `The token server did not answer (${why}).` };
    }
  };
}
