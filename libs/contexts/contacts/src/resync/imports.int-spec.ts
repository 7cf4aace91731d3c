import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { silentLogger } from '@samspill/eventlog';
import type { CompanyId } from '@samspill/kernel';
import { startHost, type Host } from '@samspill/platform';
import { waitFor } from '@samspill/testing';
import { CompanyAccess } from '../company/company-access.js';
import { contactsContext } from '../contacts.module.js';
import type { ImportView } from './import-view.js';
import { PARTITIONS, World } from './resync-world.specification.js';

interface Answer<Body> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
}

interface Problem {
  readonly code: string;
  readonly detail: string;
  readonly faults: readonly { readonly pointer: string; readonly code: string }[];
}

const numbered = (from: number, to: number): string =>
  `Kundenr;Navn\n${Array.from({ length: to - from + 1 }, (_, at) => `${from + at};Kunde ${from + at}\n`).join('')}`;

describe('the imports of a company over HTTP', () => {
  let world: World;
  let host: Host | undefined;
  let company: CompanyId;

  beforeAll(async () => {
    world = await World.open();
    host = await startHost({
      contexts: [
        { definition: contactsContext, database: { url: world.database.url, poolSize: 10, waitMs: 10_000 } },
      ],
      log: await world.log(),
      http: { host: '127.0.0.1', port: 0 },
      logger: silentLogger,
      api: { title: 'Test', description: 'For tests', version: '1' },
      partitions: PARTITIONS,
    });
    await host.readiness.whenReady(30_000);
  });
  afterAll(async () => {
    await host?.close();
    await world.close();
  });

  const newCompany = async (): Promise<void> => {
    const context = host?.contexts[0];
    if (!context) throw new Error('no context');
    const { eventLog, database, logger } = context;
    const access = new CompanyAccess(database, eventLog.reverts);
    company = await world.company({ dependencies: { eventLog, database, access, logger } });
  };

  async function ask<Body = ImportView>(path: string, init: RequestInit = {}): Promise<Answer<Body>> {
    const response = await fetch(`${host?.url ?? ''}/api/contacts/v1/companies/${company}/${path}`, init);
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') === true;
    return {
      status: response.status,
      headers: response.headers,
      body: (isJson ? JSON.parse(text) : text) as Body,
    };
  }
  const send = async <Body = ImportView>(
    body: NonNullable<RequestInit['body']>,
    query = '',
  ): Promise<Answer<Body>> =>
    await ask<Body>(`imports${query}`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'text/csv' },
      duplex: 'half',
    });
  const confirm = async <Body = ImportView>(id: string, said?: object): Promise<Answer<Body>> =>
    await ask<Body>(`imports/${id}/confirm`, {
      method: 'POST',
      ...(said ? { body: JSON.stringify(said), headers: { 'content-type': 'application/json' } } : {}),
    });
  const whenEnded = async (id: string): Promise<ImportView> =>
    await waitFor(
      async () => {
        const { body } = await ask(`imports/${id}`);
        return body.endedAt !== undefined && body;
      },
      { describe: 'the import to end' },
    );
  const names = async (): Promise<readonly string[]> => {
    const { body } = await ask<{ contacts: { name: string }[] }>('contacts?limit=100');
    return body.contacts.map(({ name }) => name).toSorted();
  };

  it('C36 C37 C39 are sent as a file, previewed, confirmed, watched and listed', async () => {
    await newCompany();
    const csv = Buffer.from(
      'Kundenr;Navn;Poststed\r\n1;Blåbær & Rød AS;Ålesund\r\n2;Grønn AS;Tromsø\r\n',
      'latin1',
    );
    const created = await send(csv, '?fileName=kunder.csv');
    expect(created.status).toBe(201);
    expect(created.body).toMatchObject({
      state: 'to-be-confirmed',
      fileName: 'kunder.csv',
      startedBy: 'user:local',
      removals: 0,
      unusedHeadings: [],
      samples: { created: [{ kind: 'customer', number: '1', name: 'Blåbær & Rød AS' }, {}] },
    });
    const { self } = created.body.links;
    expect(created.headers.get('location')).toBe(self);
    expect(self).toBe(`/api/contacts/v1/companies/${company}/imports/${created.body.id}`);
    expect(await names()).toEqual([]);
    const confirmed = await confirm(created.body.id);
    expect([confirmed.status, confirmed.body.confirmedBy]).toEqual([200, 'user:local']);
    const done = await whenEnded(created.body.id);
    expect(done).toMatchObject({
      state: 'completed',
      outcome: [{ kind: 'customer', created: 2, changed: 0, deleted: 0, unchanged: 0 }],
    });
    expect(done.samples).toBeUndefined();
    await waitFor(async () => (await names()).length === 2, { describe: 'the directory' });
    expect(await names()).toEqual(['Blåbær & Rød AS', 'Grønn AS']);
    const list = await ask<{ imports: ImportView[] }>('imports');
    expect(list.body.imports).toMatchObject([{ id: done.id, state: 'completed', fileName: 'kunder.csv' }]);
    const status = await ask<{ lastSynchronisedAt: string | null }>('sync-status');
    expect(status.body.lastSynchronisedAt).toBe(done.endedAt);
  });

  it('C35 run in one call where little is removed, and are held with a conflict where much is', async () => {
    await newCompany();
    const first = await send(numbered(1, 60), '?confirm=true');
    expect(first.status).toBe(201);
    await whenEnded(first.body.id);
    const held = await send<Problem>(numbered(1, 20), '?confirm=true');
    expect(held).toMatchObject({
      status: 409,
      body: {
        code: 'import.removals-conflict',
        faults: [{ pointer: '/removals', code: 'removals.unconfirmed' }],
      },
    });
    const id = held.headers.get('location')?.split('/').at(-1) ?? '';
    expect(held.body.detail).toContain(id);
    expect((await ask(`imports/${id}`)).body).toMatchObject({ state: 'held', removals: 40 });
    expect((await ask<{ resync: object }>('sync-status')).body.resync).toMatchObject({ id, state: 'held' });
    expect((await confirm<Problem>(id, { removals: 41 })).body.code).toBe('import.removals-conflict');
    expect((await confirm(id, { removals: 40 })).status).toBe(200);
    expect((await whenEnded(id)).outcome).toEqual([
      { kind: 'customer', created: 0, changed: 0, deleted: 40, unchanged: 20 },
    ]);
    const certain = await send(numbered(1, 1), '?confirm=true&removals=19');
    expect([certain.status, certain.body.removals]).toEqual([201, 19]);
    await whenEnded(certain.body.id);
  });

  it('are cancelled before they run, and not after', async () => {
    await newCompany();
    const { body } = await send(numbered(1, 3));
    const second = await send<Problem>(numbered(1, 3));
    expect([second.status, second.body.code]).toEqual([409, 'import.open-exists']);
    const cancelled = await ask(`imports/${body.id}`, { method: 'DELETE' });
    expect(cancelled).toMatchObject({
      status: 200,
      body: { state: 'cancelled', reason: 'Cancelled by user:local.' },
    });
    expect((await confirm<Problem>(body.id)).body.code).toBe('import.state-conflict');
    const ran = await send(numbered(1, 3), '?confirm=true');
    await whenEnded(ran.body.id);
    const late = await ask<Problem>(`imports/${ran.body.id}`, { method: 'DELETE' });
    expect([late.status, late.body.code]).toEqual([409, 'import.state-conflict']);
  });

  it('give their rejected rows as a file that is mended and sent again', async () => {
    await newCompany();
    const first = await send('Kundenr;Navn;E-post\n1;En;en@x.no\n2;To;to\n3;;tre@x.no\n', '?confirm=true');
    await whenEnded(first.body.id);
    const rejected = await ask<string>(`imports/${first.body.id}/rejected.csv`);
    expect(rejected.headers.get('content-type')).toContain('text/csv');
    expect(rejected.headers.get('content-disposition')).toContain('attachment');
    const mended = rejected.body.replace('2;To;to;', '2;To;to@x.no;').replace('3;;', '3;Tre;');
    const again = await send(mended, `?amends=${first.body.id}&confirm=true`);
    expect(again.body).toMatchObject({ removes: 'none', rejectedRows: 0 });
    await whenEnded(again.body.id);
    await waitFor(async () => (await names()).length === 3, { describe: 'the directory' });
    expect((await ask<{ entries: object[] }>('sync-report')).body.entries).toEqual([]);
  });

  it('answer in the middle of a large upload that cannot be taken, and the connection lives on', async () => {
    await newCompany();
    function* much(): Generator<Buffer> {
      yield Buffer.from('A;B\n');
      for (let line = 0; line < 200_000; line += 1) yield Buffer.from(`${line};${'x'.repeat(100)}\n`);
    }
    const refused = await send<Problem>(Readable.toWeb(Readable.from(much())) as ReadableStream);
    expect([refused.status, refused.body.code]).toEqual([422, 'csv.kind-unknown']);
    expect((await ask<{ imports: object[] }>('imports')).body.imports).toEqual([]);
  });

  it('are cancelled when the upload is cut off', async () => {
    await newCompany();
    const cut = new AbortController();
    async function* endless(): AsyncGenerator<Buffer> {
      yield Buffer.from(numbered(1, 20_000));
      await waitFor(async () => (await ask<{ imports: object[] }>('imports')).body.imports.length === 1, {
        describe: 'the import to be listed',
      });
      cut.abort();
      await Promise.resolve();
    }
    const body = Readable.toWeb(Readable.from(endless())) as ReadableStream;
    const init = {
      method: 'POST',
      body,
      headers: { 'content-type': 'text/csv' },
      duplex: 'half',
      signal: cut.signal,
    };
    await expect(ask('imports', init as RequestInit)).rejects.toThrow();
    await waitFor(
      async () => (await ask<{ imports: ImportView[] }>('imports')).body.imports[0]?.state === 'cancelled',
      { describe: 'the import to be cancelled' },
    );
    expect((await send(numbered(1, 2))).status).toBe(201);
  });

  it('refuse what they are not asked rightly, each with its place', async () => {
    await newCompany();
    const mapping = await send<Problem>(
      'Kundenr;Navn\n1;a\n',
      `?mapping=${encodeURIComponent('{"columns":{"Navn":"nonsense"}}')}`,
    );
    expect(mapping).toMatchObject({
      status: 400,
      body: { faults: [{ pointer: '/query/mapping', code: 'csv.mapping' }] },
    });
    const both = await send<Problem>('Kundenr;Navn\n1;a\n', '?removals=3');
    expect(both).toMatchObject({ status: 400, body: { faults: [{ pointer: '/query/removals' }] } });
    const json = await ask<Problem>('imports', {
      method: 'POST',
      body: '{}',
      headers: { 'content-type': 'application/json' },
    });
    expect([json.status, json.body.code]).toEqual([415, 'import.csv-expected']);
    for (const id of ['nonsense', '0195a5a5-0000-7000-8000-000000000000']) {
      const unknown = await ask<Problem>(`imports/${id}`);
      expect([unknown.status, unknown.body.code]).toEqual([404, 'import.not-found']);
    }
    const { body } = await send(numbered(1, 2));
    await newCompany();
    expect((await ask<Problem>(`imports/${body.id}`)).body.code).toBe('import.not-found');
    expect((await confirm<Problem>(body.id)).body.code).toBe('import.not-found');
  });
});
