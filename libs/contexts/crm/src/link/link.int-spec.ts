import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { CompanyId } from '@samspill/kernel';
import { OutsideSystem, waitFor } from '@samspill/testing';
import { ToyCrm, ToyCrms } from '../crm/toy-crm.specification.js';
import { CrmWorld, customer, put } from '../crm-world.specification.js';

const crms = new ToyCrms();
let world: CrmWorld;
let crm: OutsideSystem;
let company: CompanyId;

beforeAll(async () => {
  world = await CrmWorld.open(crms);
});
afterAll(() => world.close());
beforeEach(async () => {
  crm = await OutsideSystem.start({ seed: 1 });
  company = await world.company();
});
afterEach(() => crm.stop());

function connect(): void {
  crms.connected.set(company, new ToyCrm(crm.url));
}

async function start(): Promise<void> {
  expect(await world.request('POST', `${company}/link/start`)).toMatchObject({ status: 200 });
}

/** It says so a moment after a start, or after what it has waited for. */
async function runs(): Promise<void> {
  await waitFor(async () => (await world.link(company)).state === 'running', { describe: 'the link to run' });
}

function references(): readonly string[] {
  return crm.effects.map(({ reference }) => reference.replace(company, '…'));
}

describe('the link between a company and its CRM', () => {
  it('L3 does not start before somebody has connected it, and says what to do', async () => {
    expect(await world.request('POST', `${company}/link/start`)).toMatchObject({
      status: 422,
      body: { code: 'crm.not-connected', detail: expect.stringContaining('Connect the company') },
    });
    expect(await world.link(company)).toMatchObject({
      state: 'stopped',
      connected: false,
      reason: { code: 'crm.not-connected', whatToDo: expect.stringContaining('token') },
    });
  });

  it('L1 is started and stopped: what waits goes out when it is on, customers before what is theirs', async () => {
    connect();
    await world.orders(company, [put({ number: '1', customer: '10' })]);
    await world.put(company, {
      kind: 'contact-person',
      number: '7',
      name: 'Ola',
      parent: { kind: 'customer', number: '10' },
    });
    await world.put(company, customer('10', 'Fjord AS'));
    await waitFor(
      async () => {
        const { customers, persons, orders } = await world.link(company);
        return customers.toDeliver + persons.toDeliver + orders.toDeliver === 3;
      },
      { describe: 'them to wait' },
    );
    expect(crm.writes).toBe(0);
    await start();
    await world.delivered(company, 3);
    await runs();
    expect(references()[0]).toBe('customer/…/10');
    expect([...references()].sort()).toEqual(['customer/…/10', 'order/…/1', 'person/…/7']);
    expect(await world.request('POST', `${company}/link/stop`)).toMatchObject({
      status: 200,
      body: { state: 'stopped', switched: { by: 'user:local' } },
    });
    await world.put(company, customer('10', 'Fjell AS'));
    await waitFor(async () => (await world.link(company)).customers.toDeliver === 1, {
      describe: 'it to wait',
    });
    expect(crm.effects).toHaveLength(3);
    await start();
    await world.delivered(company, 3);
    expect(crm.effects).toHaveLength(4);
    expect(crm.repeated).toEqual([]);
  });

  it('L9 transfers customers and orders by switches of their own', async () => {
    connect();
    await world.put(company, customer('10', 'Fjord AS'));
    await world.orders(company, [put({ number: '1', customer: '10' })]);
    const settings = { orders: false, timeZone: 'Europe/Stockholm' };
    expect(await world.request('PATCH', `${company}/link/settings`, settings)).toMatchObject({
      status: 200,
      body: { settings: { customers: true, orders: false, timeZone: 'Europe/Stockholm' } },
    });
    await start();
    await waitFor(() => crm.effects.length === 1, { describe: 'the customer' });
    await world.put(company, customer('10', 'Fjell AS'));
    await waitFor(() => crm.effects.length === 2, { describe: 'the customer as it is now' });
    await waitFor(async () => (await world.link(company)).orders.toDeliver === 1, {
      describe: 'the order to wait',
    });
    await world.request('PATCH', `${company}/link/settings`, { orders: true });
    await world.delivered(company, 2);
    expect(references().at(-1)).toBe('order/…/1');
    const bad = { timeZone: 'Oslo', colour: 'red' };
    expect(await world.request('PATCH', `${company}/link/settings`, bad)).toMatchObject({
      status: 400,
      body: { faults: [{}, {}] },
    });
  });

  it('L11 says what it waits for while the CRM is away, and goes on by itself', async () => {
    connect();
    await start();
    crm.isDown = true;
    await world.put(company, customer('10', 'Fjord AS'));
    // It may wait for something of its own before: a service that has just started has much to do.
    const waits = async (): Promise<void> => {
      expect(await world.link(company)).toMatchObject({
        state: 'waiting',
        reason: {
          code: 'crm.failing',
          words: 'We are down for maintenance.',
          until: expect.any(String),
          since: expect.any(String),
        },
      });
    };
    await waitFor(() => waits().then(() => true), { describe: 'it to wait for the CRM' });
    crm.isDown = false;
    expect(await world.delivered(company, 1)).toMatchObject({ customers: { delivered: 1 } });
    await runs();
    expect(crm.effects).toHaveLength(1);
  });

  it('lists what the CRM refuses, holds up nothing else for it, and tries one, some or all again', async () => {
    connect();
    await start();
    for (const number of ['10', '11'])
      crm.refuses.set(`customer/${company}/${number}`, 'A name needs a vowel.');
    for (const number of ['10', '11', '12']) await world.put(company, customer(number, 'xyz'));
    await world.delivered(company, 3);
    const list = `${company}/link/undelivered`;
    expect((await world.request('GET', `${list}?kind=customers`)).body).toMatchObject({
      records: ['10', '11'].map((number) => ({
        thing: `customer/${company}/${number}`,
        code: 'crm.record-refused',
        words: 'A name needs a vowel.',
      })),
    });
    crm.refuses.clear();
    const some = { things: [`customer/${company}/10`] };
    expect(await world.request('POST', `${list}/retry`, some)).toMatchObject({ body: { tried: 1 } });
    await waitFor(() => crm.effects.length === 2, { describe: 'the one' });
    expect(await world.request('POST', `${list}/retry`, { all: true })).toMatchObject({ body: { tried: 1 } });
    await world.delivered(company, 3);
    const foreign = { things: ['customer/another/10'] };
    expect(await world.request('POST', `${list}/retry`, foreign)).toMatchObject({ status: 404 });
    expect(crm.repeated).toEqual([]);
  });

  it('L5 L6 L8 is set back by the company’s clock: the CRM gets what it has lost, and nothing that it has', async () => {
    connect();
    await start();
    for (const number of ['10', '11', '12']) await world.put(company, customer(number, 'Fjord'));
    await world.orders(company, [put({ number: '1', customer: '10' })]);
    await world.delivered(company, 4);
    const lost = crm.effects.findIndex(({ reference }) => reference === `customer/${company}/11`);
    crm.effects.splice(lost, 1);
    const rewind = `${company}/link/rewind`;
    expect(await world.request('POST', `${rewind}/preview`, { to: '2020-01-01T00:00' })).toMatchObject({
      status: 200,
      body: {
        to: '2019-12-31T23:00:00.000Z',
        timeZone: 'Europe/Oslo',
        customers: { changed: 3, alreadyThere: 3, toDeliver: 0 },
        orders: { changed: 1, alreadyThere: 1, toDeliver: 0 },
        onDeletion: 'archive',
        onErasure: 'erase',
      },
    });
    expect(await world.request('POST', rewind, { to: '2020-01-01T00:00', reason: 'Case 17' })).toMatchObject({
      status: 202,
    });
    await waitFor(() => crm.effects.length === 4, { describe: 'the CRM to have it again' });
    expect(await world.delivered(company, 4)).toMatchObject({
      watermark: { to: '2019-12-31T23:00:00.000Z', by: 'user:local', reason: 'Case 17' },
    });
    expect(crm.repeated).toEqual([]);
    expect(crm.effects).toHaveLength(4);
    expect(await world.request('POST', rewind, { to: '2999-01-01T00:00', reason: 'x' })).toMatchObject({
      status: 422,
      body: { code: 'rewind.future' },
    });
  });

  it('L5 is not set back once more while that is under way, and says who had it set back and why', async () => {
    connect();
    const reactors = ['customers', 'persons', 'orders'].map((name) => `reactors/crm.deliver-${name}`);
    for (const path of reactors)
      await world.operations('POST', `${path}/hold`, { reason: 'Nothing is gone over' });
    const rewind = async () =>
      await world.request('POST', `${company}/link/rewind`, { to: '2020-01-01T00:00', reason: 'Case 18' });
    expect(await rewind()).toMatchObject({ status: 202 });
    expect(await rewind()).toMatchObject({
      status: 409,
      body: { code: 'reactor.redelivery-conflict', detail: expect.stringContaining('user:local') },
    });
    for (const path of reactors) await world.operations('POST', `${path}/release`, { reason: 'Now it is' });
    await waitFor(async () => (await rewind()).status === 202, { describe: 'the first to be over' });
  });

  it('archives what is deleted, erases who is forgotten, or leaves it alone, as the settings say', async () => {
    connect();
    await start();
    for (const number of ['10', '11', '12']) await world.put(company, customer(number, 'Fjord'));
    await world.delivered(company, 3);
    await world.others.remove(company, 'customer', '10');
    await world.others.forget(company, 'customer', '11');
    await waitFor(() => crm.effects.length === 5, { describe: 'both to be gone' });
    expect(crm.things.get(`customer/${company}/10`)?.value).toEqual({ archive: true });
    expect(crm.things.get(`customer/${company}/11`)?.value).toEqual({ erase: true });
    await world.request('PATCH', `${company}/link/settings`, { onDeletion: 'keep' });
    await world.others.remove(company, 'customer', '12');
    await world.put(company, customer('13', 'Fjord'));
    await world.delivered(company, 4);
    expect(references().slice(5)).toEqual(['customer/…/13']);
  });
});

