/**
 * Runs in a pod: two agents send one change after another, each until it is acknowledged, until the file /tmp/stop appears; then every
 * record must be as its last acknowledged change said. The last line is a JSON object; exit 1 where anything is missing.
 */
import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { followSetUpGuide } from './follow-set-up-guide.mjs';

const EVERY_MS = 50;
const RECORDS = 40;
const SHOWN_WITHIN_MS = 60_000;
/** A request that takes longer has failed for whoever waits for it. */
const ANSWER_WITHIN_MS = 30_000;
const SHOWN_CHARACTERS = 300;
/** How often it says how far it is. */
const SAY_EVERY = 5;
/** One keeps its connection, as clients do; one makes a connection a request, so that every pod gets its share. */
const AGENTS = [
  { agent: 'keeps', headers: {}, firstNumber: 10_000 },
  { agent: 'closes', headers: { connection: 'close' }, firstNumber: 20_000 },
];
const COMPANY = '00000000-0000-7000-8000-000888888888';

const urls = Object.fromEntries(process.env.URLS.split(',').map((entry) => entry.split(/=(.*)/s)));
const expected = new Map();
const failures = {};
let acknowledged = 0;
let isSending = false;

async function ask(service, method, path, { body, contentType = 'application/json', headers } = {}) {
  const response = await fetch(`${urls[service]}/api/${service}/v1/${path}`, {
    method,
    headers: { ...headers, ...(body !== undefined && { 'content-type': contentType }) },
    ...(body !== undefined && { body }),
    signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
  });
  const text = await response.text();
  if (!response.ok) throw Object.assign(new Error(text), { kind: `status ${response.status}` });
  return text === '' ? undefined : JSON.parse(text);
}

/** Again until it succeeds; what failed is counted by kind. */
async function surely(attempt) {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      const kind = error.kind ?? error.cause?.code ?? error.name;
      failures[kind] = (failures[kind] ?? 0) + 1;
      if (isSending)
        console.log(
          `failed: ${new Date().toISOString()} ${kind} ${error.message}`.slice(0, SHOWN_CHARACTERS),
        );
      await delay(EVERY_MS);
    }
  }
}

const details = {
  id: COMPANY,
  name: 'Under belastning AS',
  organisationNumber: '888888888',
  country: 'NO',
  address: { lines: ['Testveien 2'], postcode: '0150', town: 'Oslo', country: 'NO' },
};
const ofIdentity = (method, path, body) =>
  ask('identity', method, path, body && { body: JSON.stringify(body) });
await surely(() => ofIdentity('POST', 'companies', details));
await surely(() => followSetUpGuide(ofIdentity, COMPANY));
await surely(async () => {
  const { enabled } = await ask('contacts', 'GET', `companies/${COMPANY}/sync-status`);
  if (!enabled) throw new Error('not switched on yet');
});
for (const kind of Object.keys(failures)) delete failures[kind];
isSending = true;

const incarnation = Date.now().toString(36);
await Promise.all(AGENTS.map(send));

async function send({ agent, headers, firstNumber }) {
  for (let sequence = 1; !existsSync('/tmp/stop'); sequence += 1) {
    const number = String(firstNumber + (sequence % RECORDS));
    const name = `Kunde ${sequence}`;
    const record = { kind: 'customer', number, name };
    const body = `${JSON.stringify({ op: 'put', kind: 'customer', record })}\n`;
    const query = `agent=${agent}&incarnation=${incarnation}&sequence=${sequence}`;
    const path = `companies/${COMPANY}/changes?${query}`;
    await surely(() => ask('contacts', 'POST', path, { body, contentType: 'application/x-ndjson', headers }));
    expected.set(number, name);
    acknowledged += 1;
    if (acknowledged % SAY_EVERY === 1) console.log(`taken: ${acknowledged}`);
    await delay(EVERY_MS);
  }
}

const deadline = Date.now() + SHOWN_WITHIN_MS;
let wrong = [...expected];
while (wrong.length > 0 && Date.now() < deadline) {
  const still = [];
  for (const [number, name] of wrong) {
    const found = await ask('contacts', 'GET', `companies/${COMPANY}/contacts/customer/${number}`).catch(
      () => undefined,
    );
    if (found?.name !== name) still.push([number, name]);
  }
  wrong = still;
  if (wrong.length > 0) await delay(EVERY_MS);
}
console.log(JSON.stringify({ acknowledged, failures, records: expected.size, wrong: wrong.length }));
process.exit(wrong.length === 0 ? 0 : 1);
