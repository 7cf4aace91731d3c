import type { Answer, CallOutcome } from './call-outcome.js';
import { outcomeOfFailure } from './call-failure.js';
import { Circuit, type CircuitState } from './circuit.js';
import type { RateLimiter } from './rate-limiter.js';
import { readBounded } from './read-bounded.js';
import { retryAfterMs } from './retry-after.js';
import { loggedWords, shownWords } from './shown-words.js';
import type { SignedHeaders, TokenSource } from './token-source.js';

/** Longer than vendors take for a batch, shorter than who waits for it. */
const DEFAULT_TIMEOUT_MS = 20_000;
/** How long the one call that tries whether the other side is back may take; others ask again then. */
const TRIAL_MS = 1_000;
/** A batch of a hundred records with all their fields. */
const DEFAULT_MAX_ANSWER_BYTES = 8 * 1024 * 1024;

export interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below the base address, without a slash in front. Values in it have to be encoded: {@link pathOf}. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

/** What is written to the log about a call that went wrong. */
export type CallLog = (line: {
  readonly connection: string;
  readonly method: string;
  readonly path: string;
  readonly code: string;
  readonly status?: number;
  readonly words: string;
}) => void;

export interface HttpConnectionOptions {
  /** What it is called in the log: a vendor, never a customer. */
  readonly name: string;
  /** From `allowedUrl`. */
  readonly baseUrl: URL;
  readonly tokens: TokenSource;
  /** The limits that a call counts towards; a vendor's limit is shared by all connections to one account. */
  readonly limiters: (call: Call) => readonly RateLimiter[];
  /** Looks at each answer: what it says of the vendor's own count goes to `observe` of a limiter. */
  readonly onAnswer?: (call: Call, answer: Answer) => void;
  readonly circuit?: Circuit;
  readonly headers?: Readonly<Record<string, string>>;
  readonly log?: CallLog;
  readonly maxAnswerBytes?: number;
  /** Of calls that do not say it themselves. */
  readonly timeoutMs?: number;
}

/**
 * Calls of one account at one vendor. Each goes out once and its outcome says what is certain; nothing is tried again here but a call that
 * was answered 401, with a new token: 401 says that nothing was done. Retries are the affair of who knows what was meant, the ledger.
 */
export class HttpConnection {
  readonly #circuit: Circuit;

  constructor(private readonly options: HttpConnectionOptions) {
    this.#circuit = options.circuit ?? new Circuit();
  }

  get state(): CircuitState {
    return this.#circuit.state;
  }

  async call(call: Call, signal: AbortSignal): Promise<CallOutcome> {
    const open = this.#circuit.turnedAway();
    if (open) {
      const { code: waitingFor, words } = open.waitingFor;
      const retryAfterMs = Math.max(TRIAL_MS, open.untilMs - Date.now());
      return { kind: 'not-sent', code: 'connector.waiting', waitingFor, words, retryAfterMs };
    }
    const outcome = await this.#signed(call, signal);
    this.#tell(outcome);
    this.#log(call, outcome);
    return outcome;
  }

