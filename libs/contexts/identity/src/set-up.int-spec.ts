import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { generateOrganisationNumber } from '@samspill/contracts';
import { silentLogger } from '@samspill/eventlog';
import { followSetUpGuide } from '@samspill/testing/demo';
import { z } from 'zod';
import { CompanyDesk } from './company/company-desk.js';
import { LicenceExpiry } from './licence/licence-expiry.js';
import { IdentityWorld, type Answer } from './identity-world.specification.js';

const COMPANIES = '/api/identity/v1/companies';

const guide = z.object({
  products: z.array(
    z.object({
      product: z.string(),
      isComplete: z.boolean(),
      steps: z.array(z.object({ prerequisite: z.string(), state: z.string(), next: z.unknown().optional() })),
    }),
  ),
});
const offered = z.object({ gateway: z.string(), code: z.string() });

/** A company on its way to its products, over HTTP. */
describe('the set-up of a company', () => {
  let world: IdentityWorld;
  let seed = 5_000;

  beforeAll(async () => {
    world = await IdentityWorld.open(1);
  });

  afterAll(async () => {
    await world.close();
  });

  async function call(method: string, path: string, body?: unknown): Promise<Answer> {
    return await world.call(method, path, body);
  }

  async function aCompany(): Promise<string> {
    seed += 1;
    const { body } = await call('POST', COMPANIES, {
      name: `Fjord Handel ${seed} AS`,
      organisationNumber: generateOrganisationNumber('NO', seed),
      country: 'NO',
      address: { postcode: '5003', country: 'NO' },
    });
    return `${COMPANIES}/${String(body['id'])}`;
  }

  async function aUser(): Promise<string> {
    const email = `kari.${randomUUID()}@example.com`;
    const form = { firstName: 'Kari', lastName: 'Nordmann', email };
    return String((await call('POST', '/api/identity/v1/users', form)).body['id']);
  }

  async function missing(company: string, product: string): Promise<readonly string[]> {
    const { products } = guide.parse((await call('GET', `${company}/set-up`)).body);
    const steps = products.find((entry) => entry.product === product)?.steps ?? [];
    return steps.filter(({ state }) => state === 'missing').map(({ prerequisite }) => prerequisite);
  }

  const follow = async (company: string, product: 'contacts' | 'webfaktura'): Promise<void> => {
    await followSetUpGuide(
      async (method, path, body) => {
        const { status, body: answer } = await call(method, path, body);
        expect({ path, status, answer }).toMatchObject({ status: expect.any(Number) });
        if (status > 299) throw new Error(JSON.stringify(answer));
        return answer;
      },
      company.slice(COMPANIES.length + 1),
      { product },
    );
  };

  const newKey = () => {
    const { kty, crv, x } = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' });
    return { kty, crv, x };
  };

  it('C2 C25 W35 leads from the registration to each product, naming every step and the call that does it', async () => {
    const company = await aCompany();
    const refused = await call('PUT', `${company}/synchronisation/contacts`, { enabled: true });
    expect(refused).toMatchObject({
      status: 422,
      body: { code: 'synchronisation.prerequisites-missing' },
    });
    expect(refused.body['faults']).toHaveLength((await missing(company, 'contacts')).length - 1);
    await follow(company, 'contacts');
    expect(await missing(company, 'contacts')).toEqual([]);
    expect(await missing(company, 'webfaktura')).toEqual(['licence', 'product-added', 'user-with-role']);
    await follow(company, 'webfaktura');
    expect(await missing(company, 'webfaktura')).toEqual([]);
  });

  it('C3 refuses an offline licence with the reason, and names what is wrong with a form', async () => {
    const company = await aCompany();
    expect(await call('PUT', `${company}/licences/contacts`, { licence: 'RGfirm.slf' })).toMatchObject({
      status: 422,
      body: { code: 'licence.offline', faults: [{ pointer: '/licence', code: 'licence.offline' }] },
    });
    const invalid = await call('PUT', `${company}/licences/contacts`, {
      licence: '',
      validUntil: 'soon',
      x: 1,
    });
    expect(invalid).toMatchObject({ status: 400, body: { code: 'request.invalid' } });
    expect(invalid.body['faults']).toHaveLength(3);
  });

  it('C7 C9 W15 says in a sentence what was done', async () => {
    const company = await aCompany();
    const message = async (path: string): Promise<unknown> =>
      (await call('PUT', `${company}/${path}`)).body['message'];
    expect(await message('integration')).toBe('The integration is active.');
    expect(await message('products/webfaktura')).toBe('WebFaktura was added to the company.');
    expect(await message('products/webfaktura')).toMatch(/nothing has changed/);
  });

  it('W2 pairs a gateway with a code that works once, and again for the gateway that has lost its answer', async () => {
    const company = await aCompany();
    const { gateway, code } = offered.parse((await call('POST', `${company}/gateways`, { name: 'A' })).body);
    const key = newKey();
    const pair = async (sent: unknown) => await call('POST', '/api/identity/v1/gateway-pairings', sent);
    const paired = await pair({ code, key });
    expect(paired).toMatchObject({ status: 200, body: { gateway } });
    expect(await pair({ code, key })).toMatchObject({ status: 200, body: paired.body });
    for (const wrong of [
      { code, key: newKey() },
      { code: code.slice(0, -1) + (code.endsWith('A') ? 'B' : 'A'), key },
      { code: 'guess', key },
    ])
      expect(await pair(wrong)).toMatchObject({ status: 422, body: { code: 'gateway.pairing-refused' } });
    const stored = await world.first.contexts[0]?.database.withClient(async (client) => {
      const { rows } = await client.query<{ n: number }>(
        `SELECT count(*)::int AS n FROM eventlog.event WHERE position($1 IN convert_from(value, 'UTF8')) > 0`,
        [code.split('.').at(-1)],
      );
      return rows[0]?.n;
    });
    expect(stored).toBe(0);
  });

  it('W12 W13 shows a gateway come and go, with its versions', async () => {
    const company = await aCompany();
    await follow(company, 'contacts');
    const [known] = z
      .object({ gateways: z.array(z.object({ id: z.string(), state: z.string() })) })
      .parse((await call('GET', `${company}/gateways`)).body).gateways;
    expect(known?.state).toBe('connected');
    const path = `${company}/gateways/${known?.id ?? ''}`;
    await call('DELETE', `${path}/connection`);
    expect(await missing(company, 'contacts')).toEqual(['gateway-connected']);
    await call('PUT', `${path}/connection`, {
      gatewayVersion: '5.2',
      erp: { product: 'visma-global', version: '9' },
    });
    expect(await missing(company, 'contacts')).toEqual(['gateway-version', 'erp-version']);
    await call('DELETE', path);
    expect((await call('PUT', `${path}/connection`, { gatewayVersion: '5.3' })).status).toBe(400);
    expect(await missing(company, 'contacts')).toContain('gateway-paired');
  });

  it('C3 ends a licence when its time is over, and the synchronisation with it', async () => {
    const company = await aCompany();
    const end = new Date(Date.now() + 3_600_000);
    const licence = { licence: 'Visma online 1', validUntil: end.toISOString() };
    await call('PUT', `${company}/licences/contacts`, licence);
    await follow(company, 'contacts');
    const [context] = world.first.contexts;
    if (!context) throw new Error('the context is not open');
    const { eventLog, database } = context;
    await eventLog.settled(company.slice(COMPANIES.length + 1), ['identity.licences'], 20_000);
    const expiry = new LicenceExpiry({ database, desk: new CompanyDesk(eventLog), logger: silentLogger });
    expect(await expiry.endDue(new Date(end.getTime() - 1))).toBe(0);
    expect(await expiry.endDue(end)).toBe(1);
    expect((await call('GET', company)).body).toMatchObject({ synchronisation: { contacts: false } });
    expect(await missing(company, 'contacts')).toEqual(['licence', 'synchronisation-on']);
  });

  it('stops the synchronisation of what is not licensed any more', async () => {
    const company = await aCompany();
    await follow(company, 'contacts');
    await call('DELETE', `${company}/licences/contacts`);
    expect((await call('GET', company)).body).toMatchObject({ synchronisation: { contacts: false } });
    expect(await missing(company, 'contacts')).toEqual(['licence', 'synchronisation-on']);
  });

  it('C15 C21 C22 C24 W32 gives and takes roles, and shows who gave them and when', async () => {
    const company = await aCompany();
    const [anna, bo] = [await aUser(), await aUser()];
    await call('PUT', `${company}/users/${anna}/roles/administration`, { level: 'admin' });
    await call('PUT', `${company}/users/${anna}/roles/contacts`, {});
    await call('PUT', `${company}/users/${bo}/roles/webfaktura`, { level: 'admin' });
    const shown = await call('GET', `${company}/users`);
    expect(shown.body).toEqual({
      users: expect.arrayContaining([
        expect.objectContaining({
          user: anna,
          roles: [
            expect.objectContaining({ product: 'administration', level: 'admin', grantedBy: 'user:local' }),
            expect.objectContaining({ product: 'contacts', level: 'user', grantedAt: expect.any(String) }),
          ],
        }),
        expect.objectContaining({
          user: bo,
          lastName: 'Nordmann',
          roles: [expect.objectContaining({ product: 'webfaktura', level: 'admin' })],
        }),
      ]),
    });
    await call('DELETE', `${company}/users/${bo}/roles/webfaktura`);
    expect((await call('GET', `${company}/users`)).body['users']).toHaveLength(1);
    const nobody = await call('PUT', `${company}/users/${randomUUID()}/roles/contacts`, {});
    expect(nobody).toMatchObject({ status: 404, body: { code: 'user.not-found' } });
  });

  it('keeps the last of two administrators who take the role from each other at once', async () => {
    const company = await aCompany();
    const two = [await aUser(), await aUser()];
    for (const user of two)
      await call('PUT', `${company}/users/${user}/roles/administration`, { level: 'admin' });
    const outcomes = await Promise.all(
      two.map((user) => call('DELETE', `${company}/users/${user}/roles/administration`)),
    );
    expect(outcomes.map(({ status }) => status).sort()).toEqual([200, 422]);
    expect(outcomes.find(({ status }) => status === 422)?.body['code']).toBe('role.last-administrator');
    const last = two[outcomes.findIndex(({ status }) => status === 422)] ?? '';
    const lowered = await call('PUT', `${company}/users/${last}/roles/administration`, { level: 'user' });
    expect(lowered).toMatchObject({ status: 422, body: { code: 'role.last-administrator' } });
  });

  it('W1 W3 shows a company the bureaus that act for it, and counts their licence and their users', async () => {
    const [client, bureau] = [await aCompany(), await aCompany()];
    const id = bureau.slice(COMPANIES.length + 1);
    await call('PUT', `${bureau}/licences/webfaktura`, { licence: 'WebFaktura Visma.net' });
    await call('PUT', `${bureau}/users/${await aUser()}/roles/webfaktura`, {});
    const before = await missing(client, 'webfaktura');
    const products = [{ product: 'webfaktura', level: 'admin' }];
    const given = await call('PUT', `${client}/delegations/${id}`, { products });
    expect(given.body).toMatchObject({ delegations: [{ bureau: id, products, givenBy: 'user:local' }] });
    expect((await call('GET', `${client}/delegations`)).body).toEqual(given.body);
    const after = await missing(client, 'webfaktura');
    expect(before.filter((step) => !after.includes(step))).toEqual(['licence', 'user-with-role']);
    expect((await call('DELETE', `${client}/delegations/${id}`)).body).toEqual({ delegations: [] });
    expect(await missing(client, 'webfaktura')).toEqual(before);
    const unknown = await call('PUT', `${client}/delegations/${randomUUID()}`, { products });
    expect(unknown).toMatchObject({ status: 404, body: { code: 'bureau.not-found' } });
  });
});
