import { subscribe, unsubscribe } from 'node:diagnostics_channel';

import {
  context,
  metrics,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Span,
} from '@opentelemetry/api';

import { REQUEST_DURATION, SCOPE } from './scope.js';

/** What Node's fetch tells about its requests: https://undici.nodejs.org/#/docs/api/DiagnosticsChannel */
interface Told {
  readonly request: { readonly origin: string | URL; readonly method: string };
  readonly response?: { readonly statusCode: number };
  readonly error?: unknown;
}

interface UnderWay {
  readonly span: Span | undefined;
  readonly attributes: Attributes;
  readonly startedMs: number;
}

/**
 * Requests of this process to others, as spans of what is under way and as a metric. Addresses are told by server only: paths and
 * queries may name people.
 */
export function followOutgoingRequests(): () => void {
  const duration = metrics.getMeter(SCOPE).createHistogram('http.client.request.duration', {
    ...REQUEST_DURATION,
    description: 'Time until another server has answered',
  });
  const underWay = new WeakMap<object, UnderWay>();
  const begun = (message: unknown): void => {
    if (!isTold(message)) return;
    const { method } = message.request;
    const { hostname, port, protocol } = new URL(message.request.origin);
    const attributes: Attributes = {
      'http.request.method': method,
      'server.address': hostname,
      'server.port': Number(port || (protocol === 'https:' ? 443 : 80)),
      'url.scheme': protocol.slice(0, -1),
    };
    const isWanted = trace.getSpan(context.active())?.isRecording() === true;
    const span = isWanted
      ? trace.getTracer(SCOPE).startSpan(method, { kind: SpanKind.CLIENT, attributes })
      : undefined;
    underWay.set(message.request, { span, attributes, startedMs: performance.now() });
  };
  const ended = (message: unknown): void => {
    if (!isTold(message)) return;
    const known = underWay.get(message.request);
    if (!known) return;
    underWay.delete(message.request);
    const outcome = outcomeOf(message);
    known.span?.setAttributes(outcome);
    if ('error.type' in outcome) known.span?.setStatus({ code: SpanStatusCode.ERROR });
    known.span?.end();
    duration.record((performance.now() - known.startedMs) / 1_000, { ...known.attributes, ...outcome });
  };
  const channels = [
    ['undici:request:create', begun],
    ['undici:request:headers', ended],
    ['undici:request:error', ended],
  ] as const;
  for (const [name, listener] of channels) subscribe(name, listener);
  return () => {
    for (const [name, listener] of channels) unsubscribe(name, listener);
  };
}

function outcomeOf({ response, error }: Told): Attributes {
  if (!response) {
    const type = error instanceof Error ? ('code' in error ? String(error.code) : error.name) : '_OTHER';
    return { 'error.type': type };
  }
  const { statusCode } = response;
  return {
    'http.response.status_code': statusCode,
    ...(statusCode >= 400 && { 'error.type': String(statusCode) }),
  };
}

function isTold(message: unknown): message is Told {
  return typeof message === 'object' && message !== null && 'request' in message;
}
