import { PlatformError, reasonOf } from '@samspill/kernel';
import type { LedgerEntry, Settled } from './delivery.js';
import { backoffMs, type CallOutcome } from './delivery-waits.js';
import type { Outgoing, OutsideLimits, SendOutcome } from './outside.js';
import type { Ready } from './ready-deliveries.js';

/**
 * What an answer means for its thing.
 * @param random of the call, as {@link backoffMs} takes it
 */
export function settledBy(
  one: Ready,
  answer: SendOutcome,
  wasInDoubt: boolean,
  limits: OutsideLimits,
  random: () => number,
): Settled {
  switch (answer.kind) {
    case 'confirmed':
      return confirmedBy(one, answer.reference);
    case 'refused':
      return { ...answer, isInDoubt: wasInDoubt };
    case 'not-sent': {
      const { code, words, retryAfterMs } = answer;
      const inMs = backoffMs(one.outgoing.attempt, limits, retryAfterMs, random);
      return { kind: 'again', isInDoubt: wasInDoubt, code, words, inMs };
    }
    case 'unknown': {
      const { code, words } = answer;
      const inMs = Math.max(limits.settleMs, backoffMs(one.outgoing.attempt, limits, undefined, random));
      return { kind: 'again', isInDoubt: true, code, words, inMs };
    }
  }
}

export function confirmedBy({ outgoing: { content } }: Ready, reference: string | undefined): Settled {
  return { kind: 'confirmed', content, ...(reference !== undefined && { reference }) };
}

export function again(
  { state }: LedgerEntry,
  code: string,
  words: string,
  inMs: number,
): Settled & { kind: 'again' } {
  return { kind: 'again', isInDoubt: state !== 'intended', code, words, inMs };
}

/** What the answers say about the other side as a whole. */
export function callOutcome(answers: readonly SendOutcome[]): CallOutcome {
  const refusing = answers.find((answer) => answer.kind === 'not-sent' && answer.holdsUp === 'key');
  if (refusing?.kind === 'not-sent') {
    const { code, words, retryAfterMs } = refusing;
    return { kind: 'failed', isCertain: true, code, words, retryAfterMs };
  }
  const [first] = answers;
  if (first?.kind === 'unknown' && answers.every(({ kind }) => kind === 'unknown')) {
    const { code, words } = first;
    return { kind: 'failed', isCertain: false, code, words, retryAfterMs: undefined };
  }
  return { kind: 'answered' };
}

/** A call that does not heed its signal is not waited for. */
export async function bounded<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const give = (): void => {
    reject(new Error(`given up: ${reasonOf(signal.reason)}`));
  };
  signal.addEventListener('abort', give, { once: true });
  if (signal.aborted) give();
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', give);
  }
}

export function requireOneEach(answers: readonly unknown[], deliveries: readonly Outgoing[]): void {
  if (answers.length === deliveries.length) return;
  throw new PlatformError(
    'reactor.outcomes-missing',
    `${deliveries.length} deliveries were made, and ${answers.length} outcomes given.`,
    false,
  );
}
