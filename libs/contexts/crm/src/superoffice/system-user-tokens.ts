import { createSign } from 'node:crypto';
import { ExchangedTokens, readBounded, shownWords } from '@samspill/connector';
import { z } from 'zod';

/** A ticket lives for hours after its last use; asking for one now and then keeps well within that. */
const USED_FOR_MS = 30 * 60_000;
const MAX_ANSWER_BYTES = 64 * 1024;
const TICKET_CLAIM = 'http://schemes.superoffice.net/identity/ticket';

const answer = z.object({
  IsSuccessful: z.boolean(),
  Token: z.string().nullish(),
  ErrorMessage: z.string().nullish(),
});
const claims = z.object({ [TICKET_CLAIM]: z.string().min(1) });

export interface SystemUser {
  readonly loginUrl: URL;
  /** `Cust12345` */
  readonly customer: string;
  /** The application's secret. */
  readonly applicationToken: string;
  readonly systemUserToken: string;
  /** PEM; SuperOffice has the public half. */
  readonly privateKey: string;
}

/**
 * Tickets of SuperOffice's system user: a token that is signed anew with the time is exchanged for a ticket.
 * https://docs.superoffice.com/en/authentication/online/auth-application/get-system-user-ticket.html and …/sign-system-user-token.html
 */
export function systemUserTokens(user: SystemUser): ExchangedTokens {
  return new ExchangedTokens(async (signal) => {
    try {
      const response = await fetch(user.loginUrl, {
        method: 'POST',
        headers: { accept: 'application/json', 'content-type': 'application/json' },
        body: JSON.stringify({
          SignedSystemToken: signed(user, new Date()),
          ApplicationToken: user.applicationToken,
          ContextIdentifier: user.customer,
          ReturnTokenType: 'JWT',
        }),
        redirect: 'error',
        signal,
      });
      const text = await readBounded(response, MAX_ANSWER_BYTES);
      if (!response.ok)
        return { kind: 'unavailable', words: `SuperOffice’s sign-in answered ${response.status}.` };
      const given = answer.parse(JSON.parse(text));
      if (!given.IsSuccessful) return { kind: 'refused', words: shownWords(given.ErrorMessage ?? text) };
      const headers = {
        authorization: `SOTicket ${ticketOf(given.Token ?? '')}`,
        'so-apptoken': user.applicationToken,
      };
      return { kind: 'fresh', headers, livesMs: USED_FOR_MS };
    } catch (error) {
      // Neither the request nor its answer: both hold secrets.
      const why = error instanceof Error ? error.name : 'an error';
      return { kind: 'unavailable', words: `SuperOffice’s sign-in did not answer (${why}).` };
    }
  });
}

/** `<token>.<yyyyMMddHHmm in UTC>.<signature>` */
function signed({ systemUserToken, privateKey }: SystemUser, now: Date): string {
  const text = `${systemUserToken}.${now.toISOString().replaceAll(/\D/g, '').slice(0, 12)}`;
  return `${text}.${createSign('RSA-SHA256').update(text).sign(privateKey, 'base64')}`;
}

/** The JWT came over TLS from the one who would have signed it: its signature proves nothing more. */
function ticketOf(jwt: string): string {
  const [, payload = ''] = jwt.split('.');
  return claims.parse(JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')))[TICKET_CLAIM];
}
