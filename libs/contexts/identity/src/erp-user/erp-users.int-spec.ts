import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { generateOrganisationNumber } from '@samspill/contracts';
import { waitFor } from '@samspill/testing';
import { IdentityWorld, type Answer } from '../identity-world.specification.js';

const COMPANIES = '/api/identity/v1/companies';

const users = [
  { number: '1', userName: 'system' },
  { number: '2', userName: 'kari', firstName: 'Kari', lastName: 'Nordmann', employee: '7' },
  { number: '10', userName: 'ase' },
];
const employees = [
  { number: '7', firstName: 'Kari', lastName: 'Nordmann', email: 'kari@example.com', phone: '46587451' },
  { number: '8', firstName: 'Åse', lastName: 'Kjærsdalen', email: 'ase@example.com' },
  { number: '9', firstName: 'Ola', lastName: 'Hansen', email: 'at reception' },
];

/** What a gateway tells of a company's business system, and what its administrators do with it. */
describe('users of the business system', () => {
  let world: IdentityWorld;
  let company = '';
  let gateway = '';

  beforeAll(async () => {
    world = await IdentityWorld.open(1);
    const registered = await world.call('POST', COMPANIES, {
      name: 'Fjord Handel AS',
      organisationNumber: generateOrganisationNumber('NO', 7_700),
      country: 'NO',
      address: { postcode: '5003', country: 'NO' },
    });
    company = `${COMPANIES}/${String(registered.body['id'])}`;
    const offered = await world.call('POST', `${company}/gateways`, { name: 'Kontoret' });
    const { kty, crv, x } = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' });
    const pairing = { code: offered.body['code'], key: { kty, crv, x } };
    await world.call('POST', '/api/identity/v1/gateway-pairings', pairing);
    gateway = `${company}/gateways/${String(offered.body['gateway'])}`;
  });
  afterAll(async () => {
    await world.close();
  });

  const report = async (changes: object = {}): Promise<Answer> =>
    await world.call('PUT', `${gateway}/erp-users`, { users, employees, ...changes });

  async function grid(isRight: (lines: readonly Record<string, unknown>[]) => boolean) {
    return await waitFor(
      async () => {
        const { body } = await world.call('GET', `${company}/erp-users`);
        const lines: readonly Record<string, unknown>[] = Array.isArray(body['users']) ? body['users'] : [];
        return isRight(lines) && lines;
      },
      { describe: 'the grid to show it' },
    );
  }

  it('C17 C19 come from the gateway, and are shown with their employee’s address, or as linked to none', async () => {
    expect(
      await world.call('PUT', `${company}/gateways/${world.masterKeys.current}/erp-users`, {}),
    ).toMatchObject({
      status: 404,
    });
    const first = await report();
    expect(first).toMatchObject({ status: 200, body: { users: { created: 3 }, employees: { created: 3 } } });
    expect(await report()).toMatchObject({ body: { users: { created: 0, unchanged: 3 } } });
    const isShown = (lines: readonly Record<string, unknown>[]): boolean =>
      lines.length === 3 && lines.some(({ standing }) => standing === 'linked');
    expect(await grid(isShown)).toMatchObject([
      { number: '1', userName: 'system', standing: 'unlinked' },
      {
        number: '2',
        userName: 'kari',
        firstName: 'Kari',
        lastName: 'Nordmann',
        email: 'kari@example.com',
        phone: '+4746587451',
        employee: { number: '7', linkedBy: 'business-system' },
        standing: 'linked',
        roles: [],
      },
      { number: '10', standing: 'unlinked' },
    ]);
    const refused = await report({ employees: [{ number: '7', email: 1 }, { number: '7' }] });
    expect(refused).toMatchObject({
      status: 422,
      body: { faults: [{ pointer: '/employees/0/email' }, { pointer: '/employees/1/number' }] },
    });
  });

  it('C17 C18 C19 C21 C23 are registered with their employee’s address once they are linked, and get no role by that', async () => {
    const refused = await world.call('POST', `${company}/erp-users/10/registration`, {});
    expect(refused).toMatchObject({ status: 422, body: { code: 'erp-user.unlinked' } });
    const link = async (employee: string) =>
      (await world.call('PUT', `${company}/erp-users/10/employee`, { employee })).status;
    expect(await link('77')).toBe(422);
    expect(await link('9')).toBe(204);
    expect(await world.call('POST', `${company}/erp-users/10/registration`, {})).toMatchObject({
      status: 422,
      body: { code: 'erp-user.no-email' },
    });
    expect(await link('8')).toBe(204);
    const found = await world.call('GET', `${company}/employees?q=kjær`);
    expect(found.body).toMatchObject({ employees: [{ number: '8', email: 'ase@example.com' }] });

    const done = await world.call('POST', `${company}/erp-users/10/registration`, { language: 'sv' });
    expect(done).toMatchObject({
      status: 201,
      body: {
        message: expect.stringContaining('Åse Kjærsdalen is registered'),
        user: { email: 'ase@example.com', firstName: 'Åse', language: 'sv', stage: 'invited' },
      },
    });
    const again = await world.call('POST', `${company}/erp-users/10/registration`, {});
    expect(again).toMatchObject({ status: 200, body: { user: done.body['user'] } });
    const { id } = Object(done.body['user']) as { readonly id: string };
    await world.call('PUT', `${company}/users/${id}/roles/contacts`, {});
    const lines = await grid((all) => /"registered".*"product"/.test(JSON.stringify(all[2])));
    expect(lines[2]).toMatchObject({
      number: '10',
      email: 'ase@example.com',
      employee: { number: '8', linkedBy: 'administrator' },
      standing: 'registered',
      user: id,
      roles: [{ product: 'contacts', level: 'user' }],
    });
    const { body } = await world.call('GET', `${company}/set-up`);
    expect(JSON.stringify(body)).toContain(
      'Of 3 users of the business system, 2 can be registered or are; 1 are linked to no employee',
    );
  });

  it('W24 who is registered with the address already is linked, and not made again', async () => {
    const form = { firstName: 'Kari', lastName: 'Nordmann', email: 'Kari@Example.com' };
    const { body: known } = await world.call('POST', '/api/identity/v1/users', form);
    const linked = await world.call('POST', `${company}/erp-users/2/registration`, {});
    expect(linked).toMatchObject({ status: 200, body: { user: { id: known['id'] } } });
  });

  it('a person is found in the business system’s lists, forgotten, and left out of what is sent from then on', async () => {
    const persons = `${company}/persons`;
    const { body } = await world.call('POST', `${persons}/find`, { name: 'Kjærsdalen' });
    const kinds = Array.isArray(body['found']) ? body['found'].map(({ kind }: { kind: string }) => kind) : [];
    expect(kinds.sort()).toEqual(['employee', 'user']);
    const records = [
      { kind: 'employee', reference: '8' },
      { kind: 'erp-user', reference: '10' },
    ];
    const named = await world.call('POST', `${persons}/erase`, { records, reason: 'Kjærsdalen asked' });
    expect(named).toMatchObject({ status: 422, body: { code: 'person.reason-names-them' } });
    const erased = await world.call('POST', `${persons}/erase`, {
      records: [...records, ...idsOf(body['found'])],
      reason: 'case 17',
    });
    expect(erased).toMatchObject({ status: 200 });
    expect(erased.body['waitsFor']).toBeUndefined();
    expect((await world.everything()).toLowerCase()).not.toMatch(/kj[æ]rsdalen|kjaersdalen/);

    expect(await report()).toMatchObject({ body: { users: { forgotten: 1 }, employees: { forgotten: 1 } } });
    expect((await world.everything()).toLowerCase()).not.toMatch(/kj[æ]rsdalen|kjaersdalen/);
    const lifted = await world.call('POST', `${persons}/lift`, { records, reason: 'case 18' });
    expect(lifted).toMatchObject({
      status: 200,
      body: { records: [{ outcome: 'lifted' }, { outcome: 'lifted' }] },
    });
    expect(await report()).toMatchObject({ body: { users: { created: 1 }, employees: { created: 1 } } });
  });

  it('who is gone from the business system is gone from the grid, and stays a user', async () => {
    expect(await report({ users: users.slice(0, 1) })).toMatchObject({ body: { users: { removed: 2 } } });
    await grid((lines) => lines.length === 1);
    const { body } = await world.call('GET', '/api/identity/v1/users?q=kari@example.com');
    expect(body['users']).toHaveLength(1);
  });
});

function idsOf(found: unknown): readonly object[] {
  if (!Array.isArray(found)) return [];
  return found
    .filter(({ kind }: { readonly kind: string }) => kind === 'user')
    .map(({ kind, reference }: { readonly kind: string; readonly reference: string }) => ({
      kind,
      reference,
    }));
}
