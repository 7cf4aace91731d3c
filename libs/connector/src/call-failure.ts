import type { CallOutcome } from './call-outcome.js';
import { AnswerTooLargeError } from './read-bounded.js';

/** Steps before the first byte of a request goes out; codes of Node's `net` and `dns`. */
const BEFORE_SENDING = new Set(['connect', 'getaddrinfo', 'getaddrinfoex', 'querya', 'queryaaaa']);
/** undici's and Node's codes for a connection that never came about. */
const NEVER_CONNECTED = new Set(['UND_ERR_CONNECT_TIMEOUT', 'ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN']);
/** A server that cannot prove who it is gets nothing: Node ends the handshake before a request. */
const CERTIFICATE = /^(?:CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|ERR_TLS_|ERR_SSL_|HOSTNAME_)/;

/**
 * What is certain when `fetch` has thrown.
 * @param timedOut whether the time for this call was over
 */
export function outcomeOfFailure(error: unknown, timedOut: boolean): CallOutcome {
  if (error instanceof AnswerTooLargeError)
    return { kind: 'unknown', code: 'connector.answer-too-large', words: error.message };
  const cause = causeOf(error);
  if (cause.code !== undefined && hasNotBegun(cause.code, cause.syscall))
    return { kind: 'not-sent', code: 'connector.no-connection', words: `No connection (${cause.code}).` };
  if (timedOut) return { kind: 'unknown', code: 'connector.timeout', words: 'There was no answer in time.' };
  const why = cause.code === undefined ? '' : ` (${cause.code})`;
  return {
    kind: 'unknown',
    code: 'connector.broken-off',
    words: `The connection was broken off before the answer${why}.`,
  };
}

function hasNotBegun(code: string, syscall: string | undefined): boolean {
  if (NEVER_CONNECTED.has(code) || CERTIFICATE.test(code)) return true;
  return syscall !== undefined && BEFORE_SENDING.has(syscall.toLowerCase());
}

/** `fetch` throws a TypeError with the reason as its cause. */
function causeOf(error: unknown): { readonly code?: string; readonly syscall?: string } {
  const inner: unknown =
    typeof error === 'object' && error !== null ? Reflect.get(error, 'cause') : undefined;
  const cause = inner ?? error;
  const code = textOf(cause, 'code');
  const syscall = textOf(cause, 'syscall');
  return { ...(code !== undefined && { code }), ...(syscall !== undefined && { syscall }) };
}

function textOf(value: unknown, name: string): string | undefined {
  const found: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
  return typeof found === 'string' ? found : undefined;
}
