import { describe, expect, it } from '@jest/globals';
import { Circuit } from './circuit.js';
import { HttpConnection, pathOf, type CallLog, type HttpConnectionOptions } from './http-connection.js';
import { localServer, sendJson, type LocalServer } from './local-server.specification.js';
import { clientCredentialsTokens, refreshedTokens } from './oauth-tokens.js';
import { RateLimiter } from './rate-limiter.js';
import { staticToken } from './token-source.js';

const NEVER = new AbortController().signal;
const GET = { method: 'GET', path: 'things' } as const;

function connectionTo(server: LocalServer, options: Partial<HttpConnectionOptions> = {}): HttpConnection {
  return new HttpConnection({
    name: 'toy',
    baseUrl: server.url,
    tokens: staticToken('secret'),
    limiters: () => [],
    ...options,
  });
}

describe('A call', () => {
  it('goes out signed, with its query and JSON, and its answer comes back decoded', async () => {
    await using server = await localServer((_request, response) => sendJson(response, 200, { ok: true }));
    const outcome = await connectionTo(server).call(
      { method: 'POST', path: pathOf('things', 'a/b ?'), query: { x: '1 2' }, body: { name: 'Ærø' } },
      NEVER,
    );
    expect(outcome).toMatchObject({ kind: 'answered', status: 200, body: { ok: true } });
    expect(server.seen[0]).toMatchObject({ url: '/api/things/a%2Fb%20%3F?x=1+2', body: '{"name":"Ærø"}' });
    expect(server.seen[0]?.headers.authorization).toBe('Bearer secret');
  });

  it.each([
    [200, {}, 'answered', undefined],
    [422, {}, 'refused', undefined],
    [404, {}, 'refused', undefined],
    [403, {}, 'not-sent', 'connector.forbidden'],
    [429, { 'retry-after': '2' }, 'not-sent', 'connector.rate-limited'],
    [503, { 'retry-after': '2' }, 'not-sent', 'connector.unavailable'],
    [503, {}, 'unknown', 'connector.failing'],
    [500, {}, 'unknown', 'connector.failing'],
    [408, {}, 'unknown', 'connector.failing'],
    [302, { location: 'http://169.254.169.254/' }, 'unknown', 'connector.redirected'],
  ])('answered %i %j is %s', async (status, headers: Record<string, string>, kind, code) => {
    await using server = await localServer((_request, response) => sendJson(response, status, {}, headers));
    const outcome = await connectionTo(server).call(GET, NEVER);
    expect(outcome).toMatchObject({ kind, ...(code !== undefined && { code }) });
    if (headers['retry-after'] !== undefined) expect(outcome).toMatchObject({ retryAfterMs: 2_000 });
    expect(server.seen).toHaveLength(1);
  });

  it('L8 says what is certain when there is no answer: nothing was sent without a connection, anything may have happened after', async () => {
    await using server = await localServer((request, response) => {
      if (request.url.endsWith('broken')) response.destroy();
      if (request.url.endsWith('half')) response.writeHead(200).end('{"half":');
      if (request.url.endsWith('large')) response.end('x'.repeat(2_000));
    });
    const connection = connectionTo(server, { maxAnswerBytes: 1_000 });
    const code = async (path: string): Promise<string> => {
      const outcome = await connection.call({ method: 'POST', path, body: {}, timeoutMs: 50 }, NEVER);
      return outcome.kind === 'answered' || outcome.kind === 'refused'
        ? ''
        : `${outcome.kind} ${outcome.code}`;
    };
    expect(await code('broken')).toBe('unknown connector.broken-off');
    expect(await code('silent')).toBe('unknown connector.timeout');
    expect(await code('half')).toBe('unknown connector.answer-unreadable');
    expect(await code('large')).toBe('unknown connector.answer-too-large');
    const gone = await localServer(() => undefined);
    const nobody = connectionTo(gone);
    await gone[Symbol.asyncDispose]();
    expect(await nobody.call(GET, NEVER)).toMatchObject({
      kind: 'not-sent',
      code: 'connector.no-connection',
    });
    const limiter = new RateLimiter({ requests: 1, windowMs: 60_000 });
    (await limiter.take(NEVER)).release();
    const spent = connectionTo(server, { limiters: () => [limiter] });
    const { length } = server.seen;
    expect(await spent.call(GET, AbortSignal.timeout(5))).toMatchObject({ code: 'connector.given-up' });
    expect(server.seen).toHaveLength(length);
  });

  it('never puts into the log what a person wrote or which record it was', async () => {
    await using server = await localServer((_request, response) =>
      sendJson(response, 422, {
        message: "Email address kari@example.no is invalid, call +47 46 58 74 51 or 'Kari Nordmann'",
      }),
    );
    const lines: Parameters<CallLog>[0][] = [];
    const connection = connectionTo(server, { log: (line) => lines.push(line) });
    const outcome = await connection.call(
      { method: 'GET', path: pathOf('things', 'kari@example.no', '12') },
      NEVER,
    );
    expect(outcome).toMatchObject({ kind: 'refused' });
    expect(outcome.kind === 'refused' && outcome.words).toContain('kari@example.no');
    expect(lines).toMatchObject([{ path: 'things/…/…', status: 422, code: 'connector.refused' }]);
    expect(JSON.stringify(lines)).not.toMatch(/kari|46|Nordmann|secret/i);
  });
});

