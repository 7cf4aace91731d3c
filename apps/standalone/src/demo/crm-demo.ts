import { pollUntil } from '../poll.js';
import { say, step } from '../say.js';
import { Api, ApiRefusal } from './api.js';

const ORDERS = 60;
const ORDERED_ON = ['2026-01-12', '2026-02-02', '2026-02-20'];
const AGENT = 'agent=demo&incarnation=orders&sequence=1';

interface Link {
  readonly state: string;
  readonly toBeSorted: number;
  readonly customers: Transfer;
  readonly persons: Transfer;
  readonly orders: Transfer;
}
interface Transfer {
  readonly toDeliver: number;
  readonly delivered: number;
}
interface Contacts {
  readonly contacts: readonly { readonly number: string }[];
}

/** Where the demo company's CRM is: a simulator in this process. */
export interface DemoCrm {
  readonly token: string;
}

/** Links the demo company to its CRM through the public API: connect, start, send orders, see it all arrive. */
export async function linkToCrm(base: string, company: string, crm: DemoCrm): Promise<void> {
  const api = new Api(base);
  const path = `/api/crm/v1/companies/${company}`;
  await step(
    async () => {
      await api.call('PUT', `${path}/connection`, {
        kind: 'hubspot',
        account: 'SIMULATOR, not HubSpot',
        secrets: { kind: 'private-app', token: crm.token },
      });
      await api.send(`${path}/orders/changes?${AGENT}`, 'application/x-ndjson', await orders(api, company));
      await api.post(`${path}/link/start`, {});
    },
    () => 'Linked the company to a SIMULATED HubSpot in this process; nothing goes to a real CRM',
  );
  const {
    customers,
    persons,
    orders: sent,
  } = await step(
    () => delivered(api, path),
    () => 'Brought everything there, once: customers first, then what belongs to them',
  );
  say(
    `    ${customers.delivered} customers, ${persons.delivered} contact persons, ${sent.delivered} orders are in the simulated CRM`,
  );
}

/**
 * The simulator begins empty whenever it is started, as a CRM that has lost everything: the rewind gives it back. Nobody waits for that:
 * the link's own page says how far it is.
 */
export async function refillCrm(base: string, company: string): Promise<void> {
  const api = new Api(base);
  await step(
    () => setBack(api, company),
    () =>
      'Set the watermark back: the SIMULATED HubSpot begins empty, and is given everything again meanwhile',
  );
}

async function setBack(api: Api, company: string): Promise<void> {
  const reason = 'The simulated CRM begins empty with each start.';
  const path = `/api/crm/v1/companies/${company}/link/rewind`;
  try {
    await api.post(path, { to: '2000-01-01T00:00', reason });
  } catch (error) {
    // One that a former start has not come to the end of begins anew by itself.
    if (!(error instanceof ApiRefusal && error.isConflict)) throw error;
  }
}

async function delivered(api: Api, path: string): Promise<Link> {
  return await pollUntil('everything to be in the simulated CRM', async () => {
    const link = await api.get<Link>(`${path}/link`);
    const open = link.customers.toDeliver + link.persons.toDeliver + link.orders.toDeliver;
    return open === 0 && link.toBeSorted === 0 && link.orders.delivered === ORDERS ? link : undefined;
  });
}

async function orders(api: Api, company: string): Promise<string> {
  const { contacts } = await api.get<Contacts>(
    `/api/contacts/v1/companies/${company}/contacts?kind=customer&limit=50`,
  );
  return Array.from({ length: ORDERS }, (_, index) => {
    const number = String(20_001 + index);
    const amount = String(100 * ((index % 17) + 1));
    const order = {
      number,
      customer: contacts[index % contacts.length]?.number ?? '',
      orderedOn: ORDERED_ON[index % ORDERED_ON.length],
      currency: 'NOK',
      total: amount,
      lines: [{ text: 'Varer etter avtale', quantity: '1', unitPrice: amount, amount }],
    };
    return `${JSON.stringify({ op: 'put', order })}\n`;
  }).join('');
}
