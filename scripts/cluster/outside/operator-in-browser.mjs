/** An operator at a browser outside the cluster: the link in their mail, a password, a second factor, and the code of `samspill login`. */
import { randomBytes } from 'node:crypto';

import { Browser } from './sign-in/browser.js';
import { Person } from './sign-in/person.js';

const ACTIVATION = 'Activate your user';
/** As the page of the last step says it. */
const DEVICE_DONE = 'Go back to the program';
/** A code to confirm, that it is confirmed, and what whoever signs in is asked. */
const MAX_PAGES = 6;
/** Of `helm test`; nobody may see it without a role. */
const COMPANY = 'companies/00000000-0000-7000-8000-000999999999';
/** Bytes of a password that nobody guesses. */
const PASSWORD_BYTES = 24;

/** @returns what was seen on the way, in words */
export async function confirmDevice(email, address, mails) {
  const { origin } = new URL(address);
  const person = await activate(email, origin, mails);
  await requireNoWayToOperations(origin);
  const browser = new Browser(origin);
  let page = await browser.open(address);
  for (let pages = 0; pages < MAX_PAGES; pages += 1) {
    page = await person.signIn(browser, page);
    if (page.text.includes(DEVICE_DONE)) return 'a mail’s link, a password, a second factor, Secure cookies';
    page = await browser.send(page, {});
  }
  throw new Error(`the code is still not confirmed: ${page.title}`);
}

async function activate(email, origin, mails) {
  const { text } = await mails.mailTo(email, ACTIVATION);
  const link = /(http\S+link=\S+)/.exec(text)?.[1] ?? '';
  if (!link.startsWith(`${origin}/`))
    throw new Error(`the mail's link leads to ${link}, not below ${origin}`);
  const browser = new Browser(origin);
  const password = randomBytes(PASSWORD_BYTES).toString('base64url');
  const choosing = await browser.send(await browser.open(link), {});
  const done = await browser.send(choosing, { password });
  if (done.faults !== '' || done.status >= 400) throw new Error(`${done.title}: ${done.faults}`);
  return new Person(email, password);
}

/** Nobody outside gets to what operators do, whatever they show; to all else they get, and have to show something. */
async function requireNoWayToOperations(origin) {
  for (const [path, expected] of Object.entries({ 'operations/rebuilds': 503, [COMPANY]: 401 })) {
    const { status } = await fetch(`${origin}/api/identity/v1/${path}`);
    if (status !== expected) throw new Error(`${path} answers ${status} outside, not ${expected}`);
  }
}
