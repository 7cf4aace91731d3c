import { describe, expect, it } from '@jest/globals';
import { SuperOfficeSimulator, type SuperOfficeOptions } from '@samspill/testing/simulators';
import type { CrmWish } from '../crm/crm.js';
import { confirmed, deliver } from '../vendor/delivering.specification.js';
import { customer, order, person, put, referenceOf, remove } from '../vendor/wishes.specification.js';
import { connectSuperOffice, superOfficeSecrets, type SuperOfficeSecrets } from './connect-superoffice.js';
import type { SuperOfficeCrm } from './superoffice-crm.js';
import { CONTENT, REFERENCE } from './superoffice-entities.js';

const NEVER = new AbortController().signal;
const LIMITS = { batchSize: 10, callTimeoutMs: 5_000, settleMs: 5 };
const RATE = { requests: 100_000, windowMs: 10, atOnce: 4 };

interface World extends AsyncDisposable {
  readonly superOffice: SuperOfficeSimulator;
  readonly crm: SuperOfficeCrm;
}

function secretsOf({ tickets }: SuperOfficeSimulator): SuperOfficeSecrets {
  const { customer: tenant, applicationToken, systemUserToken, privateKey } = tickets;
  return {
    kind: 'system-user',
    environment: 'sod',
    customer: tenant,
    apiUrl: `https://sod.superoffice.com/${tenant}/api`,
    applicationToken,
    systemUserToken,
    privateKey,
  };
}

async function readyWorld(options: Partial<SuperOfficeOptions> = {}, rate = RATE): Promise<World> {
  const superOffice = await SuperOfficeSimulator.start({ seed: 1, ...options, faults: {} });
  const crm = connectSuperOffice({
    secrets: secretsOf(superOffice),
    origin: superOffice.server.url,
    limits: LIMITS,
    timeoutMs: 500,
    rate,
  });
  expect(await crm.check(NEVER)).toMatchObject({ kind: 'ready' });
  superOffice.server.faults = options.faults ?? {};
  return { superOffice, crm, [Symbol.asyncDispose]: () => superOffice.stop() };
}

