/**
 * Does what Samspill is for on a company of its own, over HTTP alone: register, switch on, send changes, find, rebuild from the log,
 * and prove the rows the same. May be done again.
 */
import { followSetUpGuide } from './follow-set-up-guide.mjs';

const DEADLINE_MS = 120_000;
const POLL_MS = 250;
/** UUID that begins like no company of anybody's, so that the same company is found again. */
const COMPANY_PREFIX = '00000000-0000-7000-8000-000';
const PROJECTION = 'contacts.directory';

const urls = Object.fromEntries(process.env.URLS.split(',').map((entry) => entry.split(/=(.*)/s)));
const organisationNumber = process.env.ORGANISATION_NUMBER;
const run = Date.now().toString(36);
const deadline = Date.now() + DEADLINE_MS;

async function ask(service, method, path, body, contentType = 'application/json') {
  const sent = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
  const response = await fetch(`${urls[service]}/api/${service}/v1/${path}`, {
    method,
    ...(sent !== undefined && { body: sent, headers: { 'content-type': contentType } }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path} was answered ${response.status}: ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}

/** Asks until the answer is there; what is refused meanwhile is what was refused when time is up. */
async function until(what, look) {
  for (let last; ;) {
    try {
      const found = await look();
      if (found !== undefined) return found;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline) throw new Error(`${what} did not come about in time`, { cause: last });
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

const company = await until('the registration', () =>
  ask('identity', 'POST', 'companies', {
    id: `${COMPANY_PREFIX}${organisationNumber}`,
    name: process.env.COMPANY_NAME,
    organisationNumber,
    country: 'NO',
    address: { lines: ['Testveien 1'], postcode: '0150', town: 'Oslo', country: 'NO' },
  }),
);
console.log(`Registered ${company.name}, ${company.id}`);

await followSetUpGuide((method, path, body) => ask('identity', method, path, body), company.id);
await until('synchronisation', async () => {
  const { enabled } = await ask('contacts', 'GET', `companies/${company.id}/sync-status`);
  return enabled || undefined;
});
console.log(
  'Followed the set-up guide and switched synchronisation on; contacts-sync heard of it over the log',
);

const name = `Kunde ${run}`;
const change = { op: 'put', kind: 'customer', record: { kind: 'customer', number: '10001', name } };
const agent = `agent=helm-test&incarnation=${run}&sequence=1`;
await ask(
  'contacts',
  'POST',
  `companies/${company.id}/changes?${agent}`,
  `${JSON.stringify(change)}\n`,
  'application/x-ndjson',
);
await until('the customer in the directory', async () => {
  const found = await ask(
    'contacts',
    'GET',
    `companies/${company.id}/contacts?q=${encodeURIComponent(name)}`,
  );
  return found.contacts.length > 0 || undefined;
});
console.log(`Sent a change as the ERP's agent would, and found «${name}» in the directory`);

const rebuild = await ask('contacts', 'POST', 'operations/rebuilds', {
  scope: { kind: 'company', company: company.id },
  reason: 'helm test',
});
await until('the rebuild', async () => {
  const { state, failure } = await ask('contacts', 'GET', `operations/rebuilds/${rebuild.id}`);
  if (state === 'failed' || state === 'cancelled') {
    console.error(`The rebuild is ${state}: ${failure ?? 'no reason was given'}`);
    process.exit(1);
  }
  return state === 'done' || undefined;
});
const found = await ask('contacts', 'GET', `companies/${company.id}/contacts/customer/10001`);
if (found.name !== name)
  throw new Error(`After the rebuild of ${PROJECTION} the customer is called «${found.name}».`);
console.log("Rebuilt the company's rows from the log, and found the same");
