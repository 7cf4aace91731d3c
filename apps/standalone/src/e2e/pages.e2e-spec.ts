import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { accessibilityFaults, openChromium, waitFor } from '@samspill/testing';
import { describeWithChromium } from '@samspill/testing/jest';
import { openStandalone, type Installation } from './story/installation.js';

type Chromium = Awaited<ReturnType<typeof openChromium>>;
type Page = Awaited<ReturnType<Chromium['newPage']>>;

const USERS = '/api/identity/v1/users';
const ACCOUNT = '/api/identity/account';
const EMAIL = 'kari@example.com';
const PASSWORD = 'hestehov blomstrer tidlig om våren';
/** Of a small phone, in CSS pixels: what WCAG 2.2, 1.4.10 asks pages to fit into. */
const PHONE = { width: 320, height: 640 };
const START_TIMEOUT_MS = 300_000;

describeWithChromium('the pages where people sign in, in a browser', (chromium) => {
  const opened = new AsyncDisposableStack();
  let installation: Installation;
  let browser: Chromium;
  let page: Page;

  beforeAll(async () => {
    installation = opened.use(await openStandalone());
    browser = opened.adopt(await openChromium(chromium), (unused) => unused.close());
    page = await browser.newPage({ locale: 'en-GB', viewport: PHONE });
  }, START_TIMEOUT_MS);
  afterAll(() => opened.disposeAsync());

  const press = (name: string): Promise<void> => page.getByRole('button', { name, exact: true }).click();

  /** That this is the page, that it fits on a phone, and that nobody is kept out by how it is made. */
  async function expectPage(title: string): Promise<void> {
    await page.getByRole('heading', { level: 1, name: title, exact: true }).waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(PHONE.width);
  }

  async function signInBy(password: string): Promise<void> {
    await page.getByLabel('E-mail address').fill(EMAIL);
    await page.getByLabel('Password').fill(password);
    await press('Sign in');
  }

  /** A device that keeps passkeys, has none yet, and whose owner agrees to everything. */
  async function deviceFor(shown: Page): Promise<void> {
    const device = await shown.context().newCDPSession(shown);
    await device.send('WebAuthn.enable');
    await device.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    });
  }

  it('W25 W26 W27 W29 W30 whoever is new comes in by the link of a mail, and sees how strong a password is while they type it', async () => {
    const operator = installation.api.as(installation.breakGlass);
    const form = { firstName: 'Kari', lastName: 'Nordmann', email: EMAIL, language: 'en' };
    expect((await operator.callJson('POST', USERS, form)).status).toBe(201);
    await page.goto(await installation.linkTo(EMAIL, 'Activate your user'));
    await expectPage('Activate your user');
    await page.getByRole('button').click();
    await expectPage('Choose a password');
    const strength = page.getByRole('meter');
    await page.getByLabel('New password').pressSequentially('kari');
    const shown = async (): Promise<number> => Number(await strength.getAttribute('value'));
    const weak = await shown();
    await page.getByLabel('New password').fill(PASSWORD);
    await waitFor(async () => (await shown()) > weak, { describe: 'the strength to be shown' });
    await press('Save');
    await expectPage('Your password is saved.');

    await page.goto(installation.origin + ACCOUNT);
    await expectPage('Sign in');
    await signInBy('gjettet');
    await expectPage('Sign in');
    await signInBy(PASSWORD);
    await expectPage('Terms of use');
    await page.getByRole('checkbox').check();
    await press('Continue');
    await expectPage('Your user');
    expect(await page.getByText(/: Password, (right|wrong)/).allInnerTexts()).toEqual([
      expect.stringContaining('right'),
      expect.stringContaining('wrong'),
    ]);
  });

  it('W28 a passkey is made on the page of one’s own user, and signs in by itself', async () => {
    await deviceFor(page);
    await page.getByLabel('Name of the device').fill('Telefon');
    await page.locator(`form[action="${ACCOUNT}/passkey"] input[type=password]`).fill(PASSWORD);
    await press('Add a passkey');
    await expectPage('Add a passkey');
    await press('Make the passkey');
    await expectPage('Recovery codes');
    await page.getByRole('link', { name: 'Continue' }).click();
    await expectPage('Your user');
    await page.getByText('Telefon, not used yet').waitFor();

    await page.getByRole('link', { name: 'Sign out' }).click();
    await expectPage('Sign out');
    await press('Sign out');
    await page.goto(installation.origin + ACCOUNT);
    await expectPage('Sign in');
    await press('Use a passkey');
    await expectPage('Your user');
    await page.getByText('Telefon, last used').waitFor();
    await page.getByText(/: Passkey, right/).waitFor();
  });

  it('says that a passkey did not work where there is none, and leaves the password', async () => {
    const other = await browser.newContext({ locale: 'en-GB', viewport: PHONE });
    page = await other.newPage();
    await deviceFor(page);
    await page.goto(installation.origin + ACCOUNT);
    await press('Use a passkey');
    await page.getByText('That did not work with the passkey.').waitFor();
    await other.close();
  });

  it('works without scripts', async () => {
    const plain = await browser.newContext({ locale: 'nb', viewport: PHONE, javaScriptEnabled: false });
    page = await plain.newPage();
    await page.goto(installation.origin + ACCOUNT);
    expect(await page.getByRole('button', { name: 'Bruk passnøkkel' }).isVisible()).toBe(false);
    await page.getByLabel('E-postadresse').fill(EMAIL);
    await page.getByLabel('Passord').fill(PASSWORD);
    await page.getByRole('button', { name: 'Logg inn' }).click();
    await page.getByRole('heading', { name: 'Ett trinn til' }).waitFor();
    await plain.close();
  });
});
