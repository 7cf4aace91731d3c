import { z } from 'zod';
import type { LookUpOutcome, Outgoing, Outside, OutsideLimits, SendOutcome } from '../../reactors/outside.js';

/** As quick as a test may be, and long enough for a busy machine to answer a request. */
const TOY_LIMITS: Partial<OutsideLimits> = {
  batchSize: 5,
  callTimeoutMs: 400,
  settleMs: 20,
  firstRetryMs: 10,
  longestRetryMs: 100,
};

const MS_PER_SECOND = 1_000;

const message = z.object({ message: z.string() });
const shown = z.object({ content: z.string(), id: z.string() });
const made = z.object({ id: z.string() });

/** Delivers to an `OutsideSystem` over HTTP, a request for each thing. */
export function toyOutside(url: string, limits: Partial<OutsideLimits> = {}): Outside {
  const each = async <T>(
    deliveries: readonly Outgoing[],
    one: (delivery: Outgoing) => Promise<T>,
  ): Promise<T[]> => await Promise.all(deliveries.map(one));
  return {
    limits: { ...TOY_LIMITS, ...limits },
    send: (deliveries, signal) => each(deliveries, (delivery) => send(url, delivery, signal)),
    lookUp: (deliveries, signal) => each(deliveries, (delivery) => lookUp(url, delivery, signal)),
  };
}

/** An outside that cannot be asked what it has, like mail. */
export function deafOutside(url: string, limits: Partial<OutsideLimits> = {}): Outside {
  const { lookUp: _lookUp, ...outside } = toyOutside(url, limits);
  return outside;
}

async function send(
  url: string,
  { thing, content, payload, idempotencyKey }: Outgoing,
  signal: AbortSignal,
): Promise<SendOutcome> {
  try {
    const response = await fetch(`${url}/things/${encodeURIComponent(thing)}`, {
      method: 'PUT',
      body: JSON.stringify({ content, value: payload }),
      headers: { 'content-type': 'application/json', 'idempotency-key': idempotencyKey },
      signal,
    });
    const body: unknown = await response.json();
    if (response.ok) return { kind: 'confirmed', reference: made.parse(body).id };
    const words = message.parse(body).message;
    switch (response.status) {
      case 422:
        return { kind: 'refused', code: 'toy.refused', words };
      case 429:
      case 503:
        return { kind: 'not-sent', code: 'toy.busy', words, holdsUp: 'key', ...retryAfter(response) };
      default:
        return { kind: 'unknown', code: 'toy.failed', words };
    }
  } catch (error) {
    return { kind: 'unknown', code: 'toy.no-answer', words: String(error) };
  }
}

async function lookUp(
  url: string,
  { thing, content }: Outgoing,
  signal: AbortSignal,
): Promise<LookUpOutcome> {
  try {
    const response = await fetch(`${url}/things/${encodeURIComponent(thing)}`, { signal });
    const body: unknown = await response.json();
    if (response.status === 404) return { kind: 'not-there' };
    if (!response.ok)
      return {
        kind: 'no-answer',
        code: 'toy.busy',
        words: message.parse(body).message,
        ...retryAfter(response),
      };
    const { content: there, id } = shown.parse(body);
    return there === content ? { kind: 'there', reference: id } : { kind: 'not-there' };
  } catch (error) {
    return { kind: 'no-answer', code: 'toy.no-answer', words: String(error) };
  }
}

function retryAfter(response: Response): { readonly retryAfterMs?: number } {
  const seconds = Number(response.headers.get('retry-after') ?? NaN);
  return Number.isNaN(seconds) ? {} : { retryAfterMs: seconds * MS_PER_SECOND };
}
