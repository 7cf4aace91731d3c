import { describe, expect, it } from '@jest/globals';
import { HubSpotSimulator, type HubSpotOptions } from '@samspill/testing/simulators';
import type { CrmWish } from '../crm/crm.js';
import { confirmed, deliver } from '../vendor/delivering.specification.js';
import { customer, order, person, put, referenceOf, remove } from '../vendor/wishes.specification.js';
import { connectHubSpot, type HubSpotConnection } from './connect-hubspot.js';
import type { HubSpotCrm } from './hubspot-crm.js';
import { CONTENT, REFERENCE } from './hubspot-fields.js';

const NEVER = new AbortController().signal;
const LIMITS = { batchSize: 10, callTimeoutMs: 5_000, settleMs: 5 };
const NO_LIMIT = { requests: 100_000, windowMs: 10 };

interface World extends AsyncDisposable {
  readonly hubspot: HubSpotSimulator;
  readonly crm: HubSpotCrm;
}

async function world(
  options: Partial<HubSpotOptions> = {},
  more: Partial<HubSpotConnection> = {},
): Promise<World> {
  const hubspot = await HubSpotSimulator.start({
    seed: 1,
    limit: NO_LIMIT,
    retryAfterSeconds: 0,
    ...options,
  });
  const crm = connectHubSpot({
    secrets: { kind: 'private-app', token: hubspot.staticToken },
    keep: () => Promise.resolve(),
    origin: hubspot.server.url,
    limits: LIMITS,
    timeoutMs: 500,
    ...more,
  });
  return { hubspot, crm, [Symbol.asyncDispose]: () => hubspot.stop() };
}

/** With the fields made. */
async function readyWorld(options: Partial<HubSpotOptions> = {}): Promise<World> {
  const made = await world({ ...options, faults: {} });
  expect(await made.crm.check(NEVER)).toMatchObject({ kind: 'ready' });
  made.hubspot.server.faults = options.faults ?? {};
  return made;
}

