export { allowedUrl, type AllowedHosts } from './base-url.js';
export type { Answer, CallOutcome, NotSentCode, UnknownCode } from './call-outcome.js';
export { Circuit, type CircuitState, type WaitingFor } from './circuit.js';
export {
  HttpConnection,
  pathOf,
  type Call,
  type CallLog,
  type HttpConnectionOptions,
} from './http-connection.js';
export {
  clientCredentialsTokens,
  refreshedTokens,
  type ClientCredentials,
  type RefreshGrant,
} from './oauth-tokens.js';
export { pages, type Page } from './paging.js';
export { RateLimiter, type LimiterUse, type Place, type RateLimit } from './rate-limiter.js';
export { AnswerTooLargeError, readBounded } from './read-bounded.js';
export { retryAfterMs } from './retry-after.js';
export { loggedWords, shownWords } from './shown-words.js';
export {
  ExchangedTokens,
  staticToken,
  type Exchange,
  type FreshToken,
  type SignIn,
  type SignedHeaders,
  type TokenSource,
} from './token-source.js';
