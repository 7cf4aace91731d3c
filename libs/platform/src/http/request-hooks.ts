import { PlatformError } from '@samspill/kernel';
import type { FastifyInstance, FastifyRequest } from 'fastify';

import { actorOf, ANONYMOUS } from '../access/actors.js';
import { rememberCaller } from '../access/current-access.js';
import type { Credentials, SignIn } from '../access/sign-in.js';
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

const INVALID_TOKEN =
  'The access token is none of ours, or has ended. Sign in again, or get a new one with the refresh token.';

export interface RequestHooksOptions {
  /** Address that the server listens on. */
  readonly host: string;
  /** Whether requests are refused because the service is leaving. */
  readonly isLeaving: () => boolean;
  /** Whether it is about to leave, or leaving. */
  readonly isStopping: () => boolean;
  /** Where callers have to sign in. */
  readonly signIn: SignIn | undefined;
}

/** What happens to each request before its route: its context, and whether it is taken at all. */
export function addRequestHooks(
  server: FastifyInstance,
  { host, isLeaving, isStopping, signIn }: RequestHooksOptions,
): void {
  addRequestTelemetry(server);
  server.addHook('onRequest', (request, reply, done) => {
    const { correlationId } = contextOf(request);
    void reply.header('x-correlation-id', correlationId);
    const proceed = (credentials: Credentials): void => {
      if (credentials === 'invalid') {
        // RFC 6750 section 3.
        void reply.header('www-authenticate', 'Bearer error="invalid_token"');
        done(new HttpProblem(401, 'access.token-invalid', INVALID_TOKEN));
        return;
      }
      const actor = credentials === 'none' ? ANONYMOUS : actorOf(credentials);
      const context = { ...contextOf(request), actor };
      contexts.set(request.raw, context);
      if (credentials !== 'none') rememberCaller(context, credentials);
      runInContext(context, done);
    };
    if (!signIn) runInContext(contextOf(request), done);
    else settle(() => signIn.credentialsOf(request.headers.authorization), proceed, done);
  });
  server.addHook('onRequest', (request, _reply, done) => {
    if (!isLeaving() || request.url.startsWith('/health/')) {
      done();
      return;
    }
    done(new PlatformError('platform.leaving', 'The service is stopping.', true));
  });
  // Connections that are kept open lead here whatever a load balancer knows: who has one makes another elsewhere, before it is cut.
  server.addHook('onSend', (_request, reply, _payload, done) => {
    if (isStopping()) void reply.header('connection', 'close');
    done();
  });
  if (isLoopback(host)) server.addHook('onRequest', refuseForeignNames);
}

/** Calls `proceed` at once where nothing has to be waited for: most tokens are known. */
function settle(
  look: () => Credentials | Promise<Credentials>,
  proceed: (credentials: Credentials) => void,
  fail: (error: Error) => void,
): void {
  const credentials = look();
  if (!(credentials instanceof Promise)) proceed(credentials);
  else
    credentials.then(proceed, (error: unknown) => {
      fail(error instanceof Error ? error : new TypeError(String(error)));
    });
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
