import { Browser, waitFor, type Shown } from '@samspill/testing';
import * as client from 'openid-client';
import { z } from 'zod';
import { CONSOLE_CLIENT } from '../oidc/clients.js';
import { MAILBOX } from '../pages/page-paths.js';

export const PASSWORD = 'hestehov blomstrer tidlig om våren';
const USERS = '/api/identity/v1/users';

export interface Invited {
  readonly id: string;
  readonly email: string;
}

/** People who sign in at a service, in browsers of theirs. */
export class People {
  #count = 0;

  /** @param authorization header by which users may be registered there */
  constructor(
    readonly origin: string,
    private readonly authorization: string,
  ) {}

  get issuer(): URL {
    return new URL(`${this.origin}/api/identity/oidc`);
  }

  /** A user who has not followed the mail yet. */
  async invited(): Promise<Invited> {
    this.#count += 1;
    const email = `kari${this.#count}@example.com`;
    const form = { firstName: 'Kari', lastName: 'Nordmann', email, language: 'en' };
    const { body } = await this.call('POST', USERS, form, this.authorization);
    return { id: String(body['id']), email };
  }

  /** A user who has a password. */
  async ready(): Promise<Invited> {
    const user = await this.invited();
    const browser = new Browser(this.origin);
    const mail = await this.mailTo(user.email, 'Activate');
    const choosing = await browser.send(await browser.open(linkIn(mail)), {});
    const done = await browser.send(choosing, { password: PASSWORD });
    if (done.title !== 'Your password is saved.') throw new Error(`«${done.title}» ${done.faults}`);
    return user;
  }

  async call(method: string, path: string, sent: object | undefined, authorization: string) {
    const response = await fetch(this.origin + path, {
      method,
      headers: { authorization, ...(sent && { 'content-type': 'application/json' }) },
      ...(sent && { body: JSON.stringify(sent) }),
    });
    const body = z.record(z.string(), z.unknown()).parse(await response.json());
    return { status: response.status, headers: response.headers, body };
  }

  /** The newest mail to an address with a subject, as the mailbox page shows it. */
  async mailTo(email: string, subject: string): Promise<Shown> {
    const browser = new Browser(this.origin);
    const link = await waitFor(
      async () => {
        const { text } = await browser.open(MAILBOX);
        const lines = [...text.matchAll(/<a href="([^"]+)">([^<]*)<\/a><br \/>([^,]*),/g)];
        return lines.find(([, , said = '', to]) => to === email && said.includes(subject))?.[1];
      },
      { describe: `the mail «${subject}» to ${email}` },
    );
    return await browser.open(link);
  }

  /** A public client of the provider. */
  async configured(id: string): Promise<client.Configuration> {
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- deprecated only to stand out; on loopback there is no TLS
    const insecure = { execute: [client.allowInsecureRequests] };
    return await client.discovery(this.issuer, id, undefined, client.None(), insecure);
  }

  /** The first page of a sign-in, or where it leads where nothing is asked. */
  async begin(browser: Browser): Promise<BegunAtConsole> {
    const config = await this.configured(CONSOLE_CLIENT);
    const verifier = client.randomPKCECodeVerifier();
    const state = client.randomState();
    const url = client.buildAuthorizationUrl(config, {
      redirect_uri: `${this.origin}/signed-in`,
      scope: 'openid email profile',
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state,
    });
    return { config, verifier, state, page: await browser.open(url.href, undefined, '/signed-in') };
  }

  /** What the client gets once the last page has led back to it. */
  async tokens({ config, verifier, state }: BegunAtConsole, back: Shown) {
    return await client.authorizationCodeGrant(config, back.url, {
      pkceCodeVerifier: verifier,
      expectedState: state,
    });
  }

  /** Signs in with a password where that is asked for, and accepts the terms where they are. */
  async signIn(browser: Browser, email: string) {
    const begun = await this.begin(browser);
    let { page } = begun;
    if (page.title === 'Sign in')
      page = await browser.send(page, { email, password: PASSWORD }, '/signed-in');
    if (page.title === 'Terms of use') page = await browser.send(page, { terms: 'yes' }, '/signed-in');
    if (page.url.pathname !== '/signed-in') throw new Error(`«${page.title}» ${page.faults}`);
    return { config: begun.config, tokens: await this.tokens(begun, page) };
  }
}

export interface BegunAtConsole {
  readonly config: client.Configuration;
  readonly page: Shown;
  readonly verifier: string;
  readonly state: string;
}

export function linkIn({ text }: Shown): string {
  return /href="(http[^"]+)"/.exec(text)?.[1] ?? '';
}
