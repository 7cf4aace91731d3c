/** setTimeout takes no more than this; a longer wait is looked at again. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Waits for so long, or until `sooner` is there. @throws the signal's reason when it is aborted */
export async function waitUntil(ms: number, sooner: Promise<unknown>, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  const onAbort = (): void => {
    reject(toError(signal.reason));
  };
  signal.addEventListener('abort', onAbort, { once: true });
  // Rounded up: a timer may fire within the millisecond before its time.
  const timer = setTimeout(() => resolve(undefined), Math.min(Math.max(0, Math.ceil(ms)), LONGEST_TIMER_MS));
  try {
    await Promise.race([promise, sooner]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}

function toError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
