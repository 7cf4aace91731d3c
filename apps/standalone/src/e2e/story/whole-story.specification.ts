import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { CommandLine, waitFor, type Person } from '@samspill/testing';
import { demoCompany, followSetUpGuide } from '@samspill/testing/demo';
import { z } from 'zod';
import { CompanyContacts } from '../company-contacts.js';
import { read, type Answer, type HttpApi } from '../http-api.js';
import { specifyConnectingACrm } from './connecting-a-crm.specification.js';
import type { Installation } from './installation.js';
import { SigningIn, type GatewayKey } from './signing-in.js';

const SAMSPILL = join(import.meta.dirname, '../../../../operator/dist/main.js');
const COMPANIES = '/api/identity/v1/companies';
const USERS = '/api/identity/v1/users';
const NOBODYS_COMPANY = '0193b5c0-7a10-7000-8000-000000000000';

const made = z.looseObject({ id: z.string() });
const offered = z.looseObject({ gateway: z.string(), code: z.string() });
const guide = z.looseObject({
  products: z.array(
    z.looseObject({
      product: z.string(),
      steps: z.array(
        z.looseObject({
          prerequisite: z.string(),
          state: z.enum(['done', 'missing']),
          why: z.string().min(1),
          next: z.looseObject({ method: z.string(), path: z.string(), description: z.string() }).optional(),
        }),
      ),
    }),
  ),
});
const keptSignIns = z.object({
  version: z.literal(1),
  signIns: z.tuple([
    z.looseObject({ accessToken: z.string(), refreshToken: z.string(), accessTokenEndsAt: z.string() }),
  ]),
});

/**
 * From an empty system to a company that is synchronised, with users of different roles, over HTTP alone: each test goes on where the
 * one before it ended.
 */
