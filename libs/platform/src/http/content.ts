import { applyDecorators } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiBody, ApiConsumes } from '@nestjs/swagger';
import type { FastifyInstance } from 'fastify';

/** Bodies of JSON are forms and commands; whatever is larger has a route with a limit of its own. */
export const JSON_BODY_LIMIT_BYTES = 1024 * 1024;

export const NDJSON = 'application/x-ndjson';
export const CSV = 'text/csv';

const CONFIG_KEY = 'bodyLimitBytes';

/** Largest body of an operation, where it is not {@link JSON_BODY_LIMIT_BYTES}. Has no effect on streams. */
export function BodyLimit(bytes: number): MethodDecorator {
  return RouteConfig({ [CONFIG_KEY]: bytes });
}

/** Takes newline-delimited JSON: `@Body()` is the `Buffer` as it came, up to a limit. */
export function TakesNdjson(limitBytes: number): MethodDecorator {
  return applyDecorators(BodyLimit(limitBytes), ApiConsumes(NDJSON), ApiBody({ schema: { type: 'string' } }));
}

/** Takes CSV of any size: `@Body()` is the `Readable` of its bytes, which nothing has read or limited. */
export function TakesCsv(): MethodDecorator {
  return applyDecorators(ApiConsumes(CSV), ApiBody({ schema: { type: 'string' } }));
}

/**
 * The content types that bodies may have: JSON, NDJSON, CSV. No others, plain text and forms in particular, which a page on the
 * web may send anywhere without asking the browser first.
 */
export function addContentTypes(server: FastifyInstance): void {
  server.removeContentTypeParser('text/plain');
  server.addContentTypeParser(NDJSON, { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  server.addContentTypeParser(CSV, (_request, body, done) => done(null, body));
  server.addHook('onRoute', (route) => {
    const limit: unknown = route.config === undefined ? undefined : Reflect.get(route.config, CONFIG_KEY);
    if (typeof limit === 'number') route.bodyLimit = limit;
  });
}
