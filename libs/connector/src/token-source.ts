/** Headers that sign a request. */
export type SignedHeaders = Readonly<Record<string, string>>;

export type SignIn =
  | { readonly kind: 'signed-in'; readonly headers: SignedHeaders }
  /** The vendor does not take our credentials: a person has to do something. */
  | { readonly kind: 'refused'; readonly words: string }
  /** The token server did not answer, or not in a way that says anything about our credentials. */
  | { readonly kind: 'unavailable'; readonly words: string; readonly retryAfterMs?: number };

/** Where a connection has its tokens from. */
export interface TokenSource {
  /**
   * A token that is good for now, made if need be: once for all who ask meanwhile.
   * @param refused headers that the vendor has just answered 401 to: not to be given again
   */
  signIn(signal: AbortSignal, refused?: SignedHeaders): Promise<SignIn>;
}

/** A token that does not expire and cannot be renewed. */
export function staticToken(token: string): TokenSource {
  const headers = { authorization: `Bearer ${token}` };
  return {
    signIn: (_signal, refused) =>
      Promise.resolve(
        refused === headers
          ? { kind: 'refused', words: 'The token was not accepted.' }
          : { kind: 'signed-in', headers },
      ),
  };
}

/** A token just made. */
export interface FreshToken {
  readonly headers: SignedHeaders;
  readonly livesMs: number;
}

export type Exchange = (
  signal: AbortSignal,
) => Promise<({ readonly kind: 'fresh' } & FreshToken) | Exclude<SignIn, { readonly kind: 'signed-in' }>>;

/** A token is used for this share of its life, so that none ends on its way. */
const USED_SHARE = 0.8;
/** A token server that takes longer keeps everybody waiting. */
const EXCHANGE_WITHIN_MS = 10_000;

/** Tokens that are made from something else, each used for most of its life. */
export class ExchangedTokens implements TokenSource {
  #held: { readonly headers: SignedHeaders; readonly untilMs: number } | undefined;
  #asked: Promise<SignIn> | undefined;

  constructor(
    private readonly exchange: Exchange,
    private readonly now: () => number = Date.now,
  ) {}

  async signIn(signal: AbortSignal, refused?: SignedHeaders): Promise<SignIn> {
    if (this.#held && this.#held.headers === refused) this.#held = undefined;
    if (this.#held && this.now() < this.#held.untilMs)
      return { kind: 'signed-in', headers: this.#held.headers };
    // Not the caller's signal: others wait for the same token, and a refresh that was cut off may have used up its refresh token.
    this.#asked ??= this.#renew().finally(() => (this.#asked = undefined));
    return await unlessAborted(this.#asked, signal);
  }

  async #renew(): Promise<SignIn> {
    const askedMs = this.now();
    const made = await this.exchange(AbortSignal.timeout(EXCHANGE_WITHIN_MS));
    if (made.kind !== 'fresh') return made;
    this.#held = { headers: made.headers, untilMs: askedMs + made.livesMs * USED_SHARE };
    return { kind: 'signed-in', headers: made.headers };
  }
}

async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => {
    reject(signal.reason instanceof Error ? signal.reason : new Error(String(signal.reason)));
  };
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
