import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { generateOrganisationNumber } from '@samspill/contracts';
import { waitFor } from '@samspill/testing';
import { followSetUpGuide } from '@samspill/testing/demo';
import { IdentityWorld, type Answer } from './identity-world.specification.js';

const COMPANIES = '/api/identity/v1/companies';
/** Pairs of registrations at once; enough that some of them really meet. */
const PAIRS = 20;

/** Two instances of the service on one database, as two pods are. */
describe('identity-registration', () => {
  let world: IdentityWorld;
  let seed = 0;

  beforeAll(async () => {
    world = await IdentityWorld.open(2);
  });

  afterAll(async () => {
    await world.close();
  });

  async function call(method: string, path: string, body?: unknown, instance = 0): Promise<Answer> {
    return await world.call(method, path, body, instance);
  }

  function aForm(changes: object = {}) {
    seed += 1;
    return {
      name: `Fjord Handel ${seed} AS`,
      organisationNumber: generateOrganisationNumber('NO', seed),
      country: 'NO',
      address: { lines: ['Storgata 1'], postcode: '5003', town: 'Bergen', country: 'NO' },
      ...changes,
    };
  }

  async function aCompany(changes: object = {}): Promise<string> {
    const { status, body } = await call('POST', COMPANIES, aForm(changes));
    expect({ status, body }).toMatchObject({ status: 201 });
    return String(body['id']);
  }

  const namesOf = (body: Answer['body']): readonly unknown[] =>
    Array.isArray(body['companies'])
      ? body['companies'].map((company: { name: unknown }) => company.name)
      : [];

  async function listed(query: string, count: number): Promise<readonly unknown[]> {
    return await waitFor(
      async () => {
        const names = namesOf((await call('GET', `${COMPANIES}?${query}`)).body);
        return names.length === count && names;
      },
      { describe: `${count} companies to be listed by ${query}` },
    );
  }

  const pointersOf = ({ body }: Answer): readonly string[] =>
    Array.isArray(body['faults'])
      ? body['faults'].map((fault: { pointer: string; code: string }) => `${fault.pointer} ${fault.code}`)
      : [];

  it('C12 W16 registers a company, which is there at once under the id that is answered', async () => {
    const form = aForm();
    const registered = await call('POST', COMPANIES, form);
    expect(registered.status).toBe(201);
    expect(registered.body).toMatchObject({ ...form, synchronisation: { contacts: false } });
    const path = `${COMPANIES}/${String(registered.body['id'])}`;
    expect(registered.headers.get('location')).toBe(path);
    expect(await call('GET', path)).toMatchObject({ status: 200, body: registered.body });
    expect(await call('GET', path, undefined, 1)).toMatchObject({ status: 200, body: registered.body });
  });

  it('C13 answers every fault by field at once, and stores nothing', async () => {
    const id = randomUUID();
    const refused = await call('POST', COMPANIES, {
      id,
      organisationNumber: '923609017',
      country: 'NO',
      address: { postcode: '50' },
      x: 1,
    });
    expect(refused).toMatchObject({ status: 422, body: { code: 'company.invalid' } });
    expect([...pointersOf(refused)].sort()).toEqual([
      '/address/country country.missing',
      '/address/postcode postcode.format',
      '/name name.missing',
      '/organisationNumber organisation-number.check-digit',
      '/x field.unknown',
    ]);
    expect((await call('GET', `${COMPANIES}/${id}`)).status).toBe(404);
    const unsent = await fetch(world.first.url + COMPANIES, { method: 'POST' });
    expect(unsent.status).toBe(422);
  });

  it('answers a registration that is sent again under its id in the same way, and does nothing', async () => {
    const form = aForm({ id: randomUUID() });
    const first = await call('POST', COMPANIES, form);
    const again = await call('POST', COMPANIES, form);
    expect([first.status, again.status]).toEqual([201, 200]);
    expect(again.body).toEqual(first.body);
    const other = await call('POST', COMPANIES, { ...form, name: 'Another' });
    expect(other).toMatchObject({ status: 409, body: { code: 'company.exists' } });
  });

  it('C12 refuses an organisation number that a registered company has, in any spelling', async () => {
    const form = aForm();
    expect((await call('POST', COMPANIES, form)).status).toBe(201);
    const spelled = `NO ${form.organisationNumber} MVA`;
    const refused = await call('POST', COMPANIES, { ...form, organisationNumber: spelled });
    expect(refused).toMatchObject({ status: 409, body: { code: 'company.organisation-number-taken' } });
    expect(pointersOf(refused)).toEqual(['/organisationNumber organisation-number.taken']);
    const abroad = { ...form, organisationNumber: form.organisationNumber, country: 'DE' };
    expect((await call('POST', COMPANIES, abroad)).status).toBe(201);
  });

  it('C12 lets exactly one of two registrations at once win, each through an instance of its own', async () => {
    const pairs = Array.from({ length: PAIRS }, () => aForm());
    const outcomes = await Promise.all(
      pairs.map((form) => Promise.all([0, 1].map((instance) => call('POST', COMPANIES, form, instance)))),
    );
    for (const outcome of outcomes) {
      expect(outcome.map(({ status }) => status).sort()).toEqual([201, 409]);
      expect(outcome.find(({ status }) => status === 409)?.body['code']).toBe(
        'company.organisation-number-taken',
      );
    }
  });

  it('takes the same registration twice at once as one', async () => {
    const forms = Array.from({ length: PAIRS }, () => aForm({ id: randomUUID() }));
    for (const form of forms) {
      const outcome = await Promise.all([0, 1].map((instance) => call('POST', COMPANIES, form, instance)));
      expect(outcome.map(({ status }) => status).sort()).toEqual([200, 201]);
      expect(outcome[0]?.body).toEqual(outcome[1]?.body);
    }
  });

  it('changes name and address, and says that number and country cannot change', async () => {
    const id = await aCompany();
    const address = { lines: [], postcode: '0150', country: 'NO' };
    const changed = await call('PUT', `${COMPANIES}/${id}`, { name: 'Fjord Nord AS', address });
    expect(changed).toMatchObject({ status: 200, body: { id, name: 'Fjord Nord AS', address } });
    expect((await call('GET', `${COMPANIES}/${id}`)).body).toEqual(changed.body);
    const refused = await call('PUT', `${COMPANIES}/${id}`, {
      address,
      organisationNumber: '923609016',
      country: 'SE',
    });
    expect(refused.status).toBe(422);
    expect([...pointersOf(refused)].sort()).toEqual([
      '/country country.unchangeable',
      '/name name.missing',
      '/organisationNumber organisation-number.unchangeable',
    ]);
  });

  it('C26 C28 switches synchronisation per company, live and as often as one likes', async () => {
    const [id, other] = [await aCompany(), await aCompany()];
    await followSetUpGuide(async (method, path, body) => (await call(method, path, body)).body, id);
    const path = `${COMPANIES}/${id}/synchronisation/contacts`;
    for (const enabled of [true, true, false, true]) {
      const answer = await call('PUT', path, { enabled });
      expect(answer).toMatchObject({ status: 200, body: { synchronisation: { contacts: enabled } } });
      const seen = await call('GET', `${COMPANIES}/${id}`, undefined, 1);
      expect(seen.body).toMatchObject({ synchronisation: { contacts: enabled } });
    }
    expect((await call('GET', `${COMPANIES}/${other}`)).body).toMatchObject({
      synchronisation: { contacts: false },
    });
    expect((await call('PUT', path, { enabled: 'yes' })).status).toBe(400);
    expect(
      (await call('PUT', `${COMPANIES}/${id}/synchronisation/spaceships`, { enabled: true })).status,
    ).toBe(400);
  });

  it('C10 C25 refuses to switch on what is not registered, and names the missing step', async () => {
    for (const id of [randomUUID(), 'F-17']) {
      const refused = await call('PUT', `${COMPANIES}/${id}/synchronisation/contacts`, { enabled: true });
      expect(refused).toMatchObject({ status: 404, body: { code: 'company.not-found' } });
      expect(pointersOf(refused)).toEqual([' prerequisite.company-registered']);
    }
  });

  it('knows no company that is not registered, whatever is asked of it', async () => {
    const id = randomUUID();
    const answers = await Promise.all([
      call('GET', `${COMPANIES}/${id}`),
      call('GET', `${COMPANIES}/${id.toUpperCase()}`),
      call('GET', `${COMPANIES}/${id}/set-up`),
      call('PUT', `${COMPANIES}/${id}`, aForm()),
    ]);
    for (const answer of answers)
      expect(answer).toMatchObject({ status: 404, body: { code: 'company.not-found' } });
  });

  it('finds companies by the beginning of their name or number, page by page', async () => {
    const names = ['Ærlig Zeta 1', 'aerlig zeta 2', 'ÆRLIG ZETA 3', 'Ærlig Zeta 100%', 'Ærlig_Zeta'];
    for (const name of names) await aCompany({ name });
    const found = await listed('q=%C3%A6rlig%20zeta', 4);
    expect(found).toEqual(['Ærlig Zeta 1', 'Ærlig Zeta 100%', 'aerlig zeta 2', 'ÆRLIG ZETA 3']);
    expect(await listed('q=aerlig_', 1)).toEqual(['Ærlig_Zeta']);
    expect(await listed(`q=${encodeURIComponent('Ærlig Zeta 100%')}`, 1)).toEqual(['Ærlig Zeta 100%']);
    expect(await listed('q=zeta', 0)).toEqual([]);
    const last = generateOrganisationNumber('NO', seed);
    expect(await listed(`q=${last.slice(0, 3)}%20${last.slice(3)}`, 1)).toEqual(['Ærlig_Zeta']);

    const pages: unknown[] = [];
    for (let after: string | undefined = ''; after !== undefined;) {
      const { body } = await call('GET', `${COMPANIES}?q=aerlig&limit=2${after}`);
      pages.push(namesOf(body));
      const { next } = body;
      after = typeof next === 'string' ? `&cursor=${next}` : undefined;
    }
    expect(pages).toEqual([
      ['Ærlig Zeta 1', 'Ærlig Zeta 100%'],
      ['aerlig zeta 2', 'ÆRLIG ZETA 3'],
      ['Ærlig_Zeta'],
    ]);
  });

  it.each(['cursor=abc', 'limit=0', 'limit=201', 'page=2'])(
    'refuses a list query that it does not understand (%s)',
    async (query) => {
      const refused = await call('GET', `${COMPANIES}?${query}`);
      expect(refused).toMatchObject({ status: 400, body: { code: 'request.invalid' } });
      expect(pointersOf(refused)[0]).toContain(`/query/${query.split('=')[0] ?? ''}`);
    },
  );

  it('P4 builds its list anew from the log with the same rows', async () => {
    const id = await aCompany();
    const eventLog = world.first.contexts[0]?.eventLog;
    if (!eventLog) throw new Error('the context is not open');
    await eventLog.settled(id, ['identity.companies'], 20_000);
    const before = await eventLog.fingerprint('identity.companies');
    await eventLog.rebuild('identity.companies');
    expect(await eventLog.fingerprint('identity.companies')).toEqual(before);
  });

  it('describes its forms and answers in OpenAPI', async () => {
    const { body } = await call('GET', '/api/openapi.json');
    expect(body).toMatchObject({
      paths: {
        [COMPANIES]: {
          post: {
            requestBody: {
              content: {
                'application/json': { schema: { $ref: '#/components/schemas/CompanyRegistration' } },
              },
            },
          },
        },
      },
      components: {
        schemas: {
          CompanyRegistration: { required: ['name', 'organisationNumber', 'country', 'address'] },
          Company: {},
        },
      },
    });
  });
});
