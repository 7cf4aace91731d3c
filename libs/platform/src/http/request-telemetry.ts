import { context, metrics, SpanKind, SpanStatusCode, trace, type Attributes } from '@opentelemetry/api';
import { readTraceparent, under } from '@samspill/eventlog';
import type { FastifyInstance, FastifyRequest } from 'fastify';

import { REQUEST_DURATION, SCOPE } from '../telemetry/scope.js';

/** Probes come every second or two and are no work. */
const PROBES = '/health/';
const FIRST_SERVER_ERROR = 500;

/**
 * A span and a measurement for each request, named by its route: a path or a query may name people, and never leaves the process. Names:
 * https://opentelemetry.io/docs/specs/semconv/http/
 */
export function addRequestTelemetry(server: FastifyInstance): void {
  const tracer = trace.getTracer(SCOPE);
  const duration = metrics.getMeter(SCOPE).createHistogram('http.server.request.duration', {
    ...REQUEST_DURATION,
    description: 'Time from a request’s head to the end of its answer',
  });
  server.addHook('onRequest', (request, reply, done) => {
    if (request.url.startsWith(PROBES)) {
      done();
      return;
    }
    const startedMs = performance.now();
    const route = request.routeOptions.url;
    const attributes: Attributes = {
      'http.request.method': request.method,
      'url.scheme': request.protocol,
      ...(route !== undefined && { 'http.route': route }),
    };
    const name = route === undefined ? request.method : `${request.method} ${route}`;
    const parent = callerOf(request);
    const span = tracer.startSpan(name, { kind: SpanKind.SERVER, attributes }, parent);
    reply.raw.once('close', () => {
      const outcome = outcomeOf(reply.raw.statusCode, reply.raw.writableFinished);
      span.setAttributes(outcome);
      if ('error.type' in outcome) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
      duration.record((performance.now() - startedMs) / 1_000, { ...attributes, ...outcome });
    });
    context.with(trace.setSpan(parent, span), done);
  });
}

function callerOf({ headers }: FastifyRequest): ReturnType<typeof under> {
  const { traceparent } = headers;
  const caller = typeof traceparent === 'string' ? readTraceparent(traceparent) : undefined;
  return caller ? under(caller) : context.active();
}

/** What callers got: a refusal is theirs, a status from 500 on and an answer that was cut short are ours. */
function outcomeOf(status: number, isWhole: boolean): Attributes {
  const type = status >= FIRST_SERVER_ERROR ? String(status) : isWhole ? undefined : 'aborted';
  return { 'http.response.status_code': status, ...(type !== undefined && { 'error.type': type }) };
}
