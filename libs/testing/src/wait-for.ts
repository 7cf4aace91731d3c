import { setTimeout as delay } from 'node:timers/promises';

export interface WaitOptions {
  /** What is waited for, as the end of "Waited 10000 ms for …". */
  readonly describe: string;
  /** Long enough for two cores that many share: a test that passes never waits it out. */
  readonly timeoutMs?: number;
  readonly intervalMs?: number;
}

const DEFAULT_TIMEOUT_MS = 120_000;
const DEFAULT_INTERVAL_MS = 25;

/**
 * Asks again and again until the answer is neither false, null nor undefined, and returns that answer. An error counts as
 * "not yet": a service that is starting refuses connections.
 * @throws Error after `timeoutMs`, with the last answer or error
 */
export async function waitFor<Answer>(
  condition: () => Answer | Promise<Answer>,
  { describe, timeoutMs = DEFAULT_TIMEOUT_MS, intervalMs = DEFAULT_INTERVAL_MS }: WaitOptions,
): Promise<Exclude<Awaited<Answer>, false | null | undefined>> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const { answer, failure } = await ask(condition, deadline);
    if (isThere(answer)) return answer;
    if (Date.now() >= deadline) {
      const last = failure === undefined ? `the last answer was ${JSON.stringify(answer)}` : failure.message;
      throw new Error(`Waited ${timeoutMs} ms for ${describe}: ${last}`, { cause: failure });
    }
    await delay(intervalMs);
  }
}

/** A condition that never answers must not outlast the bound either. */
async function ask<Answer>(
  condition: () => Answer | Promise<Answer>,
  deadline: number,
): Promise<{ answer?: Awaited<Answer>; failure?: Error }> {
  const end = new AbortController();
  const bound = delay(Math.max(0, deadline - Date.now()), undefined, { signal: end.signal }).then(() => {
    throw new Error('it did not answer');
  });
  try {
    return { answer: await Promise.race([Promise.resolve().then(condition), bound]) };
  } catch (failure) {
    return { failure: failure instanceof Error ? failure : new Error(String(failure)) };
  } finally {
    end.abort();
    await bound.catch(() => undefined);
  }
}

function isThere<Answer>(answer: Answer | undefined): answer is Exclude<Answer, false | null | undefined> {
  return answer !== undefined && answer !== null && answer !== false;
}
