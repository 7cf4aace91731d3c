import { AsyncLocalStorage } from 'node:async_hooks';
import type { IncomingHttpHeaders } from 'node:http';

import type { Actor } from '@samspill/kernel';
import { uuidv7, type CommandContext } from '@samspill/eventlog';

import { LOCAL_USER } from '../access/actors.js';

/** W3C Trace Context, version 00: https://www.w3.org/TR/trace-context/#traceparent-header */
const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;
/** It ends up on the log for ever and in log lines, so it is short and plain. */
const CORRELATION_ID = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/;

/** Who asked, and what belongs to the same question. Events that follow from a request carry it in their `meta`. */
export interface RequestContext {
  readonly actor: Actor;
  /** The caller's `x-correlation-id`, else the trace id of its `traceparent`, else new. */
  readonly correlationId: string;
  /** This request's own id: the cause of the events that it makes. UUIDv7. */
  readonly causationId: string;
  /** The caller's, when it was well-formed. */
  readonly traceparent?: string;
}

const storage = new AsyncLocalStorage<RequestContext>();

/** The context of the request that is being handled. @throws Error outside a request */
export function requestContext(): RequestContext {
  const context = storage.getStore();
  if (context === undefined)
    throw new Error('requestContext() is for the handling of a request; there is none here.');
  return context;
}

/** What a command of this request is done in the name of: the first argument of `EventLog.transact`. */
export function commandContext(now: Date = new Date()): CommandContext {
  return { ...requestContext(), now };
}

/** The same as {@link requestContext} where there may be no request: undefined then. */
export function currentRequest(): RequestContext | undefined {
  return storage.getStore();
}

/** Runs `work`, and all that it starts, in a context: what the host does for each request, and a scheduled job for itself. */
export function runInContext<Result>(context: RequestContext, work: () => Result): Result {
  return storage.run(context, work);
}

/**
 * The context that a request's headers ask for; what is not well-formed is taken for absent.
 * @param actor somebody on this machine, where there is no sign-in
 */
export function contextFromHeaders(headers: IncomingHttpHeaders, actor: Actor = LOCAL_USER): RequestContext {
  const causationId = uuidv7();
  const traceparent = matching(TRACEPARENT, headers['traceparent']);
  const correlationId =
    matching(CORRELATION_ID, headers['x-correlation-id']) ??
    TRACEPARENT.exec(traceparent ?? '')?.[1] ??
    causationId;
  return {
    actor,
    correlationId,
    causationId,
    ...(traceparent === undefined ? {} : { traceparent }),
  };
}

function matching(pattern: RegExp, header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' && pattern.test(header) ? header : undefined;
}
