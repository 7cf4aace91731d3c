import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { CompanyId } from '@samspill/kernel';
import { randomFrom } from '@samspill/testing';
import { ToyCrms } from './crm/toy-crm.specification.js';
import { crmReference } from './delivery/desired.js';
import { CrmWorld, customer, put } from './crm-world.specification.js';
import { hubSpotWorld, superOfficeWorld, type VendorWorld } from './vendor/vendor-worlds.specification.js';

const TEST_TIMEOUT_MS = 180_000;
const STEPS = 70;
const CUSTOMERS = 5;
const ORDERS = 6;
/** Has all the orders, and is never deleted: an order of nobody waits for ever. */
const OWNER = '0';
const NAMES = ['Fjord AS', 'Fjell AS', 'Foss AS'];
const FAULTS = { busy: 0.08, failing: 0.05, failingAfter: 0.08, cutAfter: 0.08 };

jest.setTimeout(TEST_TIMEOUT_MS);

/** What the ERP has. */
interface Erp {
  readonly customers: Map<string, string>;
  readonly orders: Map<string, object>;
}

describe.each([
  { vendor: 'HubSpot', seed: 20_261_122, open: hubSpotWorld },
  { vendor: 'SuperOffice', seed: 20_261_123, open: superOfficeWorld },
])('a link to $vendor', ({ seed, open }) => {
  const opened: AsyncDisposable[] = [];
  afterEach(async () => {
    for (const one of opened.splice(0).toReversed()) await one[Symbol.asyncDispose]();
  });

  it(`L8 ends with the CRM equal to the ERP, nothing twice and no effect twice, whatever happens meanwhile (seed ${seed})`, async () => {
    const vendor = await open(seed);
    opened.push(vendor);
    const crms = new ToyCrms();
    const world = await CrmWorld.open(crms);
    opened.push({ [Symbol.asyncDispose]: () => world.close() });
    const company = await world.company();
    crms.connected.set(company, vendor.crm);
    await world.request('POST', `${company}/link/start`);
    const erp = await happen(world, company, vendor, randomFrom(seed));
    vendor.server.isDown = false;
    vendor.server.faults = {};
    expect(await world.request('POST', `${company}/link/start`)).toMatchObject({ status: 200 });
    await world.allDelivered(company, TEST_TIMEOUT_MS / 2);
    const reference = (kind: 'customer' | 'order', number: string): string =>
      crmReference(kind, company, number);
    expect(vendor.customers()).toEqual(
      new Map([...erp.customers].map(([number, name]) => [reference('customer', number), name])),
    );
    for (const number of erp.orders.keys()) expect(vendor.orders()).toContain(reference('order', number));
    expect(vendor.duplicates()).toBe(0);
    expect(vendor.repeated()).toEqual([]);
  });
});

/** Changes in the ERP, faults and outages of the CRM, and people at the link, as chance has it. */
async function happen(
  world: CrmWorld,
  company: CompanyId,
  vendor: VendorWorld,
  random: () => number,
): Promise<Erp> {
  const erp: Erp = { customers: new Map(), orders: new Map() };
  const below = (count: number): number => Math.floor(random() * count);
  const change = async (): Promise<void> => {
    const number = String(below(CUSTOMERS));
    if (number !== OWNER && random() < 0.2 && erp.customers.delete(number))
      await world.remove(company, 'customer', number);
    else {
      const name = NAMES[below(NAMES.length)] ?? '';
      erp.customers.set(number, name);
      await world.put(company, customer(number, name));
    }
  };
  const order = async (): Promise<void> => {
    const number = String(below(ORDERS));
    if (random() < 0.2 && erp.orders.delete(number)) await world.orders(company, [{ op: 'delete', number }]);
    else {
      const sent = put({ number, customer: OWNER, total: String(below(3)) });
      erp.orders.set(number, sent);
      await world.orders(company, [sent]);
    }
  };
  const rare = [
    () => world.request('POST', `${company}/link/stop`),
    () => world.request('POST', `${company}/link/start`),
    () => world.request('POST', `${company}/link/rewind`, { to: '2020-01-01T00:00', reason: 'a test' }),
    () => {
      vendor.server.isDown = !vendor.server.isDown;
      return Promise.resolve();
    },
    async () => {
      await world.stop();
      await world.start();
    },
  ];
  vendor.server.faults = FAULTS;
  erp.customers.set(OWNER, 'Fjord AS');
  await world.put(company, customer(OWNER, 'Fjord AS'));
  for (let step = 0; step < STEPS; step += 1) {
    if (random() < 0.15) await rare[below(rare.length)]?.();
    else if (random() < 0.5) await change();
    else await order();
  }
  return erp;
}
