import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { generateOrganisationNumber } from '@samspill/contracts';
import { Database, silentLogger } from '@samspill/eventlog';
import { Browser, waitFor } from '@samspill/testing';
import { createRemoteJWKSet, exportJWK, generateKeyPair, jwtVerify } from 'jose';
import * as client from 'openid-client';
import { Secret, TOTP } from 'otpauth';
import { z } from 'zod';
import { Attempts, BY_ACCOUNT, BY_ADDRESS, MAILS_BY_ACCOUNT } from '../credentials/attempts.js';
import { SignInAttempts } from '../credentials/sign-in-attempts.js';
import { IdentityWorld } from '../identity-world.specification.js';
import { linkIn, PASSWORD, People } from './people.specification.js';
import { CONSOLE_CLIENT, COMMAND_LINE_CLIENT, RESOURCE } from '../oidc/clients.js';
import { PAGES } from '../pages/page-paths.js';

const USERS = '/api/identity/v1/users';
const COMPANIES = '/api/identity/v1/companies';
const ERASE = `${COMPANIES}/${randomUUID()}/persons/erase`;
const OTHER_PASSWORD = 'sju grønne tranebær i en bøtte';
const STEP_MS = 30_000;
// eslint-disable-next-line @typescript-eslint/no-deprecated -- deprecated only to stand out; on loopback there is no TLS
const insecure = { execute: [client.allowInsecureRequests] };

