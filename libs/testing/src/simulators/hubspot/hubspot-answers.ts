import { randomUUID } from 'node:crypto';
import type { VendorAnswer } from '../vendor-server.js';

/** Shape of errors: https://developers.hubspot.com/docs/api-reference/error-handling */
export function hubSpotError(
  status: number,
  category: string,
  message: string,
  context: Readonly<Record<string, readonly string[]>> = {},
): VendorAnswer {
  return { status, body: { status: 'error', message, correlationId: randomUUID(), category, context } };
}

/** One of several errors in an answer of 207, which names its input by the trace id that came with it. */
export function hubSpotItemError(
  category: string,
  message: string,
  context: Readonly<Record<string, readonly string[]>>,
): object {
  return { status: 'error', category, message, context, id: randomUUID() };
}

/** An answer to a batch: 200 (201 when all were made), and 207 where some failed. */
export function batchAnswer(
  results: readonly object[],
  errors: readonly object[],
  status = 200,
): VendorAnswer {
  const now = new Date().toISOString();
  const done = { status: 'COMPLETE', results, startedAt: now, completedAt: now };
  return errors.length === 0
    ? { status, body: done }
    : { status: 207, body: { ...done, numErrors: errors.length, errors } };
}