describe('A circuit', () => {
  it('L11 stays open after failures in a row, says what it waits for and until when, and lets one call try', async () => {
    let isDown = true;
    let nowMs = 0;
    await using server = await localServer((_request, response) =>
      sendJson(response, isDown ? 500 : 200, { message: 'We are down.' }),
    );
    const connection = connectionTo(server, { circuit: new Circuit(() => nowMs) });
    for (let count = 0; count < 5; count += 1) await connection.call(GET, NEVER);
    expect(connection.state).toMatchObject({
      kind: 'open',
      waitingFor: { code: 'connector.failing' },
      sinceMs: 0,
      untilMs: 1_000,
    });
    expect(await connection.call(GET, NEVER)).toMatchObject({ kind: 'not-sent', code: 'connector.waiting' });
    expect(server.seen).toHaveLength(5);
    nowMs = 1_000;
    expect(await connection.call(GET, NEVER)).toMatchObject({ kind: 'unknown' });
    expect(connection.state).toMatchObject({ sinceMs: 0, untilMs: 3_000 });
    isDown = false;
    nowMs = 3_000;
    const [tried, other] = await Promise.all([connection.call(GET, NEVER), connection.call(GET, NEVER)]);
    expect([tried.kind, other.kind]).toEqual(['answered', 'not-sent']);
    expect(connection.state).toEqual({ kind: 'closed' });
  });

  it('opens at once for as long as Retry-After says', async () => {
    await using server = await localServer((_request, response) =>
      sendJson(response, 429, {}, { 'retry-after': '7' }),
    );
    const connection = connectionTo(server, { circuit: new Circuit(() => 0) });
    await connection.call(GET, NEVER);
    expect(connection.state).toMatchObject({ kind: 'open', untilMs: 7_000 });
  });
});

