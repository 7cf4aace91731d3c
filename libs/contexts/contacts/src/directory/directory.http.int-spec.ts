import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Module } from '@nestjs/common';
import type { ContactRecord } from '@samspill/contracts';
import { createApplication, JsonLogger, Lifecycle, listen } from '@samspill/platform';
import { CompanyAccess } from '../company/company-access.js';
import { companyProjection } from '../company/company.projection.js';
import { DirectoryWorld, newCompany } from './directory-world.specification.js';
import { DirectoryController } from './directory.http.js';
import { DirectorySearch } from './directory-search.js';

@Module({})
class DirectoryModule {}

describe('The directory over HTTP', () => {
  const company = newCompany();
  const records: readonly ContactRecord[] = [
    { kind: 'customer', number: 'A/7 ø', name: 'Fjord AS', country: 'NO', phone: '46587451' },
    { kind: 'contact-person', number: '1', name: 'Åse Berg', parent: { kind: 'customer', number: 'A/7 ø' } },
    { kind: 'contact-person', number: '2', name: 'Ola Berg', parent: { kind: 'customer', number: 'gone' } },
  ];
  let world: DirectoryWorld;
  let app: Awaited<ReturnType<typeof createApplication>>;
  let contacts: string;

  beforeAll(async () => {
    world = await DirectoryWorld.open();
    await world.put(company, records);
    await registered(world);
    const lifecycle = new Lifecycle();
    app = await createApplication({
      modules: [
        {
          module: DirectoryModule,
          controllers: [DirectoryController],
          providers: [
            { provide: DirectorySearch, useValue: world.search() },
            {
              provide: CompanyAccess,
              useValue: new CompanyAccess(world.database, { hold: () => Promise.resolve(undefined) }),
            },
          ],
        },
      ],
      contexts: [],
      lifecycle,
      host: '127.0.0.1',
      logger: new JsonLogger({ level: 'error', write: () => undefined }),
      api: { title: 'Test', description: 'For tests', version: '1' },
    });
    contacts = `${await listen(app, { host: '127.0.0.1', port: 0 })}/api/contacts/v1/companies`;
    lifecycle.phase = 'serving';
  });
  afterAll(async () => {
    await app.close();
    await world.close();
  });

  async function registered({ store }: DirectoryWorld): Promise<void> {
    const generation = await store.createGeneration(companyProjection);
    const row = { company, name: 'Demo', registered: true, synchronised: true };
    await store.load(companyProjection, generation, {
      checkpoints: [],
      chunks: [{ rows: [{ row, version: 0 }], versions: [], parked: [] }],
    });
    await store.index(companyProjection, generation);
    await store.switchTo(companyProjection, generation, 10_000);
  }

  async function get(
    path: string,
    of: string = company,
  ): Promise<{ status: number; body: Record<string, unknown> }> {
    const response = await fetch(`${contacts}/${of}/contacts${path}`);
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }

  it('C44 finds contacts with all of their information', async () => {
    const { status, body } = await get('?q=berg&limit=1');
    expect(status).toBe(200);
    expect(body).toEqual({
      matched: 'exact',
      next: expect.any(String),
      contacts: [
        {
          kind: 'contact-person',
          number: '1',
          name: 'Åse Berg',
          record: records[1],
          parentName: 'Fjord AS',
          changedAt: expect.any(String),
        },
      ],
    });
    const second = await get(`?q=berg&limit=1&cursor=${String(body['next'])}`);
    expect(second.body).toMatchObject({ contacts: [{ number: '2', name: 'Ola Berg' }] });
    expect(second.body).not.toHaveProperty('next');
    expect(second.body).not.toHaveProperty('contacts.0.parentName');
  });

  it('C44 lists everything without a query, or one kind', async () => {
    expect((await get('')).body).toMatchObject({
      contacts: [{ number: '1' }, { number: 'A/7 ø' }, { number: '2' }],
    });
    expect((await get('?kind=customer')).body).toMatchObject({ contacts: [{ name: 'Fjord AS' }] });
  });

  it('C44 says what was searched for instead of a mistyped word', async () => {
    expect((await get('?q=fjrod')).body).toMatchObject({
      matched: 'similar',
      searchedFor: 'fjord',
      contacts: [{ name: 'Fjord AS' }],
    });
  });

  it('C44 shows a customer with its contact persons, by any number', async () => {
    const number = encodeURIComponent('A/7 ø');
    const { body } = await get(`/customer/${number}`);
    expect(body).toMatchObject({
      name: 'Fjord AS',
      record: { phone: '46587451' },
      persons: { contacts: [{ name: 'Åse Berg' }] },
    });
    expect((await get(`/customer/${number}/contact-persons`)).body).toMatchObject({
      contacts: [{ number: '1' }],
    });
    expect((await get('/contact-person/1')).body).toMatchObject({ name: 'Åse Berg', parentName: 'Fjord AS' });
  });

  it.each([
    ['?q=k', 422, 'search.too-short'],
    ['?q=ab&cursor=x', 422, 'search.cursor-invalid'],
    ['?limit=101', 400, 'request.invalid'],
    ['?kind=friend', 400, 'request.invalid'],
    ['?q=a%00b', 400, 'request.invalid'],
    ['?query=fjord', 400, 'request.invalid'],
    ['/customer/nobody', 404, 'contact.not-found'],
    ['/customer/nobody/contact-persons', 404, 'contact.not-found'],
    ['/friend/1', 400, 'request.invalid'],
  ])('refuses %s with %i and its reason', async (path, status, code) => {
    expect(await get(path)).toMatchObject({ status, body: { status, code } });
  });

  it('does not know a company that is not registered', async () => {
    for (const path of ['', '/customer/1']) {
      for (const which of [newCompany(), 'no-company']) {
        expect(await get(path, which)).toMatchObject({ status: 404, body: { code: 'company.not-found' } });
      }
    }
  });
});
