import { applyDecorators } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiBody, ApiConsumes } from '@nestjs/swagger';
import type { FastifyInstance } from 'fastify';

import { HttpProblem } from './http-problem.js';

/** Bodies of JSON are forms and commands; whatever is larger has a route with a limit of its own. */
export const JSON_BODY_LIMIT_BYTES = 1024 * 1024;

export const NDJSON = 'application/x-ndjson';
export const CSV = 'text/csv';

const FORM = 'application/x-www-form-urlencoded';

const CONFIG_KEY = 'bodyLimitBytes';
const FORM_KEY = 'takesForm';
/** Forms of pages hold a few fields. */
const FORM_LIMIT_BYTES = 64 * 1024;

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
 * Takes what a page's form sends (`application/x-www-form-urlencoded`): `@Body()` is the `URLSearchParams`. With `unread`, nothing has read
 * it: for routes that hand the request on. Only for pages of ours; the host refuses what other sites' pages send.
 */
export function TakesForm(how: 'parsed' | 'unread' = 'parsed'): MethodDecorator {
  return applyDecorators(RouteConfig({ [FORM_KEY]: how }), ApiConsumes(FORM));
}

/**
 * The content types that bodies may have: JSON, NDJSON, CSV. No others, plain text and forms in particular, which a page on the
 * web may send anywhere without asking the browser first; forms only where a route is a page's ({@link TakesForm}).
 */
export function addContentTypes(server: FastifyInstance): void {
  server.removeContentTypeParser('text/plain');
  server.addContentTypeParser(NDJSON, { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  server.addContentTypeParser(CSV, (_request, body, done) => done(null, body));
  server.addContentTypeParser(FORM, (request, body, done) => {
    const how: unknown = Reflect.get(request.routeOptions.config, FORM_KEY);
    if (how === 'unread') done(null, undefined);
    else if (how === 'parsed') readForm(body).then((form) => done(null, form), done);
    else done(new HttpProblem(415, 'request.unsupported-media-type', 'This takes no forms.'));
  });
  server.addHook('onRoute', (route) => {
    const limit: unknown = route.config === undefined ? undefined : Reflect.get(route.config, CONFIG_KEY);
    if (typeof limit === 'number') route.bodyLimit = limit;
  });
}

async function readForm(body: AsyncIterable<Buffer>): Promise<URLSearchParams> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of body) {
    bytes += part.length;
    if (bytes > FORM_LIMIT_BYTES) throw new HttpProblem(413, 'request.too-large', 'The form is too large.');
    parts.push(part);
  }
  return new URLSearchParams(Buffer.concat(parts).toString('utf8'));
}
