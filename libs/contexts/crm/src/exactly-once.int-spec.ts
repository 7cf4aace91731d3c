import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { PostgresLog, silentLogger } from '@samspill/eventlog';
import type { CompanyId } from '@samspill/kernel';
import { createTestDatabase, randomFrom, waitFor } from '@samspill/testing';
import { CrmProcesses } from './crm-processes.specification.js';
import { crmReference } from './delivery/desired.js';
import { CrmWorld, customer, put } from './crm-world.specification.js';
import { hubSpotWorld, superOfficeWorld, type VendorWorld } from './vendor/vendor-worlds.specification.js';

const TEST_TIMEOUT_MS = 180_000;
const DELIVERED_WITHIN_MS = 60_000;
/** Random steps between two of what has to happen in each run. */
const STEPS = 25;
const REWOUND_AT = 12;
const CUSTOMERS = 5;
const ORDERS = 6;
const PERSONS = 3;
/** Has all the orders and persons, and is never deleted: an order of nobody waits for ever. */
const OWNER = '0';
const NAMES = ['Fjord AS', 'Fjell AS', 'Foss AS'];
const FAULTS = { busy: 0.08, failing: 0.05, failingAfter: 0.08, cutAfter: 0.08 };

jest.setTimeout(TEST_TIMEOUT_MS);

/** What the ERP has; of customers their names. */
interface Erp {
  readonly customers: Map<string, string>;
  readonly orders: Set<string>;
  readonly persons: Set<string>;
}

/** One run: a company, its CRM, and the service in processes of its own. */
interface Run {
  readonly world: CrmWorld;
  readonly company: CompanyId;
  readonly vendor: VendorWorld;
  readonly processes: () => CrmProcesses;
  readonly erp: Erp;
  /** A whole number from 0 on. */
  readonly below: (count: number) => number;
}

describe.each([
  { vendor: 'HubSpot', seed: 20_261_122, open: hubSpotWorld, instances: 2, isDatabaseLost: false },
  { vendor: 'SuperOffice', seed: 20_261_123, open: superOfficeWorld, instances: 1, isDatabaseLost: true },
])('a link to $vendor', ({ seed, open, instances, isDatabaseLost }) => {
  const opened: AsyncDisposable[] = [];
  afterEach(async () => {
    for (const one of opened.splice(0).toReversed()) await one[Symbol.asyncDispose]();
  });

  it(`L8 ends with the CRM equal to the ERP, nothing twice and no effect twice, whatever happens meanwhile (seed ${seed})`, async () => {
    const run = await begun(seed, await open(seed), instances, opened);
    const { world, company, vendor, erp } = run;
    // One of several comes back while the others go on.
    const killed = instances > 1 ? run.processes().killOne(run.below(instances)) : undefined;
    await happen(run);
    await killed;
    await killedInCall(run, isDatabaseLost);
    await happen(run);
    await allIsWell(run);
    await waitFor(() => isLikeErp(run), {
      describe: 'the CRM to be as the ERP is',
      timeoutMs: DELIVERED_WITHIN_MS,
    });
    await world.allDelivered(company, DELIVERED_WITHIN_MS);
    expect(vendor.customers()).toEqual(
      new Map([...erp.customers].map(([number, name]) => [crmReference('customer', company, number), name])),
    );
    expect(vendor.duplicates()).toBe(0);
    expect(vendor.repeated()).toEqual([]);
  });
});

async function begun(
  seed: number,
  vendor: VendorWorld,
  instances: number,
  opened: AsyncDisposable[],
): Promise<Run> {
  opened.push(vendor);
  const ofLog = await createTestDatabase({ prefix: 'crm_log' });
  const log = await PostgresLog.open({ url: ofLog.url, logger: silentLogger });
  let processes: CrmProcesses | undefined;
  const world = await CrmWorld.over(log, (databaseUrl) => {
    const settings = { databaseUrl, logUrl: ofLog.url, vendor: vendor.address };
    return (processes = new CrmProcesses(settings, instances));
  });
  opened.push({
    [Symbol.asyncDispose]: async () => {
      await world.close();
      await log.close();
      await ofLog.drop();
    },
  });
  const company = await world.company();
  await world.request('POST', `${company}/link/start`);
  const erp: Erp = { customers: new Map([[OWNER, 'Fjord AS']]), orders: new Set(), persons: new Set() };
  await world.put(company, customer(OWNER, 'Fjord AS'));
  const random = randomFrom(seed);
  vendor.server.faults = FAULTS;
  return {
    world,
    company,
    vendor,
    erp,
    processes: () => {
      if (!processes) throw new Error('the service was not started');
      return processes;
    },
    below: (count) => Math.floor(random() * count),
  };
}

