import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK, type JWTPayload } from 'jose';

/** As the services have it. */
const AUDIENCE = 'urn:samspill';
const LIFETIME_SECONDS = 600;
/** Signed in with a password and a second factor, unless claims say otherwise. */
const SURE = ['pwd', 'otp', 'mfa'];

export interface TokenOptions {
  /** Client that it was given to; of itself where that is the subject. */
  readonly client?: string;
  readonly audience?: string;
  readonly issuer?: string;
  readonly type?: string;
  /** When it was made, as seconds since 1970; now unless given. */
  readonly issuedAtSeconds?: number;
  readonly lifetimeSeconds?: number;
  readonly claims?: JWTPayload;
}

interface SigningKey {
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly jwk: JWK;
}

/** An issuer of access tokens for tests, as sign-in issues them: its keys are fetched over HTTP, and it can exchange them. */
export class TestIssuer implements AsyncDisposable {
  readonly #server;
  #keys: readonly SigningKey[] = [];
  #rotations = 0;
  /** How often its keys were fetched. */
  fetches = 0;
  /** Whether it answers: a sign-in that is down does not. */
  isUp = true;

  private constructor() {
    this.#server = createServer((_request, response) => {
      this.fetches += 1;
      if (!this.isUp) response.writeHead(503).end();
      else
        response
          .writeHead(200, { 'content-type': 'application/json' })
          .end(JSON.stringify({ keys: this.#keys.map(({ jwk }) => jwk) }));
    });
  }

  static async start(): Promise<TestIssuer> {
    const issuer = new TestIssuer();
    await new Promise<void>((resolve) => issuer.#server.listen(0, '127.0.0.1', resolve));
    await issuer.rotate();
    return issuer;
  }

  get issuer(): string {
    return `http://127.0.0.1:${addressOf(this.#server.address()).port}/api/identity/oidc`;
  }

  /** What a service is configured with. */
  get signIn(): { readonly issuer: string; readonly jwksUrl: URL } {
    return { issuer: this.issuer, jwksUrl: new URL(`${this.issuer}/jwks`) };
  }

  /** Signs with a new key from now on; the one before stays valid, older ones do not. */
  async rotate(): Promise<void> {
    this.#rotations += 1;
    const { privateKey, publicKey } = await generateKeyPair('ES256');
    const kid = `key-${this.#rotations}`;
    const jwk = { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' };
    this.#keys = [{ kid, privateKey, jwk }, ...this.#keys.slice(0, 1)];
  }

  /** An access token for a subject. */
  async token(subject: string, options: TokenOptions = {}): Promise<string> {
    const [key] = this.#keys;
    if (!key) throw new Error('the issuer has been closed');
    const issuedAt = options.issuedAtSeconds ?? Math.floor(Date.now() / 1000);
    const client = options.client ?? 'test-client';
    return await new SignJWT({ client_id: client, amr: SURE, ...options.claims })
      .setProtectedHeader({ alg: 'ES256', kid: key.kid, typ: options.type ?? 'at+jwt' })
      .setSubject(subject)
      .setIssuer(options.issuer ?? this.issuer)
      .setAudience(options.audience ?? AUDIENCE)
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + (options.lifetimeSeconds ?? LIFETIME_SECONDS))
      .sign(key.privateKey);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => {
      this.#server.close(() => {
        resolve();
      });
    });
  }
}

function addressOf(address: AddressInfo | string | null): AddressInfo {
  if (address === null || typeof address === 'string') throw new Error('the issuer is not listening');
  return address;
}