describe('Tokens', () => {
  it('are made once for all who wait, and again once when a call is answered 401, which is then repeated', async () => {
    let good = 'token-0';
    let made = 0;
    await using server = await localServer((request, response) => {
      if (request.url.endsWith('token'))
        sendJson(response, 200, { access_token: (good = `token-${(made += 1)}`), expires_in: 1_800 });
      else sendJson(response, request.headers.authorization === `Bearer ${good}` ? 200 : 401, {});
    });
    const tokens = clientCredentialsTokens({
      tokenUrl: new URL('token', server.url),
      clientId: 'us',
      clientSecret: 'hush',
    });
    const connection = connectionTo(server, { tokens });
    const all = await Promise.all(Array.from({ length: 5 }, () => connection.call(GET, NEVER)));
    expect(all.every(({ kind }) => kind === 'answered')).toBe(true);
    expect(made).toBe(1);
    good = 'withdrawn early';
    expect(await connection.call(GET, NEVER)).toMatchObject({ kind: 'answered' });
    expect(made).toBe(2);
  });

  it('by a refresh token that rotates keep the new one before they are used, and do not lose it when that fails', async () => {
    const given: string[] = [];
    await using server = await localServer((request, response) => {
      if (!request.url.endsWith('token')) {
        sendJson(response, 200, {});
        return;
      }
      const refresh = new URLSearchParams(request.body).get('refresh_token') ?? '';
      given.push(refresh);
      sendJson(response, 200, { access_token: 'a', expires_in: 0, refresh_token: `${refresh}+` });
    });
    const kept: string[] = [];
    let isFull = true;
    const tokens = refreshedTokens({
      tokenUrl: new URL('token', server.url),
      clientId: 'us',
      clientSecret: 'hush',
      refreshToken: 'r',
      onRotated: (token) => {
        if (isFull) return Promise.reject(new Error('disk full'));
        kept.push(token);
        return Promise.resolve();
      },
    });
    const connection = connectionTo(server, { tokens });
    expect(await connection.call(GET, NEVER)).toMatchObject({
      kind: 'not-sent',
      code: 'connector.unavailable',
    });
    isFull = false;
    expect(await connection.call(GET, NEVER)).toMatchObject({ kind: 'answered' });
    expect([given, kept]).toEqual([['r', 'r+'], ['r++']]);
  });

  it('are made from the refresh token that another process has got meanwhile, before it is said that ours is refused', async () => {
    const given: string[] = [];
    await using server = await localServer((request, response) => {
      if (!request.url.endsWith('token')) {
        sendJson(response, 200, {});
        return;
      }
      const refresh = new URLSearchParams(request.body).get('refresh_token') ?? '';
      given.push(refresh);
      if (refresh === 'theirs') sendJson(response, 200, { access_token: 'a', expires_in: 60 });
      else sendJson(response, 400, { error: 'invalid_grant' });
    });
    let kept = 'ours';
    const tokens = refreshedTokens({
      tokenUrl: new URL('token', server.url),
      clientId: 'us',
      clientSecret: 'hush',
      refreshToken: 'ours',
      onRotated: () => Promise.resolve(),
      latest: () => Promise.resolve(kept),
    });
    const connection = connectionTo(server, { tokens });
    expect(await connection.call(GET, NEVER)).toMatchObject({ code: 'connector.sign-in-refused' });
    kept = 'theirs';
    expect(await connection.call(GET, NEVER)).toMatchObject({ kind: 'answered' });
    expect(given).toEqual(['ours', 'ours', 'theirs']);
  });

  it('that the vendor refuses are told apart from a token server that is away', async () => {
    let status = 400;
    await using server = await localServer((_request, response) =>
      sendJson(response, status, { error: 'invalid_grant' }),
    );
    const grant = { tokenUrl: new URL('token', server.url), clientId: 'us', clientSecret: 'hush' };
    const connection = connectionTo(server, { tokens: clientCredentialsTokens(grant) });
    expect(await connection.call(GET, NEVER)).toMatchObject({
      code: 'connector.sign-in-refused',
      words: '{"error":"invalid_grant"}',
    });
    status = 502;
    expect(await connection.call(GET, NEVER)).toMatchObject({ code: 'connector.unavailable' });
    const fixed = connectionTo(server, { tokens: staticToken('old') });
    status = 401;
    expect(await fixed.call(GET, NEVER)).toMatchObject({
      kind: 'not-sent',
      code: 'connector.sign-in-refused',
    });
  });
});
