import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { generateOrganisationNumber, type AccessLevel, type AccessProduct } from '@samspill/contracts';
import { TestIssuer, waitFor } from '@samspill/testing';
import { MAILS_BY_CALLER } from './user/mail-limits.js';
import { IdentityWorld } from './identity-world.specification.js';

const COMPANIES = '/api/identity/v1/companies';
const USERS = '/api/identity/v1/users';
const STATUS = '/api/identity/v1/operations/status';
const BREAK_GLASS = 'only-for-the-hour-in-which-sign-in-is-broken';

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A caller, by the header that shows who they are; undefined: nobody has signed in. */
type Caller = string | undefined;

/** Two pods of a service in which people sign in. */
describe('access to a service', () => {
  let issuer: TestIssuer;
  let world: IdentityWorld;
  let seed = 9_000;
  const glass: Caller = `Bearer ${BREAK_GLASS}`;

  beforeAll(async () => {
    issuer = await TestIssuer.start();
    world = await IdentityWorld.open(2, { ...issuer.signIn, breakGlass: BREAK_GLASS });
  });
  afterAll(async () => {
    await world.close();
    await issuer[Symbol.asyncDispose]();
  });

  async function call(by: Caller, method: string, path: string, body?: object, pod = 0): Promise<Answer> {
    const response = await fetch(`${world.hosts[pod]?.url ?? ''}${path}`, {
      method,
      headers: {
        ...(by !== undefined && { authorization: by }),
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    const answered: unknown = await response.json();
    if (typeof answered !== 'object') throw new Error(`${path} answered what is no object`);
    return { status: response.status, headers: response.headers, body: { ...answered } };
  }

  const signedIn = async (user: string): Promise<Caller> => `Bearer ${await issuer.token(user)}`;

  /** Registered by whoever looks after the services, as the first of them is. */
  async function aUser(): Promise<string> {
    const email = `${randomUUID()}@example.com`;
    const made = await call(glass, 'POST', USERS, { firstName: 'Kari', lastName: 'Nordmann', email });
    expect(made).toMatchObject({ status: 201 });
    return String(made.body['id']);
  }

  /** A company and its first administrator, who registered it. */
  async function aCompany() {
    seed += 1;
    const user = await aUser();
    const admin = await signedIn(user);
    const { status, body } = await call(admin, 'POST', COMPANIES, {
      name: `Fjord Handel ${seed} AS`,
      organisationNumber: generateOrganisationNumber('NO', seed),
      country: 'NO',
      address: { postcode: '5003', country: 'NO' },
    });
    expect({ status, body }).toMatchObject({ status: 201 });
    const id = String(body['id']);
    const path = `${COMPANIES}/${id}`;
    await answers(admin, 'GET', path, 200);
    return { id, path, admin, user };
  }

  async function answers(by: Caller, method: string, path: string, status: number, pod = 0): Promise<Answer> {
    return await waitFor(
      async () => {
        const answer = await call(by, method, path, undefined, pod);
        return answer.status === status && answer;
      },
      { describe: `${path} to be answered ${status}` },
    );
  }

  async function grant(
    by: Caller,
    path: string,
    user: string,
    product: AccessProduct,
    level: AccessLevel = 'user',
  ) {
    const granted = await call(by, 'PUT', `${path}/users/${user}/roles/${product}`, { level });
    expect(granted).toMatchObject({ status: 200 });
  }

  async function lock(user: string, locked: boolean): Promise<void> {
    const done = await call(glass, 'PUT', `${USERS}/${user}/lock`, { locked, reason: 'a test' });
    expect(done).toMatchObject({ status: 200, body: { isLocked: locked } });
  }

  it('asks who somebody is, on every route that is not open to all', async () => {
    const nobody = await call(undefined, 'GET', COMPANIES);
    expect(nobody).toMatchObject({ status: 401, body: { code: 'access.sign-in-needed' } });
    for (const header of [
      'Bearer x',
      'Bearer',
      'Basic abc',
      `Bearer ${await issuer.token('x', { audience: 'y' })}`,
    ]) {
      const refused = await call(header, 'GET', COMPANIES);
      expect(refused).toMatchObject({ status: 401, body: { code: 'access.token-invalid' } });
      expect(refused.headers.get('www-authenticate')).toContain('invalid_token');
    }
    expect((await call(undefined, 'GET', '/health/live')).status).toBe(200);
  });

  it('C4 makes whoever registers a company its administrator, and writes down who did what', async () => {
    const admin = await aUser();
    const by = await signedIn(admin);
    seed += 1;
    const { body } = await call(by, 'POST', COMPANIES, {
      name: 'Først AS',
      organisationNumber: generateOrganisationNumber('NO', seed),
      country: 'NO',
      address: { postcode: '5003', country: 'NO' },
    });
    const path = `${COMPANIES}/${String(body['id'])}`;
    const users = await answers(by, 'GET', `${path}/users`, 200);
    expect(users.body).toMatchObject({
      users: [
        { user: admin, roles: [{ product: 'administration', level: 'admin', grantedBy: `user:${admin}` }] },
      ],
    });
    const last = await call(by, 'DELETE', `${path}/users/${admin}/roles/administration`);
    expect(last).toMatchObject({ status: 422, body: { code: 'role.last-administrator' } });
  });

  it('C4 an operator gives a company that nobody administers its administrator, and one that somebody administers none', async () => {
    const { path, admin, user: founder } = await aCompany();
    const [first, second] = [await aUser(), await aUser()];
    const appoint = (by: Caller, user: string) =>
      call(by, 'PUT', `${path}/first-administrator`, { user, reason: 'the founder has left' });
    const forget = async (user: string): Promise<void> => {
      const records = [{ kind: 'user', reference: user }];
      const erased = await call(glass, 'POST', `${path}/persons/erase`, { records, reason: 'case 17' });
      expect(erased).toMatchObject({ status: 200 });
    };
    const refused = { status: 409, body: { code: 'role.administrator-exists' } };
    expect(await appoint(glass, first)).toMatchObject(refused);
    expect(await appoint(admin, first)).toMatchObject({ status: 403 });
    await forget(founder);
    expect(await appoint(await signedIn(first), first)).toMatchObject({ status: 404 });
    const unknown = { status: 404, body: { code: 'user.not-found' } };
    expect(await appoint(glass, randomUUID())).toMatchObject(unknown);
    const administers = { product: 'administration', level: 'admin', grantedBy: 'user:break-glass' };
    for (const _again of [1, 2])
      expect(await appoint(glass, first)).toMatchObject({ status: 200, body: { roles: [administers] } });
    await answers(await signedIn(first), 'GET', `${path}/users`, 200);
    expect(await appoint(glass, second)).toMatchObject(refused);
    await forget(first);
    expect(await appoint(glass, second)).toMatchObject({ status: 200, body: { user: second } });
    const audit = await call(glass, 'GET', '/api/identity/v1/operations/audit?kind=appointment');
    const entries = [second, first].map((user) => ({ scope: { user }, reason: 'the founder has left' }));
    expect(audit.body['entries']).toMatchObject(entries);
  });

  it('C7 C21 lets a user do what their role says, and nothing before they have one', async () => {
    const { path, admin } = await aCompany();
    const user = await aUser();
    const by = await signedIn(user);
    expect((await call(by, 'GET', path)).status).toBe(404);
    await grant(admin, path, user, 'contacts');
    expect((await answers(by, 'GET', `${path}/set-up`, 200)).body).toMatchObject({ products: {} });
    const refused = await call(by, 'PUT', `${path}/integration`);
    expect(refused).toMatchObject({ status: 403, body: { code: 'access.forbidden' } });
    expect(refused.body['detail']).toContain('administration');
    expect(await call(admin, 'PUT', `${path}/integration`)).toMatchObject({ status: 200 });
  });

  it('C22 takes a role at once: in every pod, whatever token the user has', async () => {
    const { path, admin } = await aCompany();
    const user = await aUser();
    const by = await signedIn(user);
    await grant(admin, path, user, 'contacts');
    await answers(by, 'GET', path, 200, 0);
    await answers(by, 'GET', path, 200, 1);
    await call(admin, 'DELETE', `${path}/users/${user}/roles/contacts`);
    // Long before the token ends.
    await Promise.all([answers(by, 'GET', path, 404, 0), answers(by, 'GET', path, 404, 1)]);
  });

  it('C22 refuses who is locked at once, in every pod, whatever token they have, until they are let in again', async () => {
    const { path, admin } = await aCompany();
    const user = await aUser();
    const by = await signedIn(user);
    await grant(admin, path, user, 'contacts');
    await Promise.all([answers(by, 'GET', path, 200, 0), answers(by, 'GET', path, 200, 1)]);
    await lock(user, true);
    // Long before the token ends.
    const [refused] = await Promise.all([answers(by, 'GET', path, 401, 0), answers(by, 'GET', path, 401, 1)]);
    expect(refused).toMatchObject({ body: { code: 'access.locked' } });
    expect(refused.headers.get('www-authenticate')).toContain('invalid_token');
    expect((await call(by, 'GET', `${USERS}/${user}`)).status).toBe(401);
    await lock(user, false);
    const again = await signedIn(user);
    await Promise.all([answers(again, 'GET', path, 200, 0), answers(again, 'GET', path, 200, 1)]);
  });

  it('has one caller register so many in an hour, and no more', async () => {
    const { admin } = await aCompany();
    const faulty = () => call(admin, 'POST', USERS, {});
    const atOnce = 50;
    for (let sent = 0; sent < MAILS_BY_CALLER.free; sent += atOnce)
      await Promise.all(Array.from({ length: atOnce }, faulty));
    const refused = await faulty();
    expect(refused).toMatchObject({ status: 429, body: { code: 'user.too-many-mails' } });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  it('makes a company that is not theirs look as one that there is not', async () => {
    const [own, other] = [await aCompany(), await aCompany()];
    const there = await call(own.admin, 'GET', `${other.path}/set-up`);
    const nowhere = randomUUID();
    const missing = await call(own.admin, 'GET', `${COMPANIES}/${nowhere}/set-up`);
    const shown = ({ status, body }: Answer, id: string) => {
      const { correlationId: _its, ...said } = body;
      return JSON.stringify({ status, said }).replaceAll(id, 'ID');
    };
    expect(shown(there, other.id)).toBe(shown(missing, nowhere));
    expect(there.status).toBe(404);
    const put = await call(own.admin, 'PUT', `${other.path}/licences/contacts`, { licence: 'x' });
    expect(put.status).toBe(404);
  });

  it('W24 tells an administrator who a user of others is once they have a role here: an address and an id say nothing', async () => {
    const { path, admin } = await aCompany();
    const told = async (email: string, firstName: string) => {
      const form = { firstName, lastName: 'Nordmann', email };
      const { status, headers, body } = await call(admin, 'POST', USERS, form);
      const id = String(body['id']);
      const said = JSON.stringify({ status, location: headers.get('location'), body });
      return { id, said: said.replaceAll(id, 'ID') };
    };
    const known = `${randomUUID()}@example.com`;
    const form = { firstName: 'Åse', lastName: 'Kjærsdalen', email: known };
    const user = String((await call(glass, 'POST', USERS, form)).body['id']);
    const existing = await told(known, 'Other');
    expect(existing.id).toBe(user);
    expect((await told(`${randomUUID()}@example.com`, 'Other')).said).toBe(existing.said);
    const hidden = async (id: string) => {
      const { status, body } = await call(admin, 'GET', `${USERS}/${id}`);
      const { correlationId: _its, ...said } = body;
      return JSON.stringify({ status, said }).replaceAll(id, 'ID');
    };
    expect(await hidden(user)).toBe(await hidden(randomUUID()));
    const link = (id: string) => call(admin, 'POST', `${USERS}/${id}/activation-link`);
    expect((await link(user)).status).toBe(404);
    await grant(admin, path, user, 'contacts');
    expect(await call(admin, 'GET', `${USERS}/${user}`)).toMatchObject({ body: form });
    expect(await call(admin, 'POST', USERS, { ...form, firstName: 'X' })).toMatchObject({
      status: 200,
      body: form,
    });
    await call(admin, 'DELETE', `${path}/users/${user}/roles/contacts`);
    expect(await call(admin, 'GET', `${USERS}/${user}`)).toMatchObject({ status: 404 });
    expect(await call(await signedIn(user), 'GET', `${USERS}/${user}`)).toMatchObject({ body: form });
  });

  it('W1 lists the companies that somebody may do something for, and no others', async () => {
    const [own, other] = [await aCompany(), await aCompany()];
    const listed = await waitFor(
      async () => {
        const { body } = await call(own.admin, 'GET', COMPANIES);
        const { companies } = body;
        return Array.isArray(companies) && companies.length > 0 && JSON.stringify(companies);
      },
      { describe: 'the company to be listed' },
    );
    expect(listed).toContain(own.id);
    expect(listed).not.toContain(other.id);
  });

  it('lets a bureau act for a client that has let it, until it ends', async () => {
    const [client, bureau] = [await aCompany(), await aCompany()];
    const user = await aUser();
    const by = await signedIn(user);
    await grant(bureau.admin, bureau.path, user, 'webfaktura');
    const products = [{ product: 'webfaktura', level: 'admin' }];
    await call(client.admin, 'PUT', `${client.path}/delegations/${bureau.id}`, { products });
    await answers(by, 'GET', client.path, 200);
    expect((await call(by, 'PUT', `${client.path}/integration`)).status).toBe(403);
    await call(client.admin, 'DELETE', `${client.path}/delegations/${bureau.id}`);
    await answers(by, 'GET', client.path, 404);
  });

  it('W2 lets a gateway speak for itself and its company, and no other', async () => {
    const { path, admin } = await aCompany();
    const other = await aCompany();
    const { code, gateway } = (await call(admin, 'POST', `${path}/gateways`, { name: 'A' })).body;
    const { kty, crv, x } = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' });
    const pairing = { code, key: { kty, crv, x } };
    expect((await call(undefined, 'POST', '/api/identity/v1/gateway-pairings', pairing)).status).toBe(200);
    const by: Caller = `Bearer ${await issuer.token(String(gateway), { client: String(gateway) })}`;
    await answers(by, 'GET', path, 200);
    const report = { gatewayVersion: '5.3', erp: { product: 'visma-global', version: '13.02' } };
    const connect = async (company: string, id: string) =>
      (await call(by, 'PUT', `${company}/gateways/${id}/connection`, report)).status;
    expect(await connect(path, String(gateway))).toBe(200);
    expect(await connect(path, randomUUID())).toBe(403);
    expect(await connect(other.path, String(gateway))).toBe(404);
    expect((await call(by, 'GET', `${path}/users`)).status).toBe(403);
    await call(admin, 'DELETE', `${path}/gateways/${String(gateway)}`);
    await answers(by, 'GET', path, 404);
  });

  it('lets operators look after the services, those who may change things and those who may look', async () => {
    const [user, boss] = [await aUser(), await aUser()];
    const [by, byBoss] = [await signedIn(user), await signedIn(boss)];
    expect((await call(by, 'GET', STATUS)).status).toBe(403);
    await call(glass, 'PUT', `/api/identity/v1/operators/${boss}`, { level: 'admin' });
    await answers(byBoss, 'GET', STATUS, 200);
    await call(byBoss, 'PUT', `/api/identity/v1/operators/${user}`, { level: 'user' });
    await answers(by, 'GET', STATUS, 200);
    const rebuild = { scope: { kind: 'projection', projection: 'identity.companies' }, reason: 'a test' };
    const rebuilds = '/api/identity/v1/operations/rebuilds';
    expect((await call(by, 'POST', rebuilds, rebuild)).status).toBe(403);
    const { path } = await aCompany();
    expect((await call(byBoss, 'PUT', `${path}/integration`)).status).toBe(404);
  });

  it('keeps users, who belong to no company, from administrators who ask for a person: only operators may', async () => {
    const { path, admin } = await aCompany();
    const boss = await aUser();
    await call(glass, 'PUT', `/api/identity/v1/operators/${boss}`, { level: 'admin' });
    const byBoss = await signedIn(boss);
    await answers(byBoss, 'GET', STATUS, 200);
    const clues = { name: 'Kari' };
    expect((await call(admin, 'POST', `${path}/persons/find`, clues)).status).toBe(403);
    expect((await call(byBoss, 'POST', `${path}/persons/find`, clues)).status).toBe(200);
  });

  it('works for operators by the break-glass credential, loudly, and for nothing else', async () => {
    const { path } = await aCompany();
    expect(await call(glass, 'GET', STATUS)).toMatchObject({ status: 200 });
    expect((await call(glass, 'GET', `${path}/set-up`)).status).toBe(403);
    expect((await call(`${BREAK_GLASS}x`, 'GET', STATUS)).status).toBe(401);
    expect(world.lines.join('\n')).toContain('THE BREAK-GLASS CREDENTIAL IS USED');
    expect(world.lines.join('\n')).not.toContain(BREAK_GLASS);
    const audit = await waitFor(
      async () => {
        const answer = await call(glass, 'GET', '/api/identity/v1/operations/audit?kind=break-glass');
        return JSON.stringify(answer.body).includes('break-glass') && JSON.stringify(answer.body);
      },
      { describe: 'its use to be on record' },
    );
    expect(audit).toContain('user:break-glass');
    expect(audit).not.toContain(BREAK_GLASS);
  });

  it('shows in the documentation who may use what', async () => {
    const { body } = await call(undefined, 'GET', '/api/openapi.json');
    expect(body).toMatchObject({
      components: { securitySchemes: { samspill: { type: 'http', scheme: 'bearer' } } },
      paths: {
        [`${COMPANIES}/{company}/integration`]: {
          put: {
            security: [{ samspill: [] }],
            'x-permissions': ['the role administration at level admin for the company'],
          },
        },
      },
    });
  });
});