describe('HubSpot', () => {
  it('L3 is set up by checking it: fields of ours in a group, the reference unique; again is harmless', async () => {
    await using it = await world();
    expect(await it.crm.check(NEVER)).toMatchObject({ kind: 'ready' });
    expect(await it.crm.check(NEVER)).toMatchObject({ kind: 'ready' });
    for (const type of ['companies', 'contacts', 'orders'] as const)
      expect(it.hubspot.property(type, REFERENCE)).toMatchObject({
        hasUniqueValue: true,
        groupName: 'samspill',
      });
  });

  it('L3 that cannot be worked with says why: a wrong token, no server, an answer of its own', async () => {
    await using it = await world();
    it.hubspot.expireTokens(true);
    expect(await it.crm.check(NEVER)).toMatchObject({ kind: 'not-ready', code: 'crm.sign-in-refused' });
    await using down = await world();
    down.hubspot.server.faults = { failing: 1 };
    expect(await down.crm.check(NEVER)).toMatchObject({ code: 'crm.failing' });
    down.hubspot.server.faults = { busy: 1 };
    expect(await down.crm.check(NEVER)).toMatchObject({ code: 'crm.rate-limited', retryAfterMs: 0 });
    const gone = await world();
    await gone[Symbol.asyncDispose]();
    expect(await gone.crm.check(NEVER)).toMatchObject({ code: 'crm.unreachable' });
  });

  it('has customers, persons and orders with their customer, each once, and is not written to for what it has', async () => {
    await using it = await readyWorld();
    const address = { lines: ['Storgata 1', '2. etasje'], postcode: '0150', town: 'Oslo', country: 'NO' };
    const customers = ['1', '2'].map((number) => put(customer(number, { address, phone: '+4722334455' })));
    expect(confirmed(await deliver(it.crm, customers))).toBe(true);
    const persons = [put(person('1-1', '1', { email: 'kari@example.no', title: 'CEO' }))];
    const orders = [put(order('10', '1')), put(order('11', '2'))];
    expect(confirmed(await deliver(it.crm, persons))).toBe(true);
    expect(confirmed(await deliver(it.crm, orders))).toBe(true);
    const { length } = it.hubspot.effects;
    for (const all of [customers, persons, orders]) expect(confirmed(await deliver(it.crm, all))).toBe(true);
    expect(it.hubspot.effects).toHaveLength(length);
    const [first] = it.hubspot.live('companies');
    expect(first?.properties).toMatchObject({ name: 'Customer 1', address2: '2. etasje', zip: '0150' });
    const [kari] = it.hubspot.live('contacts');
    expect(kari?.properties).toMatchObject({ firstname: 'Kari Nordmann', lastname: '1-1', jobtitle: 'CEO' });
    const tenth = it.hubspot.live('orders').find(({ properties }) => properties['samspill_number'] === '10');
    expect(tenth?.properties).toMatchObject({
      hs_total_price: '1250.50',
      samspill_lines: '2 × A1 Chai à 625.25 = 1250.50',
    });
    expect(it.hubspot.companiesOf('orders', tenth?.id ?? '')).toEqual([first?.id]);
  });

  it('has a field empty that the ERP has empty, and keeps what its own people have written in others', async () => {
    await using it = await readyWorld();
    await deliver(it.crm, [put(customer('1', { phone: '+4722334455', website: 'https://a.no' }))]);
    const [company] = it.hubspot.live('companies');
    it.hubspot.editByHand('companies', company?.id ?? '', { state: 'Østlandet' });
    await deliver(it.crm, [put(customer('1', { website: 'https://a.no' }))]);
    expect(it.hubspot.live('companies')[0]?.properties).not.toHaveProperty('phone');
    expect(it.hubspot.repeated).toEqual([]);
  });

  it('that refuses one record takes the others of its batch, and its own words are told', async () => {
    await using it = await readyWorld();
    await deliver(it.crm, [put(customer('1'))]);
    const outcomes = await deliver(it.crm, [
      put(person('1', '1', { email: 'a@example.no' })),
      put(person('2', '1', { email: 'nobody at all' })),
      put(person('3', '1', { email: 'a@example.no' })),
      put(person('4', '1')),
    ]);
    expect([...outcomes.values()].map(({ kind }) => kind)).toEqual([
      'confirmed',
      'refused',
      'refused',
      'confirmed',
    ]);
    expect(outcomes.get(referenceOf('person', '2'))).toMatchObject({
      code: 'crm.record-refused',
      words: expect.stringContaining('nobody at all is invalid'),
    });
    expect(it.hubspot.live('contacts')).toHaveLength(2);
  });

  it('lets an order wait whose customer is not there yet, and nothing else', async () => {
    await using it = await readyWorld();
    await deliver(it.crm, [put(customer('1'))]);
    const outcomes = await it.crm.write([put(order('10', '1')), put(order('11', '2'))], NEVER);
    expect(outcomes).toMatchObject([
      { kind: 'confirmed' },
      { kind: 'not-sent', code: 'crm.customer-not-there', holdsUp: 'thing' },
    ]);
  });

  it('relates an order anew that has got another customer', async () => {
    await using it = await readyWorld();
    await deliver(it.crm, [put(customer('1')), put(customer('2'))]);
    await deliver(it.crm, [put(order('10', '1'))]);
    await deliver(it.crm, [put(order('10', '2'))]);
    const second = it.hubspot
      .live('companies')
      .find(({ properties }) => properties['samspill_number'] === '2');
    expect(it.hubspot.companiesOf('orders', it.hubspot.live('orders')[0]?.id ?? '')).toEqual([second?.id]);
    expect(it.hubspot.repeated).toEqual([]);
  });

  it('L8 an order that was deleted and made again is there once, and the former one can be brought back by hand', async () => {
    await using it = await readyWorld();
    await deliver(it.crm, [put(customer('1'))]);
    await deliver(it.crm, [put(order('10', '1'))]);
    for (const wishes of [[remove('order', '10')], [remove('order', '10')], [put(order('10', '1'))]])
      expect(confirmed(await deliver(it.crm, wishes))).toBe(true);
    expect([it.hubspot.live('orders'), it.hubspot.archived('orders')].map(({ length }) => length)).toEqual([
      1, 1,
    ]);
  });

  it('L8 a company that people have merged into another is not made again; its orders belong to the other', async () => {
    await using it = await readyWorld();
    const outcomes = await deliver(it.crm, [put(customer('1')), put(customer('2'))]);
    const [one, two] = ['1', '2'].map((number) => {
      const outcome = outcomes.get(referenceOf('customer', number));
      return outcome?.kind === 'confirmed' ? (outcome.reference ?? '') : '';
    });
    it.hubspot.mergeByHand('companies', one ?? '', two ?? '');
    const again = put(customer('2', { phone: '+4722334455' }), { crmId: two ?? '' });
    const refusal = (await deliver(it.crm, [again])).get(again.reference);
    expect(refusal).toMatchObject({ kind: 'refused', words: expect.stringContaining(`into record ${one}`) });
    const wish = { ...put(order('10', '2')), customerCrmId: two ?? '' };
    expect(confirmed(await deliver(it.crm, [wish]))).toBe(true);
    expect(it.hubspot.companiesOf('orders', it.hubspot.live('orders')[0]?.id ?? '')).toEqual([one]);
    expect(it.hubspot.live('companies')).toHaveLength(1);
  });

  it('L8 a record whose reference somebody has emptied is found by its id, and written to', async () => {
    await using it = await readyWorld();
    await deliver(it.crm, [put(customer('1'))]);
    const id = it.hubspot.live('companies')[0]?.id ?? '';
    it.hubspot.editByHand('companies', id, { [REFERENCE]: '', [CONTENT]: '' });
    await deliver(it.crm, [put(customer('1'), { crmId: id })]);
    expect(it.hubspot.live('companies')).toMatchObject([{ id, properties: { [REFERENCE]: 'c/customer/1' } }]);
  });

  it('who is forgotten is emptied and archived, and their number is what is left', async () => {
    await using it = await readyWorld();
    await deliver(it.crm, [put(customer('1'))]);
    await deliver(it.crm, [put(person('7', '1', { email: 'kari@example.no', phone: '22334455' }))]);
    expect(confirmed(await deliver(it.crm, [remove('person', '7', 'erase')]))).toBe(true);
    const [kept] = it.hubspot.archived('contacts');
    expect(JSON.stringify(kept?.properties)).not.toMatch(/Kari|example|2233/);
    expect(kept?.properties['samspill_number']).toBe('7');
    expect(await it.crm.lookUp([remove('person', '7', 'erase')], NEVER)).toEqual([{ kind: 'there' }]);
  });

  it('is called with tokens that are renewed when they end, and a refresh token that rotates is kept', async () => {
    const kept: unknown[] = [];
    const hubspot = await HubSpotSimulator.start({ seed: 1, limit: NO_LIMIT });
    await using it = await world({}, {});
    const crm = connectHubSpot({
      secrets: { kind: 'oauth', clientId: 'us', clientSecret: 'hush', refreshToken: hubspot.refreshToken },
      keep: (secrets) => Promise.resolve(void kept.push(secrets)),
      origin: hubspot.server.url,
      limits: it.crm.limits,
    });
    expect(await crm.check(NEVER)).toMatchObject({ kind: 'ready' });
    hubspot.expireTokens();
    expect(confirmed(await deliver(crm, [put(customer('1'))]))).toBe(true);
    expect(kept).toEqual([]);
    await hubspot.stop();
  });

  it.each([1, 2, 3, 4])(
    'L8 through faults by seed %i ends equal to the ERP, without a duplicate or a repeated effect',
    async (seed) => {
      const faults = {
        busy: 0.05,
        failing: 0.08,
        failingAfter: 0.08,
        cutAfter: 0.08,
        silentAfter: 0.02,
        latencyMs: 3,
      };
      await using it = await readyWorld({ seed, faults, limit: { requests: 60, windowMs: 100 } });
      const rounds: CrmWish[][] = [
        ['1', '2', '3'].map((number) => put(customer(number))),
        ['a', 'b', 'c', 'd'].map((number, at) => put(order(number, String((at % 3) + 1)))),
        [put(person('p', '1', { email: 'p@example.no' }))],
        [put(customer('1', { phone: '+4722334455' })), put(customer('2'))],
        [put(order('a', '2')), remove('order', 'b'), put(order('c', '3', { status: 'delivered' }))],
        [put(order('b', '2', { total: '7.00' })), put(order('d', '1'))],
      ];
      for (const wishes of rounds) expect(confirmed(await deliver(it.crm, wishes))).toBe(true);
      const counts = (['companies', 'contacts', 'orders'] as const).map(
        (type) => it.hubspot.live(type).length,
      );
      expect(counts).toEqual([3, 1, 4]);
      const contents = it.hubspot.live('orders').map(({ properties }) => properties[CONTENT]);
      const wanted = [
        put(order('a', '2')),
        put(order('b', '2', { total: '7.00' })),
        put(order('c', '3', { status: 'delivered' })),
        put(order('d', '1')),
      ];
      expect(new Set(contents)).toEqual(new Set(wanted.map(({ content }) => content)));
      expect(it.hubspot.repeated).toEqual([]);
      expect(
        it.hubspot.duplicates('orders', REFERENCE).size + it.hubspot.duplicates('companies', REFERENCE).size,
      ).toBe(0);
      expect(it.hubspot.arrivals.crossed).toBe(0);
    },
  );

  it('L8 is never sent more than its limit allows, however many write at once', async () => {
    await using made = await world({ limit: { requests: 20, windowMs: 300 } }, { timeoutMs: 10_000 });
    expect(await made.crm.check(NEVER)).toMatchObject({ kind: 'ready' });
    const writes = Array.from({ length: 30 }, (_, at) => made.crm.write([put(customer(String(at)))], NEVER));
    await Promise.all(writes);
    expect(made.hubspot.live('companies')).toHaveLength(30);
    expect(made.hubspot.arrivals.crossed).toBe(0);
  });
});
