import { once } from 'node:events';
import { request as rawRequest } from 'node:http';
import { connect } from 'node:net';
import { Readable } from 'node:stream';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Body, Controller, Get, HttpCode, Ip, Module, Param, Post, Query } from '@nestjs/common';
import { ApiOkResponse } from '@nestjs/swagger';
import { ConcurrencyError } from '@samspill/eventlog';
import { PlatformError, reject } from '@samspill/kernel';
import { z } from 'zod';

import { createApplication } from '../host/application.js';
import { Lifecycle } from '../host/lifecycle.js';
import { listen } from '../host/listen.js';
import { JsonLogger } from '../logging/json-logger.js';
import { NDJSON, TakesCsv, TakesNdjson } from './content.js';
import { requestContext } from './request-context.js';
import { accepted } from './rejection-error.js';
import { WhileAsked } from './while-asked.js';

const NDJSON_LIMIT_BYTES = 2 * 1024 * 1024;

const contact = z
  .strictObject({
    name: z.string().min(1),
    email: z.email().meta({ personal: true }),
    age: z.int().optional(),
  })
  .meta({ id: 'Contact' });
const page = z.object({ limit: z.coerce.number().int().max(100).default(20) });

const failures: Readonly<Record<string, () => unknown>> = {
  rejection: () =>
    accepted(
      reject('contact.name-taken', 'Choose another.', [{ pointer: '/name', code: 'taken', detail: 'taken' }]),
    ),
  unavailable: () => {
    throw new PlatformError('eventlog.gate-closed', 'connect 10.0.0.1', true);
  },
  concurrency: () => {
    throw new ConcurrencyError('stream x');
  },
  bug: () => {
    throw new Error('password=hunter2');
  },
};

/** Of the one request that nobody waits for. */
const patience = { begun: Promise.withResolvers<unknown>(), left: Promise.withResolvers<unknown>() };

@Controller('api/test/v1')
class TestController {
  @Post('contacts')
  @HttpCode(200)
  @ApiOkResponse({ standardSchema: contact })
  create(@Body({ schema: contact }) body: z.output<typeof contact>): unknown {
    return body;
  }

  @Get('contacts')
  list(@Query({ schema: page }) query: z.output<typeof page>): unknown {
    return query;
  }

  @Get('contacts/:number')
  show(@Param('number', { schema: z.string().max(3) }) number: string): unknown {
    return { number };
  }

  @Get('asker')
  asker(@Ip() address: string): unknown {
    return { address };
  }

  @Get('context')
  async context(): Promise<unknown> {
    await Promise.resolve();
    return requestContext();
  }

  @Post('context')
  @HttpCode(200)
  contextAfterBody(@Body() _body: unknown): unknown {
    return requestContext();
  }

  @Post('batches')
  @HttpCode(200)
  @TakesNdjson(NDJSON_LIMIT_BYTES)
  batch(@Body() body: Buffer): unknown {
    return { isBuffer: Buffer.isBuffer(body), bytes: body.length };
  }

  @Post('imports')
  @HttpCode(200)
  @TakesCsv()
  async import(@Body() body: Readable): Promise<unknown> {
    let bytes = 0;
    for await (const chunk of body) bytes += Buffer.byteLength(chunk as Buffer);
    return { bytes };
  }

  @Post('patience')
  @HttpCode(200)
  async wait(@Body() _body: unknown, @WhileAsked() signal: AbortSignal): Promise<unknown> {
    patience.begun.resolve(undefined);
    await once(signal, 'abort');
    patience.left.resolve(signal.reason);
    return {};
  }

  @Get('fail/:how')
  fail(@Param('how') how: string): unknown {
    return failures[how]?.();
  }
}

@Module({ controllers: [TestController] })
class TestModule {}

