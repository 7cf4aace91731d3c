/** Of an answer: what callers may need of it. Names of headers are in lower case. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** Decoded JSON; `undefined` where there is no body. */
  readonly body: unknown;
}

/**
 * What is certain about a call; the words of `SendOutcome` in the event log.
 * - `answered`: 2xx.
 * - `refused`: 4xx about this request: it will not be taken as it is. The answer says more.
 * - `not-sent`: it certainly had no effect, and nothing else will have one either for now: 429, no connection, sign-in refused, circuit open.
 * - `unknown`: it may have had its effect: a timeout, a connection that broke, 500, an answer that cannot be read.
 *
 * `code` is ours and stable, and may be logged. `words` are the other side's, shortened, and may be about a person.
 */
export type CallOutcome =
  | ({ readonly kind: 'answered' } & Answer)
  | ({ readonly kind: 'refused'; readonly words: string } & Answer)
  | {
      readonly kind: 'not-sent';
      readonly code: NotSentCode;
      /** With `connector.waiting`: the code of the failure that opened the circuit. */
      readonly waitingFor?: string;
      readonly words: string;
      readonly retryAfterMs?: number;
    }
  | { readonly kind: 'unknown'; readonly code: UnknownCode; readonly words: string };

export type NotSentCode =
  | 'connector.rate-limited'
  | 'connector.unavailable'
  | 'connector.no-connection'
  | 'connector.sign-in-refused'
  | 'connector.forbidden'
  | 'connector.waiting'
  | 'connector.given-up';

export type UnknownCode =
  | 'connector.timeout'
  | 'connector.broken-off'
  | 'connector.failing'
  | 'connector.redirected'
  | 'connector.answer-unreadable'
  | 'connector.answer-too-large';