/** Changes in the ERP, faults and outages of the CRM, and people at the link, as chance has it. */
async function happen(run: Run): Promise<void> {
  const { world, company, vendor, below } = run;
  const rare: readonly (() => Promise<unknown>)[] = [
    () => world.request('POST', `${company}/link/stop`),
    () => world.request('POST', `${company}/link/start`),
    () => {
      vendor.server.isDown = !vendor.server.isDown;
      return Promise.resolve();
    },
  ];
  const usual = [changeCustomer, changeOrder, changePerson];
  for (let step = 0; step < STEPS; step += 1) {
    if (step === REWOUND_AT)
      await world.request('POST', `${company}/link/rewind`, { to: '2020-01-01T00:00', reason: 'a test' });
    if (below(100) < 15) await rare[below(rare.length)]?.();
    else await usual[below(usual.length)]?.(run);
  }
}

async function changeCustomer({ world, company, erp, below }: Run): Promise<void> {
  const number = String(below(CUSTOMERS));
  if (number !== OWNER && below(5) === 0 && erp.customers.delete(number)) {
    await world.others.remove(company, 'customer', number);
    return;
  }
  const name = NAMES[below(NAMES.length)] ?? '';
  erp.customers.set(number, name);
  await world.put(company, customer(number, name));
}

/** Deleted ones come again under their numbers. */
async function changeOrder({ world, company, erp, below }: Run): Promise<void> {
  const number = String(below(ORDERS));
  if (below(5) === 0 && erp.orders.delete(number)) {
    await world.ordersTaken(company, [{ op: 'delete', number }]);
    return;
  }
  erp.orders.add(number);
  await world.ordersTaken(company, [put({ number, customer: OWNER, total: String(below(3)) })]);
}

async function changePerson({ world, company, erp, below }: Run): Promise<void> {
  const number = String(below(PERSONS));
  if (below(5) === 0 && erp.persons.delete(number)) {
    await world.others.remove(company, 'contact-person', number);
    return;
  }
  erp.persons.add(number);
  const parent = { kind: 'customer' as const, number: OWNER };
  const name = `Kari ${NAMES[below(NAMES.length)] ?? ''}`;
  await world.put(company, { kind: 'contact-person', number, name, parent });
}

/**
 * All processes are killed while the CRM has done what they asked for and has not said so: between the call and its ledger.
 * @param isDatabaseLost what the ledger knew is to be had from the log alone then
 */
async function killedInCall(run: Run, isDatabaseLost: boolean): Promise<void> {
  const { world, company, vendor, processes, erp } = run;
  await allIsWell(run);
  let isDone = false;
  void vendor.server.withholdNextEffect().then(() => (isDone = true));
  erp.customers.set(OWNER, 'Fjord og Fjell AS');
  await world.put(company, customer(OWNER, 'Fjord og Fjell AS'));
  await waitFor(() => isDone, { describe: 'the CRM to have done it' });
  if (isDatabaseLost) {
    await world.loseDatabase();
    await world.releaseReactors();
  } else {
    await processes().killAll();
    await world.ready();
  }
  await waitFor(async () => (await world.request('GET', `${company}/link`)).status === 200, {
    describe: 'the company to be known again',
  });
  vendor.server.faults = FAULTS;
}

/** The CRM is there, and the link runs. */
async function allIsWell({ world, company, vendor }: Run): Promise<void> {
  vendor.server.isDown = false;
  vendor.server.faults = {};
  // An instance that takes over from one that died lets nobody write for a moment.
  await waitFor(async () => (await world.request('POST', `${company}/link/start`)).status === 200, {
    describe: 'the link to be started',
  });
}

function isLikeErp({ company, vendor, erp }: Run): boolean {
  const customers = vendor.customers();
  const [orders, persons] = [vendor.orders(), vendor.persons()];
  return (
    customers.size === erp.customers.size &&
    [...erp.customers].every(
      ([number, name]) => customers.get(crmReference('customer', company, number)) === name,
    ) &&
    [...erp.orders].every((number) => orders.has(crmReference('order', company, number))) &&
    [...erp.persons].every((number) => persons.has(crmReference('person', company, number)))
  );
}