describe('the HTTP side of a service', () => {
  const lines: string[] = [];
  const logger = new JsonLogger({ level: 'info', write: (line) => lines.push(line) });
  const lifecycle = new Lifecycle();
  let app: Awaited<ReturnType<typeof createApplication>>;
  let url: string;

  beforeAll(async () => {
    app = await createApplication({
      modules: [{ module: TestModule }],
      contexts: [],
      lifecycle,
      host: '127.0.0.1',
      logger,
      api: { title: 'Test', description: 'For tests', version: '1' },
    });
    url = await listen(app, { host: '127.0.0.1', port: 0 });
    lifecycle.phase = 'serving';
  });
  afterAll(() => app.close());

  async function answer(path: string, init: RequestInit & { duplex?: 'half' } = {}) {
    const response = await fetch(`${url}${path}`, init);
    const body = (await response.json()) as Record<string, unknown>;
    return { status: response.status, headers: response.headers, body };
  }
  const post = (path: string, body: RequestInit['body'], type = 'application/json', signal?: AbortSignal) =>
    answer(path, {
      method: 'POST',
      body: body ?? null,
      headers: { 'content-type': type },
      duplex: 'half',
      ...(signal && { signal }),
    });

  /** What every failure has, whatever it is. */
  function expectProblem({ headers, body, status }: Awaited<ReturnType<typeof answer>>, code: string) {
    expect(headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(body).toMatchObject({ type: `urn:samspill:problem:${code}`, code, status });
    expect(body['correlationId']).toBe(headers.get('x-correlation-id'));
    for (const name of ['title', 'detail', 'instance'])
      expect(body[name]).toEqual(expect.stringMatching(/./));
    expect(Array.isArray(body['faults'])).toBe(true);
  }

  it.each([
    [0, '127.0.0.1'],
    [1, '10.1.2.3'],
    [2, '198.51.100.7'],
  ])('behind %i proxies takes who asks for %s, whatever a client writes itself', async (proxies, address) => {
    const started = new Lifecycle();
    const behind = await createApplication({
      modules: [{ module: TestModule }],
      contexts: [],
      lifecycle: started,
      host: '127.0.0.1',
      proxies,
      logger,
      api: { title: 'Test', description: 'For tests', version: '1' },
    });
    const there = await listen(behind, { host: '127.0.0.1', port: 0 });
    started.phase = 'serving';
    const headers = { 'x-forwarded-for': '203.0.113.9, 198.51.100.7, 10.1.2.3' };
    expect(await (await fetch(`${there}/api/test/v1/asker`, { headers })).json()).toEqual({ address });
    await behind.close();
  });

  it('tells work that nobody waits for any more, though its question was heard to the end', async () => {
    const asker = new AbortController();
    const asked = post('/api/test/v1/patience', '{}', 'application/json', asker.signal);
    await patience.begun.promise;
    asker.abort();
    await expect(asked).rejects.toThrow();
    expect(await patience.left.promise).toMatchObject({ code: 'request.left' });
  });

  it('answers a body that does not fit with every fault by pointer', async () => {
    const wrong = await post(
      '/api/test/v1/contacts?secret=1',
      JSON.stringify({ email: 'x', age: 1.5, more: true }),
    );
    expect(wrong.status).toBe(400);
    expectProblem(wrong, 'request.invalid');
    expect(wrong.body['instance']).toBe('/api/test/v1/contacts');
    expect(wrong.body['faults']).toMatchObject([
      { pointer: '/name', code: 'required' },
      { pointer: '/email', code: 'invalid-email' },
      { pointer: '/age' },
      { pointer: '/more', code: 'unknown-field' },
    ]);
    const right = await post('/api/test/v1/contacts', JSON.stringify({ name: 'A', email: 'a@b.no' }));
    expect(right.body).toEqual({ name: 'A', email: 'a@b.no' });
  });

  it('checks parameters too, and gives the handler what the schema made of them', async () => {
    expect((await answer('/api/test/v1/contacts')).body).toEqual({ limit: 20 });
    const many = await answer('/api/test/v1/contacts?limit=1000');
    expectProblem(many, 'request.invalid');
    expect(many.body['faults']).toMatchObject([{ pointer: '/query/limit' }]);
    const long = await answer('/api/test/v1/contacts/12345');
    expect(long.body['faults']).toMatchObject([{ pointer: '/path/number' }]);
  });

  it.each([
    ['cut off', '{"name":', 400, 'request.malformed-json', 'application/json'],
    ['missing', '', 400, 'request.body-missing', 'application/json'],
    [
      'that would change a prototype',
      '{"__proto__":{"a":1}}',
      400,
      'request.malformed-json',
      'application/json',
    ],
    ['too large', 'x'.repeat(1024 * 1024 + 1), 413, 'request.too-large', 'application/json'],
    ['too large for its route', 'x'.repeat(NDJSON_LIMIT_BYTES + 1), 413, 'request.too-large', NDJSON],
    ['of a form', 'name=A', 415, 'request.unsupported-media-type', 'application/x-www-form-urlencoded'],
    ['of plain text', 'name', 415, 'request.unsupported-media-type', 'text/plain'],
  ])('answers a body %s with a problem', async (_what, body, status, code, type) => {
    const refused = await post(
      type === NDJSON ? '/api/test/v1/batches' : '/api/test/v1/contacts',
      body,
      type,
    );
    expect(refused.status).toBe(status);
    expectProblem(refused, code);
  });

  it('answers a chunked body that turns out too large with 413', async () => {
    const megabyte = new Uint8Array(1024 * 1024);
    const body = Readable.toWeb(Readable.from([megabyte, megabyte, megabyte])) as ReadableStream<Uint8Array>;
    expectProblem(await post('/api/test/v1/batches', body, NDJSON), 'request.too-large');
  });

  it.each([
    ['/api/test/v1/nothing', 404, 'request.not-found'],
    ['/api/%zz', 400, 'request.malformed-url'],
    ['/api/test/v1/fail/rejection', 409, 'contact.name-taken'],
    ['/api/test/v1/fail/concurrency', 409, 'eventlog.concurrency'],
  ])('answers %s with a problem', async (path, status, code) => {
    const failed = await answer(path);
    expect(failed.status).toBe(status);
    expectProblem(failed, code);
  });

  it('says when to try again while something is missing', async () => {
    const failed = await answer('/api/test/v1/fail/unavailable');
    expect([failed.status, failed.headers.get('retry-after')]).toEqual([503, '5']);
    expectProblem(failed, 'eventlog.gate-closed');
    expect(JSON.stringify(failed.body)).not.toContain('10.0.0.1');
  });

  it('keeps the inside of an unexpected error in the log, under the correlation id of the answer', async () => {
    const failed = await answer('/api/test/v1/fail/bug', { headers: { 'x-correlation-id': 'bug-1' } });
    expectProblem(failed, 'platform.unexpected');
    expect(JSON.stringify(failed.body)).not.toContain('hunter2');
    const logged = lines.find((line) => line.includes('bug-1'));
    expect(JSON.parse(logged ?? '{}')).toMatchObject({
      level: 'error',
      error: { message: 'password=hunter2' },
    });
  });

  it('answers what is not HTTP in the same shape', async () => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.write('GARBAGE\r\n\r\n');
    const text = (await Readable.from(socket).toArray()).join('');
    expect(text).toMatch(/^HTTP\/1\.1 400 [^]*application\/problem\+json[^]*"code":"request\.malformed"/);
  });

  it('hands NDJSON over as a buffer up to its own limit, and CSV as a stream without one', async () => {
    const ndjson = await post('/api/test/v1/batches', 'x'.repeat(NDJSON_LIMIT_BYTES), NDJSON);
    expect(ndjson.body).toEqual({ isBuffer: true, bytes: NDJSON_LIMIT_BYTES });
    const megabyte = new Uint8Array(1024 * 1024);
    const body = Readable.toWeb(
      Readable.from(Array.from({ length: 5 }, () => megabyte)),
    ) as ReadableStream<Uint8Array>;
    const csv = await post('/api/test/v1/imports', body, 'text/csv; charset=windows-1252');
    expect(csv.body).toEqual({ bytes: 5 * 1024 * 1024 });
  });

  it('has a context in every handler, before and after a body', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const got = await answer('/api/test/v1/context', {
      headers: { traceparent, 'x-correlation-id': 'mine' },
    });
    expect(got.body).toMatchObject({ actor: 'user:local', correlationId: 'mine', traceparent });
    expect(got.headers.get('x-correlation-id')).toBe('mine');
    const large = await post('/api/test/v1/context', JSON.stringify({ a: 'x'.repeat(500_000) }));
    expect(large.body['correlationId']).toBe(large.headers.get('x-correlation-id'));
  });

  it('refuses calls under a foreign name, and changes asked for by pages of other sites', async () => {
    const foreign = await new Promise<number | undefined>((resolve, reject) => {
      rawRequest(`${url}/api/test/v1/contacts`, { headers: { host: 'evil.example' } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on('error', reject)
        .end();
    });
    expect(foreign).toBe(421);
    expect(lines.findLast((line) => line.includes('access was refused'))).toContain('request.foreign-host');
    expect(lines.some((line) => line.includes('request.invalid'))).toBe(false);
    const crossSite = await answer('/api/test/v1/contacts', {
      method: 'POST',
      headers: {
        origin: 'https://evil.example',
        'sec-fetch-site': 'cross-site',
        'content-type': 'application/json',
      },
      body: '{}',
    });
    expect(crossSite.status).toBe(403);
    expectProblem(crossSite, 'request.forbidden');
  });

  it('describes itself in OpenAPI from the schemas that it checks with, failures included', async () => {
    const { body } = await answer('/api/openapi.json');
    expect(body).toMatchObject({
      openapi: '3.0.0',
      paths: {
        '/api/test/v1/contacts': {
          post: {
            requestBody: {
              content: { 'application/json': { schema: { $ref: '#/components/schemas/Contact' } } },
            },
            responses: {
              200: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Contact' } } } },
              default: {
                content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
              },
            },
          },
          get: { parameters: [{ name: 'limit', in: 'query', required: false }] },
        },
        '/api/test/v1/batches': { post: { requestBody: { content: { [NDJSON]: {} } } } },
      },
      components: {
        schemas: {
          Contact: {
            required: ['name', 'email'],
            properties: { email: { format: 'email', 'x-personal': true } },
          },
          Problem: { required: expect.arrayContaining(['code', 'faults']) },
        },
      },
    });
    expect(JSON.stringify(body)).not.toContain('/health');
  });

  it('shows its documentation from this process alone', async () => {
    const page = await (await fetch(`${url}/api/docs`)).text();
    const sources = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, source]) => source ?? '');
    expect(sources.length).toBeGreaterThan(2);
    for (const source of sources) {
      const asset = await fetch(new URL(source, `${url}/api/docs`));
      expect([source, asset.status]).toEqual([source, 200]);
      expect(new URL(source, `${url}/api/docs`).origin).toBe(url);
    }
  });

  it('tells probes what it is doing, and takes no more requests once it leaves', async () => {
    expect(await answer('/health/live')).toMatchObject({ status: 200, body: { status: 'ok' } });
    expect(await answer('/health/ready')).toMatchObject({ status: 200 });
    lifecycle.phase = 'starting';
    expect(await answer('/health/startup')).toMatchObject({ status: 503 });
    lifecycle.phase = 'leaving';
    const leaving = await answer('/api/test/v1/contacts');
    expectProblem(leaving, 'platform.leaving');
    expect([leaving.status, leaving.headers.get('connection')]).toEqual([503, 'close']);
    expect(await answer('/health/ready')).toMatchObject({
      status: 503,
      body: { missing: ['The service is stopping.'] },
    });
    lifecycle.phase = 'serving';
  });

  it('says in a sentence that its port is in use', async () => {
    const second = await createApplication({
      modules: [],
      contexts: [],
      lifecycle: new Lifecycle(),
      host: '127.0.0.1',
      logger,
      api: { title: 'Test', description: '', version: '1' },
    });
    const port = Number(new URL(url).port);
    await expect(listen(second, { host: '127.0.0.1', port })).rejects.toThrow(
      `Port ${port} on 127.0.0.1 is in use by another program. Stop that program, or set SAMSPILL_HTTP_PORT to another port.`,
    );
    await second.close();
  });
});
