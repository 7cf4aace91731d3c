import { PlatformError } from '@samspill/kernel';
import type { FastifyInstance, FastifyRequest } from 'fastify';

import { isLoopback } from '../configuration/service-configuration.js';
import { HttpProblem } from './http-problem.js';
import { addRequestTelemetry } from './request-telemetry.js';
import { contextFromHeaders, runInContext, type RequestContext } from './request-context.js';

const contexts = new WeakMap<object, RequestContext>();

/** The context of a request, made on first sight: some requests fail before any hook has run. */
export function contextOf(request: FastifyRequest): RequestContext {
  const known = contexts.get(request.raw);
  if (known) return known;
  const context = contextFromHeaders(request.headers);
  contexts.set(request.raw, context);
  return context;
}

export interface RequestHooksOptions {
  /** Address that the server listens on. */
  readonly host: string;
  /** Whether requests are refused because the service is leaving. */
  readonly isLeaving: () => boolean;
}

/** What happens to each request before its route: its context, and whether it is taken at all. */
export function addRequestHooks(server: FastifyInstance, { host, isLeaving }: RequestHooksOptions): void {
  addRequestTelemetry(server);
  server.addHook('onRequest', (request, reply, done) => {
    const context = contextOf(request);
    void reply.header('x-correlation-id', context.correlationId);
    runInContext(context, done);
  });
  server.addHook('onRequest', (request, _reply, done) => {
    if (!isLeaving() || request.url.startsWith('/health/')) {
      done();
      return;
    }
    done(new PlatformError('platform.leaving', 'The service is stopping.', true));
  });
  // A connection that was kept open would keep the process from leaving.
  server.addHook('onSend', (_request, reply, _payload, done) => {
    if (isLeaving()) void reply.header('connection', 'close');
    done();
  });
  if (isLoopback(host)) server.addHook('onRequest', refuseForeignNames);
}

/**
 * A page on the web can have its own name resolve to 127.0.0.1 and so reach a service that has no sign-in and trusts that only
 * this machine calls it (DNS rebinding). The browser then sends that name in `Host`.
 */
function refuseForeignNames(request: FastifyRequest, _reply: unknown, done: (error?: Error) => void): void {
  const name = request.hostname.replace(/^\[(.*)\]$/, '$1');
  const isForeign = name !== '' && !isLoopback(name);
  const refusal = `This service answers on this machine only, not as ${request.hostname}.`;
  done(isForeign ? new HttpProblem(421, 'request.foreign-host', refusal) : undefined);
}
