import { beforeAll, expect, it } from '@jest/globals';
import { waitFor } from '@samspill/testing';
import { demoCompany } from '@samspill/testing/demo';
import type { DirectoryRecord } from './answers.js';
import { CompanyContacts, type Change } from './company-contacts.js';
import type { HttpApi } from './http-api.js';
import type { ExpectedRecord, NorthwindFile } from './northwind.js';

/** Any company of the demo data: the numbers of its organisation are valid. */
const SEED = 41;

/** The main job on the sample, in the order in which a new customer does it; each test goes on where the one before it ended. */
export function specifyMainJob(
  platform: () => HttpApi,
  readNorthwind: (kind: 'customer' | 'supplier') => NorthwindFile,
): void {
  const customers = readNorthwind('customer');
  const suppliers = readNorthwind('supplier');
  /** What must be in the directory now. */
  const model = new Map<string, ExpectedRecord>();
  const put = (records: readonly ExpectedRecord[]): void => {
    for (const one of records) model.set(`${one.kind}/${one.number}`, one);
  };
  let api: HttpApi;
  let company: CompanyContacts;

  beforeAll(() => {
    api = platform();
  });

  it('C12 C13 names every fault of a registration by field in one answer, and stores nothing', async () => {
    const form = {
      name: ' ',
      organisationNumber: '923609017',
      country: 'NO',
      address: { postcode: '12', country: 'XX' },
    };
    const answer = await api.callJson('POST', '/api/identity/v1/companies', form);
    expect(answer.status).toBe(422);
    expect(pointersOf(answer.body)).toEqual([
      '/address/country',
      '/address/postcode',
      '/name',
      '/organisationNumber',
    ]);
    const stored = await api.callJson('GET', '/api/identity/v1/companies?q=923609017');
    expect(stored.body).toMatchObject({ companies: [] });
  });

  it('C10 refuses contacts of a company that is not registered', async () => {
    const nobody = new CompanyContacts(api, '00000000-0000-7000-8000-000000000000');
    for (const answer of [await nobody.sendCsv(customers.text), await nobody.sendBatch('i1', 1, [EDIT])]) {
      expect(answer).toMatchObject({ status: 404, body: { code: 'company.not-found' } });
    }
  });

  it('C25 refuses contacts before synchronisation is on, and says how it is switched on', async () => {
    company = await CompanyContacts.register(api, demoCompany(SEED));
    await waitFor(() => company.syncStatus(), { describe: 'contacts-sync to hear of the company' });
    await expectRefused(company, customers);
  });

  it('C26 C28 takes contacts as soon as synchronisation has been switched on, with nothing restarted', async () => {
    await company.switchSynchronisation(true);
    expect((await company.previewImport(customers.text)).state).toBe('to-be-confirmed');
    const [open] = await company.imports();
    expect(await api.callJson('DELETE', importPath(company, open?.id))).toMatchObject({
      status: 200,
      body: { state: 'cancelled' },
    });
  });

  for (const file of [customers, suppliers]) {
    it(`C30 C37 imports ${file.name}: previewed, confirmed, bad rows told by line, good ones as they stand in the file`, async () => {
      const preview = await company.previewImport(file.text, { fileName: file.name });
      const good = file.goodRecords.length / 2;
      expect(preview).toMatchObject({
        state: 'to-be-confirmed',
        rows: file.records.length / 2,
        rejectedRows: file.bad.lines.length,
        removals: 0,
        preview: [
          { kind: file.kind, created: good, changed: 0, deleted: 0, unchanged: 0 },
          { kind: 'contact-person', created: good, changed: 0, deleted: 0, unchanged: 0 },
        ],
      });
      // Nothing is done before it is confirmed.
      await company.directoryIs(model.values());
      await company.confirmImport(preview.id);
      const done = await company.completedImport(preview.id);
      expect(done.outcome).toEqual(preview.preview);
      put(file.goodRecords);
      await company.directoryIs(model.values());
      const rejected = await company.rejectedRows(preview.id);
      expect([...rejected.matchAll(/Line (\d+):/g)].map(([, line]) => Number(line))).toEqual(file.bad.lines);
    });

    it(`C32 shows what of ${file.name} has not been synchronised, with reasons, and refuses it again when it is tried unmended`, async () => {
      const entries = await company.syncReport();
      expect(numbersOf(entries, file.kind)).toEqual([...file.bad.numbers].toSorted());
      for (const { source, faults } of entries) {
        expect(file.bad.lines).toContain(source.line);
        expect(faults.map(({ code }) => code)).toEqual(['csv.columns']);
      }
      expect(await company.retry({ all: true })).toEqual({ accepted: 0, rejected: entries.length });
    });

    it(`takes the mended rows of ${file.name} as an amendment, after which all of the file is there, row by row`, async () => {
      const [latest] = await company.imports();
      const amendment = await company.importToTheEnd(file.bad.mended, { amends: latest?.id ?? '' });
      expect(amendment).toMatchObject({ rejectedRows: 0, removals: 0 });
      put(file.records);
      await company.directoryIs(model.values());
      expect(await company.syncReport()).toEqual([]);
    });
  }

  it('has every row of the sample: 91 customers, 29 suppliers and the contact person of each', async () => {
    const kinds = Map.groupBy((await company.directory()).values(), ({ kind }) => kind);
    expect([...kinds].map(([kind, records]) => [kind, records.length]).toSorted()).toEqual([
      ['contact-person', 120],
      ['customer', 91],
      ['supplier', 29],
    ]);
  });

  it('C44 finds contacts by any part of a name, number, town or phone, whatever the accents', async () => {
    const found = async (query: string): Promise<readonly string[]> => keysOf(await company.search(query));
    const inTown = (town: string): readonly string[] =>
      keysOf([...model.values()].filter(({ address }) => isObject(address) && address['town'] === town));
    for (const query of ['México', 'mexico d.f.', 'MEXICO'])
      expect(await found(query)).toEqual(inTown('México D.F.'));
    for (const query of ['Sao Paulo', 'São Paulo', 'paulo sao'])
      expect(await found(query)).toEqual(inTown('Sao Paulo'));
    for (const query of ['555-4729', '5554729'])
      expect(await found(query)).toEqual(['customer/ANATR', 'customer/BOTTM']);
    expect(await found('(5) 555-4729')).toEqual(['customer/ANATR']);
    expect(await found('frederique cit')).toEqual(['contact-person/BLONP-1']);
    expect(await found('ALFKI')).toEqual(['contact-person/ALFKI-1', 'customer/ALFKI']);
    expect(keysOf(await company.search('sjofoda', 'supplier'))).toEqual(['supplier/17']);
    expect(await found('no such contact anywhere')).toEqual([]);
  });

  it('C29 takes edits, deletions and new records in batches; the same batch again does nothing and is answered alike', async () => {
    const changes: readonly Change[] = [
      EDIT,
      { op: 'put', kind: 'customer', record: { number: 'NY1', name: 'Ny Kunde AS', country: 'NO' } },
      { op: 'delete', kind: 'contact-person', number: 'ANATR-1' },
      { op: 'delete', kind: 'customer', number: 'NOSUCH' },
      { op: 'put', kind: 'supplier', record: { number: '1', name: 'Exotic', email: 'not an address' } },
    ];
    const first = await company.takeBatch('before', 1, changes);
    expect(first).toEqual({ created: 1, changed: 1, deleted: 1, unchanged: 1, rejected: 1, repeated: false });
    put([
      { kind: 'customer', ...EDIT.record },
      { kind: 'customer', number: 'NY1', name: 'Ny Kunde AS', country: 'NO' },
    ]);
    model.delete('contact-person/ANATR-1');
    await company.directoryIs(model.values());
    expect(await company.takeBatch('before', 1, changes)).toEqual({ ...first, repeated: true });
    await company.directoryIs(model.values());
    expect(numbersOf(await company.syncReport(), 'supplier')).toEqual(['1']);
  });

  it('C34 C36 puts everything back when the older file is imported again', async () => {
    const again = await company.importToTheEnd(customers.mended);
    expect(again.outcome).toEqual([
      { kind: 'customer', created: 0, changed: 1, deleted: 1, unchanged: 90 },
      { kind: 'contact-person', created: 1, changed: 0, deleted: 0, unchanged: 90 },
    ]);
    model.delete('customer/NY1');
    put(customers.records);
    await company.directoryIs(model.values());
  });

  it('C32 takes a rejected record off the report once the ERP has sent it right', async () => {
    const supplier = suppliers.records.find(({ kind, number }) => kind === 'supplier' && number === '1');
    const { kind = '', ...record } = supplier ?? {};
    expect(await company.takeBatch('before', 2, [{ op: 'put', kind, record }])).toMatchObject({
      unchanged: 1,
      rejected: 0,
    });
    await company.directoryIs(model.values());
    expect(await company.syncReport()).toEqual([]);
  });

  it('C35 holds an import that would remove an unusual share until somebody says how many', async () => {
    const [heading = '', first = ''] = suppliers.mended.split('\n');
    const short = `${heading}\n${first}\n`;
    const refused = await company.sendCsv(short, { confirm: true });
    expect(refused).toMatchObject({ status: 409, body: { code: 'import.removals-conflict' } });
    const { id, removals } = await waitFor(
      async () => (await company.imports()).find(({ state }) => state === 'held'),
      {
        describe: 'the import to be held',
      },
    );
    expect(removals).toBe(56);
    expect(await company.confirmImport(id, 55)).toMatchObject({ status: 409 });
    await company.directoryIs(model.values());
    await company.confirmImport(id, 56);
    await company.completedImport(id);
    const kept = [...model.values()].filter(
      (one) => !isOfSuppliers(one) || ['1', '1-L1'].includes(one.number),
    );
    await company.directoryIs(kept);
    await company.importToTheEnd(suppliers.mended);
    await company.directoryIs(model.values());
  });

  it('rebuilds the directory from the log with the same rows', async () => {
    const before = await company.fingerprint();
    await company.rebuildToTheEnd();
    expect(await company.fingerprint()).toEqual(before);
    await company.directoryIs(model.values());
  });

  it('C26 C28 refuses contacts as soon as synchronisation is switched off, and takes them again once it is on', async () => {
    await company.switchSynchronisation(false);
    await expectRefused(company, customers);
    await company.directoryIs(model.values());
    await company.switchSynchronisation(true);
    expect(await company.takeBatch('after', 1, [EDIT])).toMatchObject({ changed: 1 });
    put([{ kind: 'customer', ...EDIT.record }]);
    await company.directoryIs(model.values());
    expect((await company.syncStatus()).lastSynchronisedAt).not.toBeNull();
  });
}

