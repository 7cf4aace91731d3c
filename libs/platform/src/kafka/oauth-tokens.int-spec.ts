import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

import { afterEach, describe, expect, it } from '@jest/globals';

import { OAuthTokens } from './oauth-tokens.js';

interface Asked {
  readonly authorization: string | undefined;
  readonly body: string;
}

describe('tokens for Kafka', () => {
  let server: Server | undefined;
  afterEach(() => void server?.close());

  async function tokenServer(answer: (count: number) => { status: number; body: unknown }) {
    const asked: Asked[] = [];
    const listening = createServer((request, response) => {
      void text(request).then((body) => {
        asked.push({ authorization: request.headers.authorization, body });
        const { status, body: answered } = answer(asked.length);
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answered));
      });
    });
    server = listening;
    await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
    const { port } = listening.address() as AddressInfo;
    const grant = {
      tokenUrl: `http://127.0.0.1:${port}/token`,
      clientId: 'contacts',
      clientSecret: 's3:cret',
    };
    return { asked, grant };
  }

  it('are asked for once for all connections, and again when most of their life is over', async () => {
    const { asked, grant } = await tokenServer((count) => ({
      status: 200,
      body: { access_token: `token ${count}`, expires_in: 100 },
    }));
    let nowMs = 0;
    const tokens = new OAuthTokens({ ...grant, scope: 'kafka' }, () => nowMs);
    expect(await Promise.all([tokens.token(), tokens.token()])).toEqual(['token 1', 'token 1']);
    nowMs = 79_999;
    expect(await tokens.token()).toBe('token 1');
    nowMs = 80_000;
    expect(await tokens.token()).toBe('token 2');
    expect(asked[0]).toEqual({
      authorization: `Basic ${Buffer.from('contacts:s3%3Acret').toString('base64')}`,
      body: 'grant_type=client_credentials&scope=kafka',
    });
    expect(asked).toHaveLength(2);
  });

  it('that are refused are a failure that may pass, without the secret in it; the next connection asks again', async () => {
    const { grant } = await tokenServer((count) =>
      count === 1
        ? { status: 401, body: {} }
        : count === 2
          ? { status: 200, body: {} }
          : { status: 200, body: { access_token: 'now' } },
    );
    const tokens = new OAuthTokens(grant);
    await expect(tokens.token()).rejects.toMatchObject({
      code: 'platform.token-refused',
      retryable: true,
      message: `No token for Kafka from ${grant.tokenUrl}: it answered 401.`,
    });
    await expect(tokens.token()).rejects.toThrow('its answer has no access_token');
    expect(await tokens.token()).toBe('now');
  });
});