describe('orders from the ERP', () => {
  it('come in once for each batch, in their turn, with the bad ones listed and the good ones taken', async () => {
    connect();
    await start();
    await world.put(company, customer('10', 'Fjord AS'));
    const changes = [put({ number: '1', customer: '10' }), put({ number: '2', customer: '' }), { op: 'put' }];
    const counts = { created: 1, changed: 0, deleted: 0, unchanged: 0, rejected: 2 };
    const tooFar = 3;
    expect(await world.orders(company, changes, tooFar)).toMatchObject({
      status: 409,
      body: { code: 'batch.sequence-conflict' },
    });
    expect(await world.orders(company, changes, 1)).toMatchObject({ body: { ...counts, repeated: false } });
    expect(await world.orders(company, changes, 1)).toMatchObject({ body: { ...counts, repeated: true } });
    expect(await world.orders(company, [{ op: 'delete', number: '1' }], 1)).toMatchObject({
      status: 409,
      body: { code: 'batch.content-conflict' },
    });
    const rejected = `${company}/orders/rejected`;
    await waitFor(
      async () => JSON.stringify((await world.request('GET', rejected)).body).includes('customer.invalid'),
      { describe: 'the rejected ones' },
    );
    await world.orders(company, [put({ number: '2', customer: '10' })], 2);
    await world.delivered(company, 3);
    await waitFor(
      async () => !JSON.stringify((await world.request('GET', rejected)).body).includes('customer.invalid'),
      { describe: 'the mended one to be off the list' },
    );
    await world.orders(company, [{ op: 'delete', number: '1' }, put({ number: '2', customer: '10' })], 3);
    await waitFor(() => crm.effects.length === 4, { describe: 'the deleted one to be archived' });
    await world.orders(company, [put({ number: '1', customer: '10' })], 4);
    await waitFor(() => crm.effects.length === 5, { describe: 'it to be there again' });
    expect(crm.repeated).toEqual([]);
  });
});