const EDIT = {
  op: 'put',
  kind: 'customer',
  record: { number: 'ALFKI', name: 'Alfreds Futterkiste GmbH', country: 'DE', phone: '030-0074321' },
} as const;

async function expectRefused(company: CompanyContacts, file: NorthwindFile): Promise<void> {
  for (const answer of [await company.sendCsv(file.text), await company.sendBatch('refused', 1, [EDIT])]) {
    expect(answer).toMatchObject({
      status: 422,
      body: { code: 'company.synchronisation-off', faults: [{ code: 'prerequisite.synchronisation' }] },
    });
  }
}

function importPath({ id }: CompanyContacts, importId = ''): string {
  return `/api/contacts/v1/companies/${id}/imports/${importId}`;
}

function isOfSuppliers({ kind, parent }: ExpectedRecord): boolean {
  return kind === 'supplier' || (isObject(parent) && parent['kind'] === 'supplier');
}

function numbersOf(
  entries: readonly { readonly kind: string; readonly reference: string }[],
  kind: string,
): readonly string[] {
  return entries.flatMap((entry) => (entry.kind === kind ? [entry.reference] : [])).toSorted();
}

function keysOf(records: readonly (DirectoryRecord | ExpectedRecord)[]): readonly string[] {
  return records.map(({ kind, number }) => `${kind}/${number}`).toSorted();
}

function pointersOf(problem: unknown): readonly string[] {
  const faults = isObject(problem) && Array.isArray(problem['faults']) ? problem['faults'] : [];
  return faults.map((fault: unknown) => (isObject(fault) ? String(fault['pointer']) : '')).toSorted();
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