describe('signing in', () => {
  let world: IdentityWorld;
  let origin = '';
  let issuer: URL;
  let people: People;
  let companies = 0;

  beforeAll(async () => {
    world = await IdentityWorld.open(1);
    origin = world.hosts[0]?.url ?? '';
    people = new People(origin, 'nobody has to sign in');
    ({ issuer } = people);
  });
  afterAll(async () => {
    await world.close();
  });

  const invited = () => people.invited();
  const ready = () => people.ready();
  const mailTo = (email: string, subject: string) => people.mailTo(email, subject);
  const begin = (browser: Browser) => people.begin(browser);
  const signIn = (browser: Browser, email: string) => people.signIn(browser, email);

  it('W25 W26 W27 W29 a new user activates by the mail’s link, which opening alone does not use, and sets a password', async () => {
    const { id, email } = await invited();
    const link = linkIn(await mailTo(email, 'Activate your user'));
    const browser = new Browser(origin);
    const page = await browser.open(link);
    expect((await browser.open(link)).title).toBe('Activate your user');
    const choosing = await browser.send(page, {});
    expect(choosing.title).toBe('Choose a password');
    expect(choosing.text).toContain('At least 15 characters');
    expect((await browser.open(link)).status).toBe(410);
    expect(linkIn(await mailTo(email, 'Choose your password'))).toBe(choosing.url.href);

    const weak = await browser.send(choosing, { password: 'password' });
    expect({ status: weak.status, faults: weak.faults }).toEqual({
      status: 422,
      faults: expect.stringContaining('too short'),
    });
    const done = await browser.send(choosing, { password: PASSWORD });
    expect(done.title).toBe('Your password is saved.');
    expect((await browser.send(choosing, { password: OTHER_PASSWORD })).status).toBe(410);
    expect(await world.call('GET', `${USERS}/${id}`)).toMatchObject({ body: { stage: 'ready' } });
  });

  it('W1 W28 W30 one sign-in gives a token for every service; the terms are confirmed once', async () => {
    const { id, email } = await ready();
    const browser = new Browser(origin);
    const begun = await begin(browser);
    const terms = await browser.send(
      begun.page,
      { email: email.toUpperCase(), password: PASSWORD },
      '/signed-in',
    );
    expect(terms.title).toBe('Terms of use');
    expect((await browser.send(terms, {}, '/signed-in')).title).toBe('Terms of use');
    const { tokens } = await signIn(browser, email);
    const keys = createRemoteJWKSet(new URL(`${issuer.href}/jwks`));
    const { payload } = await jwtVerify(tokens.access_token, keys, {
      issuer: issuer.href,
      audience: RESOURCE,
    });
    expect(payload).toMatchObject({ sub: id, client_id: CONSOLE_CLIENT });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBeLessThanOrEqual(600);
    expect(tokens.claims()).toMatchObject({ sub: id, email, name: 'Kari Nordmann' });
    // In the same browser nobody is asked again, and in another one no more for the terms.
    expect((await begin(browser)).page.url.pathname).toBe('/signed-in');
    const other = new Browser(origin);
    const again = await begin(other);
    const back = await other.send(again.page, { email, password: PASSWORD }, '/signed-in');
    expect(back.url.pathname).toBe('/signed-in');
  });

  it('a refresh token is used once; used again, everything that came of it ends', async () => {
    const { email } = await ready();
    const { config, tokens } = await signIn(new Browser(origin), email);
    const first = tokens.refresh_token ?? '';
    const next = await client.refreshTokenGrant(config, first);
    expect(next.refresh_token).not.toBe(first);
    await expect(client.refreshTokenGrant(config, first)).rejects.toMatchObject({ error: 'invalid_grant' });
    expect(world.lines).toContain(`access was refused {"code":"invalid_grant","client":"${CONSOLE_CLIENT}"}`);
    await expect(client.refreshTokenGrant(config, next.refresh_token ?? '')).rejects.toMatchObject({
      error: 'invalid_grant',
    });
  });

  it('a wrong password and an unknown address are answered alike, and many attempts have to wait', async () => {
    const { email } = await ready();
    const answers: string[] = [];
    for (const address of [email, 'nobody@example.com']) {
      const browser = new Browser(origin);
      const { page } = await begin(browser);
      let said = await browser.send(page, { email: address, password: 'wrong' });
      answers.push(`${said.status} ${said.faults}`);
      for (let attempt = 0; attempt < 5; attempt += 1)
        said = await browser.send(page, { email: address, password: 'wrong' });
      answers.push(said.faults);
      const right = await browser.send(page, { email: address, password: PASSWORD });
      expect(right.faults).toMatch(/Too many attempts/);
    }
    expect(answers.slice(0, 2)).toEqual(answers.slice(2));
    expect(answers[0]).toBe('200 The e-mail address or the password is not right.');
  });

  it('a burst of attempts is no way past the limit, and what is refused keeps nobody out for longer', async () => {
    const { email } = await ready();
    const browser = new Browser(origin);
    const { page } = await begin(browser);
    const burst = Array.from({ length: 15 }, () => browser.send(page, { email, password: 'wrong' }));
    const said = (await Promise.all(burst)).map(({ faults }) => faults);
    expect(said.filter((fault) => fault.includes('not right'))).toHaveLength(BY_ACCOUNT.free);
    expect(said.filter((fault) => fault.includes('Too many attempts'))).toHaveLength(15 - BY_ACCOUNT.free);

    await using opened = new AsyncDisposableStack();
    const options = { url: world.databaseUrl, applicationName: 'test', logger: silentLogger };
    const attempts = new Attempts(opened.adopt(new Database(options), (unused) => unused.close()));
    const attempted = [
      { limit: MAILS_BY_ACCOUNT, subject: email },
      { limit: BY_ADDRESS, subject: `of ${email}` },
    ];
    const begun = (seconds: number) => attempts.begin(attempted, new Date(seconds * 1000));
    for (let mail = 1; mail <= MAILS_BY_ACCOUNT.free; mail += 1)
      expect(await begun(0)).toEqual({ kind: 'counted', failures: mail });
    const until = new Date(MAILS_BY_ACCOUNT.firstBlockMs);
    for (const seconds of [1, 2, 3]) expect(await begun(seconds)).toEqual({ kind: 'blocked', until });
    expect(await begun(until.getTime() / 1000)).toEqual({ kind: 'counted', failures: 4 });
    await attempts.takeBack(attempted);
    expect(await begun(until.getTime() / 1000 + 1)).toEqual({ kind: 'counted', failures: 1 });

    const office = [{ limit: BY_ADDRESS, subject: `office of ${email}` }];
    const failedAt = (ms: number) => attempts.begin(office, new Date(ms));
    const half = BY_ADDRESS.forgetMs / 2;
    expect(await failedAt(0)).toMatchObject({ failures: 1 });
    expect(await failedAt(half)).toMatchObject({ failures: 2 });
    // From the first of them, so that a busy office is not kept out by what was mistyped hours ago.
    expect(await failedAt(3 * half)).toMatchObject({ failures: 1 });
  });

  it('wrong passwords from elsewhere do not hold up a browser in which the user has signed in before', async () => {
    const { email } = await ready();
    const other = await ready();
    const before = new Browser(origin);
    await signIn(before, email);
    const cookie = before.cookie('samspill_device') ?? '';
    /** Signed out, and known by its cookie. */
    const known = (): Browser => {
      const browser = new Browser(origin);
      browser.keepCookie('samspill_device', cookie, '/api/identity');
      return browser;
    };
    const afterWrongOnes = async (browser: Browser, address: string): Promise<string> => {
      const { page } = await begin(browser);
      for (let failures = 0; failures < BY_ACCOUNT.free; failures += 1)
        await browser.send(page, { email: address, password: 'wrong' });
      return (await browser.send(page, { email: address, password: PASSWORD })).faults;
    };
    expect(await afterWrongOnes(new Browser(origin), email)).toMatch(/Too many attempts/);
    await signIn(known(), email);
    // It has a count of its own, and is nobody else's.
    expect(await afterWrongOnes(known(), email)).toMatch(/Too many attempts/);
    expect(await afterWrongOnes(known(), other.email)).toMatch(/Too many attempts/);
  });

  it('a forgotten password is replaced by a mail’s link; sessions end; an unknown address is answered alike', async () => {
    const { email } = await ready();
    const { config, tokens } = await signIn(new Browser(origin), email);
    const browser = new Browser(origin);
    const asked = await browser.open(`${PAGES}/forgotten`, { email });
    const unknown = await browser.open(`${PAGES}/forgotten`, { email: 'nobody@example.org' });
    expect(asked.text).toBe(unknown.text);
    await waitFor(async () => linkIn(await mailTo(email, 'Choose')) !== '', { describe: 'the mail' });
    const used = linkIn(await mailTo(email, 'Choose'));
    const choosing = await waitFor(
      async () => {
        const page = await browser.open(linkIn(await mailTo(email, 'Choose')));
        return page.title === 'Choose a password' && page;
      },
      { describe: `a link that is not ${used}` },
    );
    await browser.send(choosing, { password: OTHER_PASSWORD });
    await expect(client.refreshTokenGrant(config, tokens.refresh_token ?? '')).rejects.toMatchObject({
      error: 'invalid_grant',
    });
    const { page } = await begin(browser);
    expect((await browser.send(page, { email, password: PASSWORD })).faults).toMatch(/not right/);
    expect((await mailTo(email, 'Your password was changed')).status).toBe(200);
  });

  it('who is locked gets no new token and is signed out, and stays so when they are let in again', async () => {
    const { id, email } = await ready();
    const browser = new Browser(origin);
    const { config, tokens } = await signIn(browser, email);
    expect((await browser.open(PAGES)).title).toBe('Your user');
    await world.call('PUT', `${USERS}/${id}/lock`, { locked: true, reason: 'left' });
    expect((await browser.open(`${PAGES}/my-data.json`)).title).toBe('Sign in');
    await world.call('PUT', `${USERS}/${id}/lock`, { locked: false, reason: 'back' });
    expect((await browser.open(PAGES)).title).toBe('Sign in');
    await expect(client.refreshTokenGrant(config, tokens.refresh_token ?? '')).rejects.toMatchObject({
      error: 'invalid_grant',
    });
  });

  it('a command line signs in by a code that its user confirms in the browser', async () => {
    const { email, id } = await ready();
    const browser = new Browser(origin);
    await signIn(browser, email);
    const config = await people.configured(COMMAND_LINE_CLIENT);
    const begun = await client.initiateDeviceAuthorization(config, { scope: 'openid' });
    const confirming = await browser.open(begun.verification_uri_complete ?? '');
    const asked = await browser.send(confirming, {});
    const done = await browser.send(asked, {});
    expect(done.text).toContain('Go back to the program');
    const tokens = await client.pollDeviceAuthorizationGrant(config, { ...begun, interval: 1 });
    expect(tokens.claims()).toMatchObject({ sub: id });
  });

  async function aCompany(): Promise<string> {
    companies += 1;
    const { body } = await world.call('POST', COMPANIES, {
      name: `Fjord Handel ${companies} AS`,
      organisationNumber: generateOrganisationNumber('NO', companies),
      country: 'NO',
      address: { postcode: '5003', country: 'NO' },
    });
    return `${COMPANIES}/${String(body['id'])}`;
  }

  it.each(['ES256', 'Ed25519'])(
    'a gateway signs in by the key that it was paired with (%s), until it is unpaired, and as nobody else',
    async (algorithm) => {
      const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true });
      const company = await aCompany();
      // However many codes the company has had before: those that were never used count for nothing.
      const unused = Array.from({ length: 100 }, () =>
        world.call('POST', `${company}/gateways`, { name: 'x' }),
      );
      await Promise.all(unused);
      const offered = await world.call('POST', `${company}/gateways`, { name: 'Kontoret' });
      const pairing = { code: offered.body['code'], key: await exportJWK(publicKey) };
      const paired = await world.call('POST', '/api/identity/v1/gateway-pairings', pairing);
      expect(paired).toMatchObject({ status: 200 });
      const gateway = String(paired.body['gateway']);
      const config = await client.discovery(
        issuer,
        gateway,
        { token_endpoint_auth_method: 'private_key_jwt' },
        client.PrivateKeyJwt(privateKey),
        insecure,
      );
      const { access_token } = await waitFor(() => client.clientCredentialsGrant(config), {
        describe: 'the pairing to be known',
      });
      const keys = createRemoteJWKSet(new URL(`${issuer.href}/jwks`));
      const { payload } = await jwtVerify(access_token, keys, { issuer: issuer.href, audience: RESOURCE });
      expect(payload).toMatchObject({ sub: gateway, client_id: gateway });
      const { gateways } = (await world.call('GET', `${company}/gateways`)).body;
      expect(gateways).toHaveLength(101);
      await world.call('DELETE', `${company}/gateways/${gateway}`);
      await expect(client.clientCredentialsGrant(config)).rejects.toMatchObject({ error: 'invalid_client' });
    },
  );

  it('signing out ends the session, and what was granted in it', async () => {
    const { email } = await ready();
    const browser = new Browser(origin);
    const { config, tokens } = await signIn(browser, email);
    const url = client.buildEndSessionUrl(config, {
      id_token_hint: tokens.id_token ?? '',
      post_logout_redirect_uri: `${origin}/`,
    });
    const asked = await browser.open(url.href);
    expect(asked.title).toBe('Sign out');
    const xsrf = /name="xsrf" value="([^"]*)"/.exec(asked.text)?.[1] ?? '';
    await browser.send(asked, { xsrf, logout: 'yes' }, '/');
    expect((await begin(browser)).page.title).toBe('Sign in');
    await expect(client.refreshTokenGrant(config, tokens.refresh_token ?? '')).rejects.toMatchObject({
      error: 'invalid_grant',
    });
  });

  it('a second factor is asked for once it is on; each code and each recovery code works once', async () => {
    const { email } = await ready();
    const browser = new Browser(origin);
    await signIn(browser, email);
    const wrong = await browser.open(`${PAGES}/second-factor`, { password: 'wrong' });
    expect(wrong.faults).toBe('The password is not right.');
    const enrolling = await browser.open(`${PAGES}/second-factor`, { password: PASSWORD });
    const totp = new TOTP({
      secret: Secret.fromBase32(/<code>([A-Z2-7]+)</.exec(enrolling.text)?.[1] ?? ''),
    });
    const code = totp.generate();
    const enrolled = await browser.send(enrolling, { code });
    const [recovery = ''] = [...enrolled.text.matchAll(/<code>([0-9a-f-]+)</g)].map(([, found]) => found);
    expect(enrolled.title).toBe('Recovery codes');
    // W29: what is shown is what is asked.
    expect((await browser.open(PAGES)).text).toContain('At least 8 characters');

    const other = new Browser(origin);
    const asked = await other.send((await begin(other)).page, { email, password: PASSWORD }, '/signed-in');
    expect(asked.title).toBe('One more step');
    const used = await other.send(asked, { code }, '/signed-in');
    expect(used.faults).toMatch(/not right, or has been used/);
    const next = totp.generate({ timestamp: Date.now() + STEP_MS });
    expect((await other.send(used, { code: next }, '/signed-in')).url.pathname).toBe('/signed-in');

    const third = new Browser(origin);
    const again = await third.send((await begin(third)).page, { email, password: PASSWORD }, '/signed-in');
    expect((await third.send(again, { code: recovery }, '/signed-in')).url.pathname).toBe('/signed-in');
  });

  it('users see their sessions, end them, change address and password, and get all that is known of them', async () => {
    const { id, email } = await ready();
    const [browser, other] = [new Browser(origin), new Browser(origin)];
    await signIn(browser, email);
    const { config, tokens } = await signIn(other, email);
    const page = await browser.open(PAGES);
    expect(page.title).toBe('Your user');
    const lines = [...page.text.matchAll(/<li>(.*?)<\/li>/gs)].map(([, line = '']) => line);
    const sessions = lines.filter((line) => line.includes('end-session'));
    expect(sessions).toHaveLength(2);
    const notThis = sessions.find((line) => !line.includes('this browser')) ?? '';
    await browser.open(`${PAGES}/end-session`, { session: /value="([^"]+)"/.exec(notThis)?.[1] ?? '' });
    await expect(client.refreshTokenGrant(config, tokens.refresh_token ?? '')).rejects.toMatchObject({
      error: 'invalid_grant',
    });

    const moved = `moved-${email}`;
    await browser.open(`${PAGES}/change-email`, { password: PASSWORD, email: moved });
    const confirming = await browser.open(linkIn(await mailTo(moved, 'Confirm')));
    expect((await browser.send(confirming, {})).title).toBe('Your e-mail address is changed.');
    expect(await world.call('GET', `${USERS}/${id}`)).toMatchObject({ body: { email: moved } });
    expect((await mailTo(email, 'Your e-mail address was changed')).status).toBe(200);

    const known = await browser.open(`${PAGES}/my-data.json`);
    expect(JSON.parse(known.text)).toMatchObject({ user: id, former: [{ field: '/email', value: email }] });
    const changed = await browser.open(`${PAGES}/change-password`, {
      password: PASSWORD,
      'new-password': OTHER_PASSWORD,
    });
    expect(changed.title).toBe('Sign in');
  });

  it('what was tried for a user is in a list of theirs, and in the log without an address; nothing is left when they are forgotten', async () => {
    const { id, email } = await ready();
    const stranger = new Browser(origin);
    const wrong = { email, password: 'gjettet' };
    await stranger.send((await begin(stranger)).page, wrong, '/signed-in');
    const unknown = { email: `no-${email}`, password: 'gjettet' };
    await stranger.send((await begin(stranger)).page, unknown, '/signed-in');
    const browser = new Browser(origin);
    await signIn(browser, email);
    expect((await browser.open(PAGES)).text).toMatch(/: Password, right\s.*: Password, wrong\s/s);
    const { signInAttempts } = z
      .object({ signInAttempts: z.array(z.object({ shown: z.string(), isRight: z.boolean() })) })
      .parse(JSON.parse((await browser.open(`${PAGES}/my-data.json`)).text));
    expect(signInAttempts).toEqual([
      { shown: 'password', isRight: true },
      { shown: 'password', isRight: false },
    ]);
    const said = world.lines.filter((line) => line.includes('somebody shows who they are'));
    expect(said.filter((line) => line.includes(id) && line.includes('"wrong"'))).toHaveLength(1);
    expect(said.some((line) => !line.includes('"user"') && line.includes('"wrong"'))).toBe(true);
    expect(said.join('\n')).not.toContain('@');

    await using opened = new AsyncDisposableStack();
    const options = { url: world.databaseUrl, applicationName: 'test', logger: silentLogger };
    const database = opened.adopt(new Database(options), (unused) => unused.close());
    const kept = new SignInAttempts(database, silentLogger);
    expect(await kept.of(id)).toHaveLength(2);
    expect(await kept.of(id, 1)).toMatchObject([{ isRight: true }]);
    const records = [{ kind: 'user', reference: id }];
    await world.call('POST', ERASE, { records, reason: 'case 17' });
    expect(await kept.of(id)).toEqual([]);
  });

  it('pages of other sites cannot send forms here, and pages of ours let nothing of others run', async () => {
    const body = new URLSearchParams({ email: 'x@example.com' });
    const headers = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' };
    const forged = await fetch(`${origin}${PAGES}/forgotten`, { method: 'POST', body, headers });
    expect(forged.status).toBe(403);
    const notAPage = await fetch(origin + USERS, { method: 'POST', body });
    expect(notAPage.status).toBe(415);
    const { headers: shown } = await new Browser(origin).open(`${PAGES}/forgotten`);
    expect(shown.get('content-security-policy')).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
    expect(shown.get('cache-control')).toBe('no-store');
    expect(shown.get('referrer-policy')).toBe('no-referrer');
  });

  it('no secret is in an event, a log line, or a table in the clear', async () => {
    const { email } = await ready();
    const { tokens } = await signIn(new Browser(origin), email);
    const mail = linkIn(await mailTo(email, 'Choose'));
    const everywhere = `${await world.everything()}\n${world.lines.join('\n')}`;
    const secrets = [
      PASSWORD,
      OTHER_PASSWORD,
      tokens.access_token,
      tokens.refresh_token,
      mail.split('link=')[1],
    ];
    for (const secret of secrets) {
      expect(secret).toBeTruthy();
      expect(everywhere.includes(secret ?? '')).toBe(false);
    }
  });
});