  async #signed(call: Call, signal: AbortSignal): Promise<CallOutcome> {
    let refused: SignedHeaders | undefined;
    for (;;) {
      const signIn = await this.options.tokens.signIn(signal, refused).catch((error: unknown) => error);
      if (!isSignIn(signIn)) return GIVEN_UP;
      if (signIn.kind === 'refused')
        return { kind: 'not-sent', code: 'connector.sign-in-refused', words: signIn.words };
      if (signIn.kind === 'unavailable')
        return { ...signIn, kind: 'not-sent', code: 'connector.unavailable' };
      const outcome = await this.#limited(call, signIn.headers, signal);
      if (outcome !== 'unauthorized') return outcome;
      if (refused)
        return {
          kind: 'not-sent',
          code: 'connector.sign-in-refused',
          words: 'A new token was refused as well.',
        };
      refused = signIn.headers;
    }
  }

  async #limited(
    call: Call,
    signed: SignedHeaders,
    signal: AbortSignal,
  ): Promise<CallOutcome | 'unauthorized'> {
    const places: { release(): void }[] = [];
    try {
      try {
        for (const limiter of this.options.limiters(call)) places.push(await limiter.take(signal));
      } catch {
        return GIVEN_UP;
      }
      return await this.#send(call, signed, signal);
    } finally {
      for (const place of places) place.release();
    }
  }

  async #send(call: Call, signed: SignedHeaders, signal: AbortSignal): Promise<CallOutcome | 'unauthorized'> {
    const { baseUrl, headers, onAnswer } = this.options;
    const { maxAnswerBytes = DEFAULT_MAX_ANSWER_BYTES, timeoutMs = DEFAULT_TIMEOUT_MS } = this.options;
    const url = new URL(call.path, baseUrl);
    for (const [name, value] of Object.entries(call.query ?? {})) url.searchParams.set(name, value);
    const time = AbortSignal.timeout(call.timeoutMs ?? timeoutMs);
    try {
      const response = await fetch(url, {
        method: call.method,
        headers: {
          accept: 'application/json',
          ...(call.body !== undefined && { 'content-type': 'application/json' }),
          ...headers,
          ...call.headers,
          ...signed,
        },
        ...(call.body !== undefined && { body: JSON.stringify(call.body) }),
        // A redirect would take the token to wherever it points.
        redirect: 'manual',
        signal: AbortSignal.any([signal, time]),
      });
      const text = await readBounded(response, maxAnswerBytes);
      const answer = { status: response.status, headers: response.headers, body: jsonOf(text) };
      onAnswer?.(call, answer);
      return outcomeOf(answer, text);
    } catch (error) {
      return outcomeOfFailure(error, time.aborted || signal.aborted);
    }
  }

  #tell(outcome: CallOutcome): void {
    if (outcome.kind === 'answered' || outcome.kind === 'refused') this.#circuit.succeeded();
    else if (outcome.kind === 'not-sent' && outcome.code === 'connector.given-up') this.#circuit.untold();
    else if (outcome.kind === 'not-sent') this.#circuit.failed(outcome, outcome.retryAfterMs);
    else if (outcome.code === 'connector.answer-too-large') this.#circuit.untold();
    else this.#circuit.failed(outcome);
  }

  #log(call: Call, outcome: CallOutcome): void {
    if (outcome.kind === 'answered') return;
    const { log, name } = this.options;
    log?.({
      connection: name,
      method: call.method,
      path: loggedPath(call.path),
      code: outcome.kind === 'refused' ? 'connector.refused' : outcome.code,
      ...(outcome.kind === 'refused' && { status: outcome.status }),
      words: loggedWords(outcome.words),
    });
  }
}

/** Segments of a path, each encoded. */
export function pathOf(...segments: readonly (string | number)[]): string {
  return segments.map((segment) => encodeURIComponent(segment)).join('/');
}

const GIVEN_UP: CallOutcome = {
  kind: 'not-sent',
  code: 'connector.given-up',
  words: 'There was no time left to send it.',
};

function isSignIn(value: unknown): value is Awaited<ReturnType<TokenSource['signIn']>> {
  return typeof value === 'object' && value !== null && 'kind' in value;
}

function outcomeOf(answer: Answer, text: string): CallOutcome | 'unauthorized' {
  const { status, headers } = answer;
  if (status === 401) return 'unauthorized';
  if (answer.body === UNREADABLE && status < 400)
    return { kind: 'unknown', code: 'connector.answer-unreadable', words: shownWords(text) };
  const body = answer.body === UNREADABLE ? text : answer.body;
  if (status >= 200 && status < 300) return { ...answer, body, kind: 'answered' };
  const words = shownWords(text) || `It answered ${status}.`;
  if (status < 400) return { kind: 'unknown', code: 'connector.redirected', words: `It answered ${status}.` };
  const waitMs = retryAfterMs(headers.get('retry-after'), Date.now());
  const wait = waitMs === undefined ? {} : { retryAfterMs: waitMs };
  if (status === 403) return { kind: 'not-sent', code: 'connector.forbidden', words };
  if (status === 429) return { kind: 'not-sent', code: 'connector.rate-limited', words, ...wait };
  // RFC 9110, 15.6.4: who says when to come back has not done it. A bare 503 may be a proxy's, after the fact.
  if (status === 503 && waitMs !== undefined)
    return { kind: 'not-sent', code: 'connector.unavailable', words, ...wait };
  if (status === 408 || status >= 500) return { kind: 'unknown', code: 'connector.failing', words };
  return { ...answer, body, kind: 'refused', words };
}

const UNREADABLE = Symbol('unreadable');

function jsonOf(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return UNREADABLE;
  }
}

/** Without what names a record: ids and references are about somebody. */
function loggedPath(path: string): string {
  return path
    .split('/')
    .map((part) => (/^[A-Za-z][\w.-]*$/.test(part) || /^v\d+$/.test(part) ? part : '…'))
    .join('/');
}