export function specifyWholeStory(
  installed: () => Installation,
  { hasCrmLink }: { readonly hasCrmLink: boolean },
): void {
  let installation: Installation;
  let signingIn: SigningIn;
  let nobody: HttpApi;
  let folder: string;
  let environment: Readonly<Record<string, string>>;
  let samspill: CommandLine;
  let operator: Person;
  let operatorApi: HttpApi;
  let anna: HttpApi;
  let bo: HttpApi;
  let boId: string;
  let company: string;
  let gatewayKey: GatewayKey;
  let gateway: HttpApi;

  beforeAll(async () => {
    installation = installed();
    signingIn = new SigningIn(installation);
    signingIn.keepSecret(installation.breakGlass);
    nobody = installation.api;
    folder = await mkdtemp(join(tmpdir(), 'samspill-story-'));
    environment = { XDG_CONFIG_HOME: folder, ...installation.addresses };
    samspill = new CommandLine(SAMSPILL, () => environment);
  });
  afterAll(() => rm(folder, { recursive: true }));

  const path = (): string => `${COMPANIES}/${company}`;
  const signInsFile = (): string => join(folder, 'samspill', 'sign-ins.json');

  /** Registered by whoever may, activated by their mail, signed in. */
  async function register(by: HttpApi, firstName: string, email: string, password: string) {
    const form = { firstName, lastName: 'Nordmann', email, language: 'en' };
    const answer = await by.callJson('POST', USERS, form);
    // Only operators may know that somebody is new.
    expect(answer.status).toBe(by === operatorApi ? 201 : 200);
    const { id } = read(answer, made);
    return { id, person: await signingIn.activate(email, password) };
  }

  /** Roles are known to a service a moment after they were given. */
  async function answered(ask: () => Promise<Answer>, status: number): Promise<Answer> {
    return await waitFor(
      async () => {
        const answer = await ask();
        return answer.status === status && answer;
      },
      { describe: `an answer of ${status}` },
    );
  }

  it('asks everybody to sign in, and says how', async () => {
    expect(await nobody.call('GET', COMPANIES)).toMatchObject({ status: 401 });
    const status = await samspill.run('status');
    expect([status.code, status.out]).toEqual([2, expect.stringContaining('samspill login')]);
  });

  it('W25 W26 W27 W29 W30 the first operator is made by a command, sets a password by mail, and signs in at a command line', async () => {
    const email = 'dag@example.com';
    const names = ['--first-name', 'Dag', '--last-name', 'Drift', '--language', 'en'];
    const withBreakGlass = new CommandLine(SAMSPILL, () => ({
      ...environment,
      SAMSPILL_OPERATOR_TOKEN: installation.breakGlass,
    }));
    expect(await withBreakGlass.run('operators', 'add', '--email', email, ...names)).toMatchObject({
      code: 0,
      err: '',
    });
    operator = await signingIn.activate(email, 'hestehov blomstrer tidlig om våren');
    const login = samspill.start('login');
    await signingIn.confirmDevice(operator, await login.said(/^Open (\S+)/m));
    expect(await login.ended).toMatchObject({
      code: 0,
      out: expect.stringContaining(`Signed in as ${email}`),
    });
    const [{ accessToken, refreshToken }] = keptSignIns.parse(
      JSON.parse(await readFile(signInsFile(), 'utf8')),
    ).signIns;
    signingIn.keepSecret(refreshToken);
    operatorApi = nobody.as(signingIn.keepSecret(accessToken));
    expect(await samspill.run('status')).toMatchObject({ code: 0, err: '' });
  });

  it('C4 C12 C13 C23 an administrator whom the operator has registered registers the company', async () => {
    const { id, person } = await register(
      operatorApi,
      'Anna',
      'anna@example.com',
      'sju grønne tranebær i bøtta',
    );
    const first = nobody.as(await signingIn.signIn(person));
    const faulty = await first.callJson('POST', COMPANIES, { name: '', country: 'NO' });
    expect(faulty).toMatchObject({ status: 422 });
    expect(faulty.text).toContain('/organisationNumber');
    company = read(await first.callJson('POST', COMPANIES, demoCompany(81)), made).id;
    // Who administers a company has to show more when signing in than before, once sign-in has heard of it: a second factor.
    await waitFor(async () => (await first.call('GET', `${path()}/users`)).status !== 404, {
      describe: 'the role to be known',
    });
    anna = nobody.as(await signingIn.signIn(person));
    const { body } = await answered(() => anna.call('GET', `${path()}/users`), 200);
    expect(body).toMatchObject({
      users: [{ user: id, roles: [{ product: 'administration', level: 'admin' }] }],
    });
  });

  it('C2 C25 W2 W10 W24 the set-up guide names every step, its state, why and the next one, until contacts are synchronised', async () => {
    const early = await anna.callJson('PUT', `${path()}/synchronisation/contacts`, { enabled: true });
    expect(early).toMatchObject({ status: 422, body: { code: 'synchronisation.prerequisites-missing' } });
    gatewayKey = signingIn.newGatewayKey();
    await expectMissing('webfaktura', ['product-added', 'user-with-role']);
    const registered = await register(anna, 'Bo', 'bo@example.com', 'ni blå kaffekopper uten hank');
    boId = registered.id;
    bo = nobody.as(await signingIn.signIn(registered.person));
    const steps: string[] = [];
    await followSetUpGuide(async (method, at, body) => {
      if (at.endsWith('/set-up')) steps.push((await missing('contacts'))[0] ?? 'none');
      if (at.endsWith('/gateway-pairings')) return await pair(body);
      if (at.endsWith('/connection'))
        return read(await answered(() => gateway.callJson(method, at, body), 200), z.unknown());
      const sent = at === USERS ? { ...body, firstName: 'Someone', email: 'BO@example.com' } : body;
      const answer = await anna.callJson(method, at, sent);
      if (at === USERS) expect(answer).toMatchObject({ status: 200, body: { id: boId } });
      return read(answer, z.unknown());
    }, company);
    expect(steps).toEqual([
      'licence',
      'integration-activated',
      'gateway-paired',
      'gateway-connected',
      'user-with-role',
      'synchronisation-on',
      'none',
    ]);
  });

  async function missing(product: string): Promise<readonly string[]> {
    const { products } = await anna.get(`${path()}/set-up`, guide);
    const steps = products.find((one) => one.product === product)?.steps ?? [];
    const open = steps.filter(({ state }) => state === 'missing');
    for (const step of open) expect(step.next?.path).toContain('/api/identity/v1/');
    return open.map(({ prerequisite }) => prerequisite);
  }

  async function expectMissing(product: string, names: readonly string[]): Promise<void> {
    expect(await missing(product)).toEqual(expect.arrayContaining([...names]));
  }

  /** With the gateway's own key, and by nobody who has signed in: its code is all that it has. */
  async function pair(body: object | undefined): Promise<unknown> {
    const { code } = z.looseObject({ code: z.string() }).parse(body);
    signingIn.keepSecret(code.split('.').at(-1) ?? '');
    const wrong = { code: `${code.slice(0, -4)}AAAA`, key: gatewayKey.publicKey };
    expect((await nobody.callJson('POST', '/api/identity/v1/gateway-pairings', wrong)).status).toBe(422);
    const right = { code, key: gatewayKey.publicKey };
    const answer = await nobody.callJson('POST', '/api/identity/v1/gateway-pairings', right);
    const { gateway: id } = read(answer, offered.pick({ gateway: true }));
    gateway = nobody.as(await gatewayKey.signIn(id));
    return answer.body;
  }

  it('C14 C26 C29 W33 the gateway sends contacts by its key; who has the role reads them, and may not do what an administrator may', async () => {
    const sent = new CompanyContacts(gateway, company);
    const put = {
      op: 'put',
      kind: 'customer',
      record: { number: '10', name: 'Fjordgløtt Trelast AS' },
    } as const;
    const taken = await answered(() => sent.sendBatch('i1', 1, [put]), 200);
    expect(taken.body).toMatchObject({ created: 1 });
    const read = new CompanyContacts(bo, company);
    await waitFor(async () => (await read.search('fjordglott')).length === 1, { describe: 'the customer' });
    expect(await read.sendBatch('i2', 1, [put])).toMatchObject({ status: 403 });
    const retry = `/api/contacts/v1/companies/${company}/sync-report/retry`;
    expect(await bo.callJson('POST', retry, { all: true })).toMatchObject({ status: 403 });
    expect(await anna.callJson('POST', retry, { all: true })).toMatchObject({ status: 200 });
    const role = `${path()}/users/${boId}/roles/administration`;
    expect(await bo.callJson('PUT', role, { level: 'admin' })).toMatchObject({ status: 403 });
    expect(await gateway.call('GET', `${path()}/users`)).toMatchObject({ status: 403 });
    // Who looks after the services has no company's records by that.
    const records = `/api/contacts/v1/companies/${company}/contacts`;
    expect(await operatorApi.call('GET', records)).toMatchObject({ status: 404 });
  });

  if (hasCrmLink)
    specifyConnectingACrm(() => {
      const keepSecret = (secret: string): string => signingIn.keepSecret(secret);
      return { company, administrator: anna, other: bo, nobody, keepSecret };
    });

  it('a user of another company sees what they would see if there were none', async () => {
    const email = 'cecilia@example.com';
    const { person } = await register(operatorApi, 'Cecilia', email, 'tre tørre furukongler på peisen');
    const cecilia = nobody.as(await signingIn.signIn(person));
    read(await cecilia.callJson('POST', COMPANIES, demoCompany(82)), made);
    for (const at of [`${COMPANIES}/COMPANY/set-up`, '/api/contacts/v1/companies/COMPANY/contacts']) {
      const [there, nowhere] = await Promise.all(
        [company, NOBODYS_COMPANY].map(async (id) => {
          const { status, body } = await cecilia.call('GET', at.replace('COMPANY', id));
          const { correlationId: _its, ...said } = z.looseObject({ correlationId: z.unknown() }).parse(body);
          return { status, said: JSON.stringify(said).replaceAll(id, 'ID') };
        }),
      );
      expect(there).toEqual(nowhere);
      expect(there?.status).toBe(404);
    }
  });

  it('C21 C22 C24 a role that is taken acts in every service at once, whatever token its user has', async () => {
    const contacts = new CompanyContacts(bo, company);
    expect(await contacts.search('fjordglott')).toHaveLength(1);
    expect((await anna.call('DELETE', `${path()}/users/${boId}/roles/contacts`)).status).toBe(200);
    await answered(() => bo.call('GET', `/api/contacts/v1/companies/${company}/contacts`), 404);
    await answered(() => bo.call('GET', path()), 404);
    await anna.callJson('PUT', `${path()}/users/${boId}/roles/contacts`, { level: 'user' });
    await waitFor(() => contacts.search('fjordglott'), { describe: 'the role to count again' });
  });

  it('samspill makes its token new, also in two windows at once, and signs out', async () => {
    const kept = keptSignIns.parse(JSON.parse(await readFile(signInsFile(), 'utf8')));
    const [signIn] = kept.signIns;
    const ended = { ...kept, signIns: [{ ...signIn, accessTokenEndsAt: new Date(0).toISOString() }] };
    await writeFile(signInsFile(), JSON.stringify(ended));
    const both = await Promise.all([samspill.run('status'), samspill.run('status')]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    const [renewed] = keptSignIns.parse(JSON.parse(await readFile(signInsFile(), 'utf8'))).signIns;
    expect(renewed.refreshToken).not.toBe(signIn.refreshToken);
    signingIn.keepSecret(renewed.refreshToken);
    signingIn.keepSecret(renewed.accessToken);
    expect(await samspill.run('logout')).toMatchObject({ code: 0, err: '' });
    expect(await samspill.run('status')).toMatchObject({ code: 2 });
    // Whoever has copied the file has nothing: the sign-in has ended at the provider as well.
    await writeFile(
      signInsFile(),
      JSON.stringify({
        ...ended,
        signIns: [{ ...ended.signIns[0], ...renewed, accessTokenEndsAt: new Date(0).toISOString() }],
      }),
    );
    const copied = await samspill.run('status');
    expect([copied.code, copied.out]).toEqual([2, expect.stringContaining('has ended. Sign in again')]);
  });

  it('no secret of all this is on the log, in a log line, a trace or an error', async () => {
    const everything = [
      await installation.publishedRecords(),
      ...installation.refusals,
      await installation.told(),
    ].join('\n');
    expect(everything).toContain(company);
    const { secrets } = signingIn;
    expect(secrets.length).toBeGreaterThan(25);
    for (const secret of secrets) {
      expect(secret.length).toBeGreaterThan(7);
      expect(
        [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)].filter((text) =>
          everything.includes(text),
        ),
      ).toEqual([]);
    }
  });
}
