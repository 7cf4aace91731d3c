import type { EventMeta } from '@samspill/kernel';

/** One delivery on its way out. */
export interface Outgoing<Payload extends object = object> {
  /** Our own reference to the thing: what the other side is asked for. */
  readonly thing: string;
  /** Record key of the event: the company, where one is concerned. All deliveries of one call have the same. */
  readonly key: string;
  /** Goes up with every content of the thing: version of the event in its stream. */
  readonly version: number;
  /** The same however often this version of the thing is sent; derived from the event and the thing. A UUID. */
  readonly idempotencyKey: string;
  /** Hash of the payload, to be kept by the other side where it can: then it can be asked whether it has it. */
  readonly content: string;
  readonly payload: Payload;
  /** What the other side called the thing when it last confirmed it, where it said so. */
  readonly reference?: string;
  /** Which attempt this is, from 1 on. */
  readonly attempt: number;
  /** The event behind it. */
  readonly cause: EventMeta;
}

/**
 * What became of a delivery. `code` is ours, stable and without personal data; `words` are the other side's, as it said them.
 * - `confirmed`: the other side has it, and says so.
 * - `refused`: it will never take it as it is. The thing waits for a newer event or for a person; all others go on.
 * - `not-sent`: it certainly had no effect, and is tried again. `holdsUp: 'key'` says that nothing of this company can be taken now
 *   (429, 503, expired sign-in, no connection); `'thing'`, that only this one cannot.
 * - `unknown`: it may have had its effect (a timeout, a connection that broke after sending, 500). The other side is asked before it is
 *   sent again.
 */
export type SendOutcome =
  | { readonly kind: 'confirmed'; readonly reference?: string }
  | { readonly kind: 'refused'; readonly code: string; readonly words: string }
  | {
      readonly kind: 'not-sent';
      readonly code: string;
      readonly words: string;
      readonly holdsUp: 'thing' | 'key';
      /** As the other side said in `Retry-After`. */
      readonly retryAfterMs?: number;
    }
  | { readonly kind: 'unknown'; readonly code: string; readonly words: string };

/** Whether the other side has just this content of the thing. */
export type LookUpOutcome =
  | { readonly kind: 'there'; readonly reference?: string }
  | { readonly kind: 'not-there' }
  | {
      readonly kind: 'no-answer';
      readonly code: string;
      readonly words: string;
      readonly retryAfterMs?: number;
    };

/** How much at once, how long, how often. */
export interface OutsideLimits {
  /** Deliveries in one call of `send` or `lookUp`: as many as the other side takes in one request. */
  readonly batchSize: number;
  /** Companies that are delivered to at the same time; each has one call under way at most. */
  readonly keysAtOnce: number;
  /** A call that takes longer is given up; whether it had its effect is then not known. */
  readonly callTimeoutMs: number;
  /** How long after a call the other side may take to show its effect when it is asked. */
  readonly settleMs: number;
  /** Wait before the second attempt; doubled with each further one, of random length from half of that on. */
  readonly firstRetryMs: number;
  readonly longestRetryMs: number;
}

export const DEFAULT_LIMITS: OutsideLimits = {
  batchSize: 1,
  keysAtOnce: 8,
  callTimeoutMs: 30_000,
  settleMs: 5_000,
  firstRetryMs: 1_000,
  // An outage of a night is over within a quarter of an hour of its end, and costs the other side next to nothing.
  longestRetryMs: 15 * 60_000,
};

/** A company that is delivered to. */
export interface OpenKey {
  /** As {@link OutsideLimits}, where this company's other side is slower or quicker. */
  readonly callTimeoutMs?: number;
  readonly settleMs?: number;
  /** As {@link OutsideLimits.batchSize}, where this company's other side takes less at once. */
  readonly batchSize: number;
}

/** The other side of a reactor: what a service gives to its event log beside the manifest. */
export interface Outside<Payload extends object = object> {
  readonly limits?: Partial<OutsideLimits>;
  /**
   * The companies that are delivered to now, where that is not all of them: deliveries of the others wait without being tried, and what one
   * waits for is over when it is among them again. Asked several times a second, by the instance that delivers.
   */
  open?(): Promise<ReadonlyMap<string, OpenKey>>;
  /**
   * Delivers; one outcome each, in their order. Of each thing there is one. What is thrown counts as `unknown` for all.
   * @param signal aborted after `callTimeoutMs`: no request may go out after that
   */
  send(deliveries: readonly Outgoing<Payload>[], signal: AbortSignal): Promise<readonly SendOutcome[]>;
  /**
   * Asks the other side by our own reference whether it has the content. Left out where it cannot be asked, as with mail: then what may
   * have been sent is sent again, with the same idempotency key.
   */
  lookUp?(deliveries: readonly Outgoing<Payload>[], signal: AbortSignal): Promise<readonly LookUpOutcome[]>;
}

/** By reactor. */
export type Outsides = Readonly<Record<string, Outside>>;
