import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { TestIssuer, type TokenOptions } from '@samspill/testing';
import { generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';

import { AccessTokens } from './access-tokens.js';

const USER = '0193b5c0-7a11-7000-8000-000000000001';
const now = (): number => Math.floor(Date.now() / 1000);

describe('access tokens', () => {
  let issuer: TestIssuer;
  let tokens: AccessTokens;
  let nowMs: number;

  beforeAll(async () => {
    issuer = await TestIssuer.start();
  });
  beforeEach(() => {
    nowMs = Date.now();
    tokens = new AccessTokens({ ...issuer.signIn, nowMs: () => nowMs });
  });
  afterAll(async () => {
    await issuer[Symbol.asyncDispose]();
  });

  it('tell who they were given to: a user, or a client that acts for itself', async () => {
    expect(await tokens.verify(await issuer.token(USER))).toEqual({
      id: USER,
      kind: 'user',
      mayAdminister: true,
    });
    expect(await tokens.verify(await issuer.token(USER, { client: USER }))).toEqual({
      id: USER,
      kind: 'client',
      mayAdminister: true,
    });
  });

  it('tell whether more than a password was shown, which administrators need unless nobody does', async () => {
    const onlyPassword = await issuer.token(USER, { claims: { amr: ['pwd'] } });
    const unsaid = await issuer.token(USER, { claims: { amr: undefined } });
    const lenient = new AccessTokens({ ...issuer.signIn, nowMs: () => nowMs, secondFactor: 'nobody' });
    for (const token of [onlyPassword, unsaid]) {
      expect(await tokens.verify(token)).toMatchObject({ mayAdminister: false });
      expect(await lenient.verify(token)).toMatchObject({ mayAdminister: true });
    }
  });

  it.each<[string, TokenOptions]>([
    ['of another issuer', { issuer: 'https://elsewhere.example' }],
    ['for another audience', { audience: 'urn:other' }],
    ['that have ended', { issuedAtSeconds: now() - 700 }],
    ['that are not there yet', { issuedAtSeconds: now() + 60 }],
    ['that live too long', { lifetimeSeconds: 24 * 3600 }],
    ['that are no access tokens', { type: 'JWT' }],
  ])('%s are nobody’s', async (_what, options) => {
    expect(await tokens.verify(await issuer.token(USER, options))).toBeUndefined();
  });

  it('without a signature, with another key’s, or with a changed letter are nobody’s', async () => {
    const good = await issuer.token(USER);
    const [header = '', payload = '', signature = ''] = good.split('.');
    const { privateKey } = await generateKeyPair('ES256');
    const forged = await new SignJWT({ client_id: 'c' })
      .setProtectedHeader({ alg: 'ES256', kid: 'key-1', typ: 'at+jwt' })
      .setSubject(USER)
      .setIssuer(issuer.issuer)
      .setAudience('urn:samspill')
      .setIssuedAt()
      .setExpirationTime('5m')
      .sign(privateKey);
    const unsigned = new UnsecuredJWT({ client_id: 'c' })
      .setSubject(USER)
      .setIssuer(issuer.issuer)
      .setAudience('urn:samspill')
      .setIssuedAt()
      .setExpirationTime('5m')
      .encode();
    const changed = `${header}.${payload.startsWith('e') ? 'f' : 'e'}${payload.slice(1)}.${signature}`;
    for (const token of [forged, unsigned, changed, `${header}.${payload}.`, 'x', '', 'a.b.c'])
      expect(await tokens.verify(token)).toBeUndefined();
  });

  it('are verified once, and known until they end', async () => {
    const token = await issuer.token(USER);
    expect(tokens.known(token)).toBeUndefined();
    await tokens.verify(token);
    expect(tokens.known(token)).toEqual({ id: USER, kind: 'user', mayAdminister: true });
    nowMs += 610_000;
    expect(tokens.known(token)).toBeUndefined();
    expect(await tokens.verify(token)).toBeUndefined();
  });

  it('signed with a key that the issuer has just taken into use are somebody’s', async () => {
    await tokens.verify(await issuer.token(USER));
    const before = issuer.fetches;
    await issuer.rotate();
    // The cool-down has passed on a new instance at once; on an old one after its few seconds.
    const fresh = new AccessTokens(issuer.signIn);
    expect(await fresh.verify(await issuer.token(USER))).toEqual({
      id: USER,
      kind: 'user',
      mayAdminister: true,
    });
    expect(issuer.fetches).toBeGreaterThan(before);
  });

  it('cannot be verified while the issuer’s keys cannot be fetched, which is no fault of the caller', async () => {
    const token = await issuer.token(USER);
    issuer.isUp = false;
    await expect(tokens.verify(token)).rejects.toMatchObject({
      code: 'access.keys-unavailable',
      retryable: true,
    });
    issuer.isUp = true;
    await expect(tokens.verify(token)).resolves.toEqual({ id: USER, kind: 'user', mayAdminister: true });
  });
});
