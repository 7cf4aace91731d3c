import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Browser, TestPasskey, waitFor, type Shown } from '@samspill/testing';
import { decodeJwt } from 'jose';
import * as client from 'openid-client';
import { Secret, TOTP } from 'otpauth';
import { z } from 'zod';
import { TWO_FACTORS } from '@samspill/platform';
import { BY_CODE } from '../credentials/attempts.js';
import { IdentityWorld } from '../identity-world.specification.js';
import { PAGES } from '../pages/page-paths.js';
import { PASSWORD, People, type Invited } from './people.specification.js';

const BREAK_GLASS = 'only-for-the-hour-in-which-sign-in-is-broken';
const GLASS = `Bearer ${BREAK_GLASS}`;
const STATUS = '/api/identity/v1/operations/status';

describe('second factors', () => {
  let world: IdentityWorld;
  let people: People;

  beforeAll(async () => {
    world = await IdentityWorld.open(1, { breakGlass: BREAK_GLASS });
    people = new People(world.hosts[0]?.url ?? '', GLASS);
  });
  afterAll(async () => {
    await world.close();
  });

  const status = async (token: string) => await people.call('GET', STATUS, undefined, `Bearer ${token}`);
  const secretIn = ({ text }: Shown): string => /<code>([A-Z2-7]+)</.exec(text)?.[1] ?? '';

  it('an operator’s session without one does not count, and is led to one before anything else', async () => {
    const { id, email } = await people.ready();
    const browser = new Browser(people.origin);
    const { tokens: before } = await people.signIn(browser, email);
    expect(decodeJwt(before.access_token)).toMatchObject({ amr: ['pwd'] });
    expect((await status(before.access_token)).status).toBe(403);
    await people.call('PUT', `/api/identity/v1/operators/${id}`, { level: 'admin' }, GLASS);
    const refused = await waitFor(
      async () => {
        const answer = await status(before.access_token);
        return answer.status === 401 && answer;
      },
      { describe: 'the role to be known' },
    );
    expect(refused.body['code']).toBe('access.second-factor-needed');
    expect(refused.headers.get('www-authenticate')).toContain('insufficient_user_authentication');

    const begun = await people.begin(browser);
    expect(begun.page.title).toBe('Sign in');
    const asked = await browser.send(begun.page, { email, password: PASSWORD }, '/signed-in');
    expect(asked.title).toBe('Two-step sign-in');
    expect(asked.text).toContain('Whoever administers a company or the services needs two-step sign-in');
    const totp = new TOTP({ secret: Secret.fromBase32(secretIn(asked)) });
    const again = await browser.send(asked, { code: '000000' }, '/signed-in');
    expect(again.faults).toMatch(/not right/);
    expect(secretIn(again)).toBe('');
    const codes = await browser.send(again, { code: totp.generate() }, '/signed-in');
    expect(codes.title).toBe('Recovery codes');
    const tokens = await people.tokens(begun, await browser.send(codes, {}, '/signed-in'));
    const sure = { amr: ['pwd', 'otp', 'mfa'], acr: TWO_FACTORS };
    expect(decodeJwt(tokens.access_token)).toMatchObject(sure);
    expect(tokens.claims()).toMatchObject(sure);
    expect((await status(tokens.access_token)).status).toBe(200);
    const renewed = await client.refreshTokenGrant(begun.config, tokens.refresh_token ?? '');
    expect(decodeJwt(renewed.access_token)).toMatchObject(sure);
    expect((await people.begin(browser)).page.url.pathname).toBe('/signed-in');
    const off = await browser.open(`${PAGES}/second-factor-off`, { password: PASSWORD });
    expect(off).toMatchObject({ status: 422, faults: expect.stringContaining('needs two-step sign-in') });
  });

  it('wrong codes while a second factor is set up are counted, and after a few a right one has to wait', async () => {
    const { email } = await people.ready();
    const browser = new Browser(people.origin);
    await people.signIn(browser, email);
    const begun = await browser.open(`${PAGES}/second-factor`, { password: PASSWORD });
    const totp = new TOTP({ secret: Secret.fromBase32(secretIn(begun)) });
    const shown = async (code: string) =>
      (await browser.open(`${PAGES}/second-factor-code`, { code })).faults;
    for (let tried = 0; tried < BY_CODE.free; tried += 1) expect(await shown('000000')).toMatch(/not right/);
    expect(await shown(totp.generate())).toMatch(/Too many attempts/);
  });

  /** Signed in, with a passkey that was just made. */
  async function withPasskey(person: Invited, isSynced = false) {
    const browser = new Browser(people.origin);
    await people.signIn(browser, person.email);
    const wrong = await browser.open(`${PAGES}/passkey`, { password: 'wrong', name: 'Phone' });
    expect(wrong.faults).toBe('The password is not right.');
    const making = await browser.open(`${PAGES}/passkey`, { password: PASSWORD, name: 'Phone' });
    const key = new TestPasskey(people.origin);
    const answer = key.create(creationOptionsOf(making), { isSynced });
    const made = await browser.send(making, { passkey: answer });
    return { browser, key, making, answer, made };
  }

  async function beginElsewhere(): Promise<{
    readonly browser: Browser;
    readonly page: Shown;
    readonly begun: Awaited<ReturnType<People['begin']>>;
  }> {
    const browser = new Browser(people.origin);
    const begun = await people.begin(browser);
    return { browser, begun, page: begun.page };
  }

  it('a passkey is made, named and shown, and signs its user in without a password; each challenge is signed once', async () => {
    const person = await people.ready();
    const { browser, key, making, answer, made } = await withPasskey(person);
    expect(made.title).toBe('Recovery codes');
    const account = (await browser.open(PAGES)).text;
    expect(account).toContain('Phone, not used yet (on this device only)');
    expect(account).toContain('On: your passkeys');
    const again = await browser.send(making, { passkey: answer });
    expect(again.faults).toMatch(/did not work with the passkey/);
    expect((await people.mailTo(person.email, 'Two-step sign-in')).status).toBe(200);

    const { browser: other, page, begun } = await beginElsewhere();
    const signed = key.get(optionsOf(page));
    const back = await other.open(page.url.href, { passkey: signed }, '/signed-in');
    const tokens = await people.tokens(begun, back);
    expect(decodeJwt(tokens.access_token)).toMatchObject({
      sub: person.id,
      amr: ['pop', 'user', 'mfa'],
      acr: TWO_FACTORS,
    });
    const third = await beginElsewhere();
    for (const passkey of [signed, '{}', 'x', key.get({ challenge: 'AAAA' })]) {
      const refused = await third.browser.open(third.page.url.href, { passkey }, '/signed-in');
      expect(refused).toMatchObject({ title: 'Sign in', faults: expect.stringContaining('did not work') });
    }
    expect((await browser.open(PAGES)).text).toContain('Phone, last used');
  });

  it('a passkey alone has to look who uses it, must not be a copy, and must be as it was made', async () => {
    const { key } = await withPasskey(await people.ready());
    const refusals = [
      () => ({ isUserVerified: false }),
      () => ({ isSynced: true }),
      () => {
        key.counter = -1;
        return {};
      },
    ];
    const first = await beginElsewhere();
    expect(
      (
        await first.browser.open(
          first.page.url.href,
          { passkey: key.get(optionsOf(first.page)) },
          '/signed-in',
        )
      ).url.pathname,
    ).toBe('/signed-in');
    for (const useOf of refusals) {
      const { browser, page } = await beginElsewhere();
      const passkey = key.get(optionsOf(page), useOf());
      expect((await browser.open(page.url.href, { passkey }, '/signed-in')).faults).toMatch(/did not work/);
    }
    const synced = await withPasskey(await people.ready(), true);
    for (let times = 0; times < 2; times += 1) {
      const { browser, page } = await beginElsewhere();
      const passkey = synced.key.get(optionsOf(page), { isSynced: true });
      expect((await browser.open(page.url.href, { passkey }, '/signed-in')).url.pathname).toBe('/signed-in');
    }
  });

  it('a passkey is a second factor of its own user only; without any left a password is enough again', async () => {
    const person = await people.ready();
    const { browser, key } = await withPasskey(person);
    const { key: otherKey } = await withPasskey(await people.ready());
    const { browser: elsewhere, page, begun } = await beginElsewhere();
    const asked = await elsewhere.send(page, { email: person.email, password: PASSWORD }, '/signed-in');
    expect(asked.title).toBe('One more step');
    const others = await elsewhere.send(asked, { passkey: otherKey.get(optionsOf(asked)) }, '/signed-in');
    expect(others.faults).toMatch(/did not work/);
    const passkey = key.get(optionsOf(others), { isUserVerified: false });
    const tokens = await people.tokens(begun, await elsewhere.send(others, { passkey }, '/signed-in'));
    expect(decodeJwt(tokens.access_token)).toMatchObject({ amr: ['pwd', 'pop', 'mfa'] });

    await browser.open(`${PAGES}/passkey-off`, { password: PASSWORD, id: key.id });
    const { tokens: after } = await people.signIn(new Browser(people.origin), person.email);
    expect(decodeJwt(after.access_token)).toMatchObject({ amr: ['pwd'] });
    const last = await beginElsewhere();
    const gone = await last.browser.open(last.page.url.href, { passkey: key.get(optionsOf(last.page)) });
    expect(gone.faults).toMatch(/did not work/);
  });

  it('the last second factor of an operator stays until there is another', async () => {
    const person = await people.ready();
    const { browser, key } = await withPasskey(person);
    await people.call('PUT', `/api/identity/v1/operators/${person.id}`, { level: 'user' }, GLASS);
    const off = { password: PASSWORD, id: key.id };
    const refused = await waitFor(
      async () => {
        const answer = await status((await signedInWith(key)).access_token);
        return answer.status === 200;
      },
      { describe: 'the role to be known' },
    );
    expect(refused).toBe(true);
    expect((await browser.open(`${PAGES}/passkey-off`, off)).faults).toMatch(/needs two-step sign-in/);
  });

  async function signedInWith(key: TestPasskey) {
    const { browser, page, begun } = await beginElsewhere();
    const back = await browser.open(page.url.href, { passkey: key.get(optionsOf(page)) }, '/signed-in');
    return await people.tokens(begun, back);
  }
});

const requestOptions = z.object({ challenge: z.string() });
const creationOptions = requestOptions.extend({ user: z.object({ id: z.string() }) });

/** What the page's script gives to the browser. */
function dataOf({ text }: Shown): unknown {
  const attribute = /data-options="([^"]*)"/.exec(text)?.[1] ?? '{}';
  return JSON.parse(
    attribute.replaceAll(/&#(\d+);/g, (_all, code: string) => String.fromCharCode(Number(code))),
  );
}

function optionsOf(page: Shown): z.infer<typeof requestOptions> {
  return requestOptions.parse(dataOf(page));
}

function creationOptionsOf(page: Shown): z.infer<typeof creationOptions> {
  return creationOptions.parse(dataOf(page));
}