describe('SuperOffice', () => {
  it('has customers, persons and sales with their company, each once, and is not written to for what it has', async () => {
    await using it = await readyWorld();
    const address = { lines: ['Storgata 1'], postcode: '0150', town: 'Oslo' };
    const customers = ["1'x", '2'].map((number) => put(customer(number, { address, phone: '+4722334455' })));
    const rest = [[put(person('7', '2', { title: 'CEO' }))], [put(order('10', '2')), put(order('11', '2'))]];
    for (const all of [customers, ...rest, customers, ...rest])
      expect(confirmed(await deliver(it.crm, all))).toBe(true);
    expect(it.superOffice.effects).toHaveLength(5);
    const second = it.superOffice.listed('Contact').find(({ values }) => values['Name'] === 'Customer 2');
    expect(second?.values).toMatchObject({
      Phones: [{ Value: '+4722334455' }],
      Address: { Postal: { City: 'Oslo' } },
    });
    expect(it.superOffice.listed('Sale')[0]?.values).toMatchObject({
      Amount: 1250.5,
      Status: 'Open',
      Currency: { Id: 1 },
      Contact: { ContactId: second?.id },
    });
    expect(it.superOffice.listed('Person')[0]?.values).toMatchObject({ Lastname: '7', Title: 'CEO' });
  });

  it('tells records apart whose numbers differ in case only, and takes references of any length', async () => {
    await using it = await readyWorld();
    const wishes = [customer('abc'), customer('ABC'), customer('x'.repeat(190))].map((one) => put(one));
    for (let times = 0; times < 2; times += 1) await deliver(it.crm, wishes);
    expect(it.superOffice.listed('Contact')).toHaveLength(3);
    expect(it.superOffice.effects).toHaveLength(3);
  });

  it('L3 that cannot be worked with says why', async () => {
    await using it = await readyWorld();
    const crm = connectSuperOffice({
      secrets: { ...secretsOf(it.superOffice), systemUserToken: 'another' },
      origin: it.superOffice.server.url,
    });
    expect(await crm.check(NEVER)).toMatchObject({
      code: 'crm.sign-in-refused',
      words: 'Invalid signature or token',
    });
    it.superOffice.server.isDown = true;
    expect(await it.crm.check(NEVER)).toMatchObject({ kind: 'not-ready', code: 'crm.failing' });
  });

  it('says every fault of what it is connected with at once', () => {
    const faults = superOfficeSecrets.safeParse({
      kind: 'system-user',
      environment: 'prod',
      customer: '12345',
      apiUrl: 'https://superoffice.com.example/api',
      applicationToken: '',
      systemUserToken: 'x',
      privateKey: 'none',
    });
    expect(faults.error?.issues.map(({ path }) => path.join('.'))).toEqual([
      'environment',
      'customer',
      'apiUrl',
      'applicationToken',
      'privateKey',
    ]);
  });

  it('lets an order wait whose customer is not there, and refuses one in a currency that it does not have', async () => {
    await using it = await readyWorld();
    await deliver(it.crm, [put(customer('1'))]);
    const wishes = [put(order('10', '1', { currency: 'XAU' })), put(order('11', '2'))];
    expect(await it.crm.write(wishes, NEVER)).toMatchObject([
      { kind: 'refused', words: expect.stringContaining('no currency XAU') },
      { kind: 'not-sent', code: 'crm.customer-not-there', holdsUp: 'thing' },
    ]);
  });

  it('L8 what was deleted and made again is the same record, if its id is known', async () => {
    await using it = await readyWorld();
    const made = await deliver(it.crm, [put(customer('1'))]);
    const outcome = made.get(referenceOf('customer', '1'));
    const crmId = outcome?.kind === 'confirmed' ? (outcome.reference ?? '') : '';
    for (let times = 0; times < 2; times += 1) await deliver(it.crm, [remove('customer', '1')]);
    expect(it.superOffice.listed('Contact')).toHaveLength(0);
    await deliver(it.crm, [put(customer('1'), { crmId })]);
    expect(it.superOffice.listed('Contact').map(({ id }) => String(id))).toEqual([crmId]);
    await deliver(it.crm, [put(order('10', '1'))]);
    for (const wishes of [[remove('order', '10')], [put(order('10', '1'))]]) await deliver(it.crm, wishes);
    expect(it.superOffice.listed('Sale').map(({ values }) => values['Status'])).toEqual(['Open']);
    expect(it.superOffice.repeated).toEqual([]);
  });

  it('L8 a company that people have merged into another is not made again', async () => {
    await using it = await readyWorld();
    await deliver(it.crm, [put(customer('1')), put(customer('2'))]);
    const [one, two] = it.superOffice.listed('Contact').map(({ id }) => id);
    it.superOffice.mergeByHand(two ?? 0, one ?? 0);
    const again = put(customer('2', { phone: '1' }), { crmId: String(two) });
    expect((await deliver(it.crm, [again])).get(again.reference)).toMatchObject({
      kind: 'refused',
      words: expect.stringContaining('merged into another'),
    });
    expect(it.superOffice.listed('Contact')).toHaveLength(1);
  });

  it('who is forgotten is emptied, also where the record was deleted before', async () => {
    await using it = await readyWorld();
    await deliver(it.crm, [put(customer('1', { email: 'kari@example.no', phone: '22334455' }))]);
    const id = it.superOffice.listed('Contact')[0]?.id ?? 0;
    await deliver(it.crm, [remove('customer', '1')]);
    const erase = { ...remove('customer', '1', 'erase'), crmId: String(id) };
    expect(confirmed(await deliver(it.crm, [erase]))).toBe(true);
    expect(JSON.stringify(it.superOffice.byId('Contact', id)?.values)).not.toMatch(/kari|2233|Customer/);
    expect(await it.crm.lookUp([erase], NEVER)).toEqual([{ kind: 'there', reference: String(id) }]);
  });

  it('is called with tickets that are renewed when they end', async () => {
    await using it = await readyWorld();
    it.superOffice.tickets.endAll();
    expect(confirmed(await deliver(it.crm, [put(customer('1'))]))).toBe(true);
  });

  it.each([1, 2, 3])(
    'L8 through faults by seed %i ends equal to the ERP, without a duplicate or a repeated effect',
    async (seed) => {
      const faults = {
        busy: 0.04,
        failing: 0.06,
        failingAfter: 0.06,
        cutAfter: 0.06,
        silentAfter: 0.02,
        latencyMs: 3,
      };
      const rate = { requests: 40, windowMs: 50, atOnce: 4 };
      await using it = await readyWorld({ seed, faults, limit: rate }, rate);
      const rounds: CrmWish[][] = [
        ['1', '2', '3'].map((number) => put(customer(number))),
        ['a', 'b', 'c'].map((number, at) => put(order(number, String(at + 1)))),
        [put(customer('1', { phone: '+4722334455' })), put(customer('2'))],
        [put(order('a', '2')), remove('order', 'b'), put(order('c', '3', { status: 'delivered' }))],
        [put(order('b', '2', { total: '7.00' }))],
      ];
      for (const wishes of rounds) expect(confirmed(await deliver(it.crm, wishes))).toBe(true);
      const contents = it.superOffice
        .listed('Sale')
        .map(({ values }): unknown => Reflect.get(Object(values['CustomFields']) as object, CONTENT));
      const wanted = [
        put(order('a', '2')),
        put(order('b', '2', { total: '7.00' })),
        put(order('c', '3', { status: 'delivered' })),
      ];
      expect(new Set(contents)).toEqual(new Set(wanted.map(({ content }) => content)));
      expect(it.superOffice.listed('Contact')).toHaveLength(3);
      expect(it.superOffice.repeated).toEqual([]);
      expect(
        it.superOffice.duplicates('Contact', REFERENCE).size +
          it.superOffice.duplicates('Sale', REFERENCE).size,
      ).toBe(0);
      expect(it.superOffice.arrivals.crossed).toBe(0);
    },
  );
});
