import { generateKeyPairSync } from 'node:crypto';
import { Browser, Person, waitFor } from '@samspill/testing';
import * as openid from 'openid-client';
import type { Installation } from './installation.js';

const CLIENT = 'samspill-console';
const SIGNED_IN = '/signed-in';
/** As the page of the last step says it. */
const DEVICE_DONE = 'Go back to the program';
const SESSION_COOKIE = 'samspill_session';
/** A code to confirm, that it is confirmed, and what whoever signs in is asked. */
const MAX_PAGES = 6;
// eslint-disable-next-line @typescript-eslint/no-deprecated -- deprecated only to stand out; on loopback there is no TLS
const insecure = { execute: [openid.allowInsecureRequests] };

/** What people and gateways do to sign in, and every secret that they use meanwhile. */
export class SigningIn {
  readonly #secrets = new Set<string>();
  readonly #people: Person[] = [];

  constructor(private readonly installation: Installation) {}

  /** All passwords, codes, tokens and keys so far: none of them may be found anywhere. */
  get secrets(): readonly string[] {
    return [...this.#secrets, ...this.#people.flatMap(({ secrets }) => secrets)];
  }

  keepSecret(secret: string): string {
    this.#secrets.add(secret);
    return secret;
  }

  /** W25 W26 W27 W29: the mail, its link, and a password; a weak one is refused first. */
  async activate(email: string, password: string): Promise<Person> {
    const browser = new Browser(this.installation.origin);
    const link = await this.installation.linkTo(email, 'Activate your user');
    this.keepSecret(new URL(link).searchParams.get('link') ?? '');
    const choosing = await browser.send(await browser.open(link), {});
    this.keepSecret(choosing.url.searchParams.get('link') ?? '');
    const weak = await browser.send(choosing, { password: 'password' });
    if (weak.faults === '') throw new Error('a weak password was taken');
    const done = await browser.send(choosing, { password: this.keepSecret(password) });
    if (done.title !== 'Your password is saved.') throw new Error(`${done.title}: ${done.faults}`);
    const person = new Person(email, password);
    this.#people.push(person);
    return person;
  }

  /** Authorization code with PKCE, in a browser of its own; @returns the access token */
  async signIn(person: Person): Promise<string> {
    const { origin } = this.installation;
    const configuration = await openid.discovery(this.#issuer, CLIENT, undefined, openid.None(), insecure);
    const pkceCodeVerifier = this.keepSecret(openid.randomPKCECodeVerifier());
    const expectedState = openid.randomState();
    const address = openid.buildAuthorizationUrl(configuration, {
      redirect_uri: `${origin}${SIGNED_IN}`,
      scope: 'openid email profile',
      code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
      state: expectedState,
    });
    const browser = new Browser(origin);
    const { url } = await person.signIn(
      browser,
      await browser.open(address.href, undefined, SIGNED_IN),
      SIGNED_IN,
    );
    if (url.pathname !== SIGNED_IN) throw new Error(`${person.email} has come to ${url.href}`);
    this.keepSecret(url.searchParams.get('code') ?? '');
    this.keepSecret(browser.cookie(SESSION_COOKIE) ?? '');
    const tokens = await openid.authorizationCodeGrant(configuration, url, {
      pkceCodeVerifier,
      expectedState,
    });
    for (const token of [tokens.id_token, tokens.refresh_token])
      if (token !== undefined) this.keepSecret(token);
    return this.keepSecret(tokens.access_token);
  }

  /** Opens the address that a command line has printed, signs in, and confirms its code. */
  async confirmDevice(person: Person, address: string): Promise<void> {
    const browser = new Browser(this.installation.origin);
    let page = await browser.open(address);
    for (let pages = 0; pages < MAX_PAGES; pages += 1) {
      page = await person.signIn(browser, page);
      if (page.text.includes(DEVICE_DONE)) return;
      page = await browser.send(page, {});
    }
    throw new Error(`the code is still not confirmed: ${page.title}`);
  }

  /** A key that a gateway makes for itself: what it is paired with, and how it signs in by it (`private_key_jwt`). */
  newGatewayKey(): GatewayKey {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const { kty, crv, x } = publicKey.export({ format: 'jwk' });
    const own = privateKey.export({ format: 'jwk' });
    this.keepSecret(own.d ?? '');
    return {
      publicKey: { kty, crv, x },
      signIn: async (gateway) => {
        const key = await crypto.subtle.importKey('jwk', own, 'Ed25519', false, ['sign']);
        const configuration = await openid.discovery(
          this.#issuer,
          gateway,
          { token_endpoint_auth_method: 'private_key_jwt' },
          openid.PrivateKeyJwt(key),
          insecure,
        );
        const { access_token: token } = await waitFor(() => openid.clientCredentialsGrant(configuration), {
          describe: 'the pairing to be known to sign-in',
        });
        return this.keepSecret(token);
      },
    };
  }

  get #issuer(): URL {
    return new URL(`${this.installation.origin}/api/identity/oidc`);
  }
}

export interface GatewayKey {
  readonly publicKey: object;
  /** @returns an access token of the gateway with this id */
  signIn(gateway: string): Promise<string>;
}
