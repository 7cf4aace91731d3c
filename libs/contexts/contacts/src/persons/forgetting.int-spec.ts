import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ContactPersonRecord, CustomerRecord } from '@samspill/contracts';
import { uuidv7 } from '@samspill/eventlog';
import type { CompanyId } from '@samspill/kernel';
import type { BatchAnswer, PersonFindings } from '@samspill/platform';
import { waitFor } from '@samspill/testing';
import { DataSource } from 'typeorm';
import { BatchIntake } from '../intake/batch-intake.js';
import {
  change,
  contextNow,
  directory,
  report,
  run,
  send,
  valueOf,
  World,
  type Service,
} from '../resync/resync-world.specification.js';
import { SyncReportEntry } from '../sync/sync-report.entity.js';
import { SyncReport } from '../sync/sync-report.js';
import { ContactsPersons } from './contacts-persons.js';

const atKaris: ContactPersonRecord = {
  kind: 'contact-person',
  number: '10-1',
  name: 'Ola Dunk',
  parent: { kind: 'customer', number: '10' },
};
const BECAUSE = 'case 2026-17';
/** A person of each test, whose name nobody else has. */
class Person {
  static #made = 0;
  readonly surname: string;
  readonly name: string;
  readonly email: string;
  readonly phone: string;
  /** Whatever of the person might be left somewhere. */
  readonly traces: RegExp;

  constructor() {
    Person.#made += 1;
    this.surname = `Kvern${String.fromCodePoint('a'.charCodeAt(0) + Person.#made).repeat(3)}`;
    this.name = `Kari ${this.surname}`;
    this.email = `kari@${this.surname.toLowerCase()}.no`;
    this.phone = `465 87 4${Person.#made}1`;
    this.traces = new RegExp(`${this.surname}|465 ?87 ?4${Person.#made}1`, 'i');
  }

  get record(): CustomerRecord {
    const { name, email, phone } = this;
    return { kind: 'customer', number: '10', name, country: 'NO', phone, email };
  }
}

describe('a person who is forgotten', () => {
  let world: World;
  let service: Service;
  let persons: ContactsPersons;
  let intake: BatchIntake;
  let syncReport: SyncReport;
  let entities: DataSource;
  let company: CompanyId;
  let kari: Person;

  beforeAll(async () => {
    world = await World.open();
    service = await world.service();
    const { dependencies } = service;
    persons = new ContactsPersons(dependencies);
    intake = new BatchIntake(dependencies.eventLog, dependencies.access);
    entities = new DataSource({ type: 'postgres', url: world.database.url, entities: [SyncReportEntry] });
    await entities.initialize();
    syncReport = new SyncReport(dependencies.eventLog, entities, dependencies.access);
  });
  afterAll(async () => {
    await entities.destroy();
    await world.close();
  });
  const newCompany = async (): Promise<void> => {
    company = await world.company(service);
    kari = new Person();
  };

  async function sendBatch(...lines: readonly object[]): Promise<BatchAnswer> {
    const body = Buffer.from(lines.map((line) => JSON.stringify(line)).join('\n'));
    const name = { agent: 'erp', incarnation: uuidv7(), sequence: 1 };
    return valueOf(await intake.take(company, name, body, contextNow()));
  }
  const put = (record: object, kind = 'customer'): object => ({ op: 'put', kind, record });
  const erase = async (...references: readonly string[]) => {
    const records = references.map((reference) => ({ kind: 'customer', reference }));
    return valueOf(await persons.erase(company, { records, reason: BECAUSE, isDryRun: false }, contextNow()));
  };
  const find = async (clues: object): Promise<PersonFindings> => {
    await service.dependencies.eventLog.settled(
      company,
      ['contacts.directory', 'contacts.sync-report'],
      30_000,
    );
    return valueOf(await persons.find(company, clues, contextNow()));
  };
  const keysOf = ({ found }: PersonFindings): readonly string[] =>
    found.map(({ kind, reference, matches }) =>
      [kind, reference, matches.some(({ isExact }) => isExact) ? 'exact' : 'mentioned'].join(' '),
    );

  /** Tables of the database with a row that holds a trace of the person: the events too, which are there for ever, sealed. */
  async function tablesWithTraces(): Promise<readonly string[]> {
    const { database } = service.dependencies;
    return await database.withClient(async (client) => {
      const { rows: tables } = await client.query<{ name: string }>(
        `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
         WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`,
      );
      const found: string[] = [];
      for (const { name } of tables) {
        // Values of events are bytes, which would be shown as hexadecimal digits.
        const text = name === 'eventlog.event' ? "t::text || convert_from(t.value, 'UTF8')" : 't::text';
        const { rows } = await client.query<{ text: string }>(`SELECT ${text} AS text FROM ${name} t`);
        if (rows.some(({ text }) => kari.traces.test(text))) found.push(name);
      }
      return found;
    });
  }

  it('is found in every field, in the sync report and in imports, with where it came from and since when', async () => {
    await newCompany();
    await change(service, company, [
      { ...kari.record, phone: '11111111' },
      { kind: 'supplier', number: '5', name: 'Fjord AS', notes: `Spør etter ${kari.email}` },
      atKaris,
    ]);
    await change(service, company, [kari.record]);
    await sendBatch(
      put({ number: '77', name: kari.name, email: 'not an address' }),
      put({ email: kari.email }),
    );
    await send(service, company, `Kundenr;Navn;E-post\n10;${kari.name};${kari.email}\n`);

    expect(keysOf(await find({ email: kari.email.toUpperCase() }))).toEqual([
      'customer 10 exact',
      expect.stringMatching(/^customer ~[0-9a-f]{16} exact$/),
      'supplier 5 mentioned',
    ]);
    expect(keysOf(await find({ name: `${kari.surname}, Kari` }))).toEqual(
      expect.arrayContaining(['customer 10 exact', 'customer 77 exact', 'supplier 5 mentioned']),
    );
    const { found, keeps } = await find({ phone: `+47${kari.phone}` });
    expect(keeps).toHaveLength(3);
    expect(found).toEqual([
      {
        kind: 'customer',
        reference: '10',
        state: 'kept',
        matches: [{ by: 'phone', isExact: true, field: '/phone' }],
        fields: expect.arrayContaining([
          { field: '/email', value: kari.email, since: expect.any(String), from: 'user:test' },
        ]),
        former: [expect.objectContaining({ field: '/phone', value: '11111111' })],
        elsewhere: [
          expect.objectContaining({
            place: expect.stringMatching(/^Line 2 of import /),
            fields: expect.arrayContaining([
              expect.objectContaining({ field: '/cells/1', value: kari.name }),
            ]),
          }),
        ],
        related: [{ kind: 'contact-person', reference: '10-1', how: 'a contact person of it' }],
      },
    ]);
    expect(keysOf(await find({ phone: '11111111' }))).toEqual(['customer 10 exact']);
    await change(service, company, [], [{ kind: 'customer', reference: '10' }]);
    expect((await find({ email: kari.email })).found[0]).toMatchObject({
      state: 'deleted',
      reference: '10',
      fields: [],
    });
    expect(await find({ records: [{ kind: 'customer', reference: '404' }] })).toMatchObject({ found: [] });
    await service.resyncs.cancel(
      company,
      (await service.resyncs.list(company, 1))[0]?.id ?? '',
      contextNow(),
    );
  });

  it('leaves no trace in any table, live or rebuilt, and takes nobody else along', async () => {
    await newCompany();
    await change(service, company, [kari.record, atKaris]);
    await change(service, company, [{ kind: 'customer', number: '11', name: kari.name }]);
    await change(service, company, [], [{ kind: 'customer', reference: '11' }]);
    await sendBatch(put({ ...kari.record, number: '12', email: kari.surname }), put({ name: kari.name }));
    const waiting = await send(
      service,
      company,
      `Kundenr;Navn;E-post;Kontaktperson\n10;${kari.name};${kari.email};Per Dahl\n13;Fjord;;${kari.name}\n14;${kari.name};${kari.surname};\n`,
    );
    expect(waiting.samples?.created.map(({ name }) => name)).toContain(kari.name);
    const numberless = keysOf(await find({ name: kari.name })).flatMap((key) => /~\w+/.exec(key) ?? []);
    const { records } = await erase('10', '11', '12', '14', ...numberless);
    expect(records.map(({ outcome }) => outcome)).toEqual(Array(5).fill('forgotten'));
    await persons.erase(
      company,
      { records: [{ kind: 'contact-person', reference: '13-1' }], reason: BECAUSE, isDryRun: false },
      contextNow(),
    );

    expect(await tablesWithTraces()).toEqual([]);
    expect(await find({ name: kari.name, email: kari.email, phone: kari.phone })).toMatchObject({
      found: [],
    });
    expect(await find({ records: [{ kind: 'customer', reference: '10' }] })).toMatchObject({
      found: [{ state: 'forgotten', fields: [], former: [], elsewhere: [] }],
    });
    expect(await directory(service, company)).toEqual({ 'contact-person/10-1': 'Ola Dunk' });

    const done = await run(service, company, waiting);
    expect(done).toMatchObject({ state: 'completed', forgottenRows: 3 });
    expect(await directory(service, company)).toEqual({
      'contact-person/10-1': 'Per Dahl',
      'customer/13': 'Fjord',
    });
    for (const name of ['contacts.directory', 'contacts.sync-report', 'contacts.forgotten'])
      await service.dependencies.eventLog.rebuild(name);
    expect(await directory(service, company)).toEqual({
      'contact-person/10-1': 'Per Dahl',
      'customer/13': 'Fjord',
    });
    expect(await tablesWithTraces()).toEqual([]);
  });

  it('C29 C32 is refused when the ERP sends it again, counted, reported without a word of it, also when tried again', async () => {
    await newCompany();
    await change(service, company, [kari.record]);
    await sendBatch(put({ ...kari.record, number: '11', email: kari.surname }));
    await erase('10', '11');
    expect(await report(service, company)).toEqual({});
    const answer = await sendBatch(
      put(kari.record),
      put({ ...kari.record, number: '11', email: kari.surname }),
      put(atKaris, 'contact-person'),
    );
    expect(answer).toMatchObject({ created: 1, rejected: 2, forgotten: 2 });
    await sendBatch(put(kari.record));
    expect(await report(service, company)).toEqual({
      'customer/10': [expect.stringContaining('forgotten')],
      'customer/11': [expect.stringContaining('forgotten')],
    });
    expect(await syncReport.retryAll(company, contextNow())).toEqual({ accepted: 0, rejected: 2 });
    expect(await directory(service, company)).toEqual({ 'contact-person/10-1': 'Ola Dunk' });
    expect(await tablesWithTraces()).toEqual([]);
    expect(await sendBatch({ op: 'delete', kind: 'customer', number: '10' })).toMatchObject({ unchanged: 1 });
    expect(Object.keys(await report(service, company))).toEqual(['customer/11']);
  });

  it('C35 C37 is refused in an import, whose file of rejected rows does not have it', async () => {
    await newCompany();
    await erase('10');
    const preview = await send(
      service,
      company,
      `Kundenr;Navn;E-post\n10;${kari.name};${kari.email}\n11;Fjord;x\n12;Nes;\n`,
    );
    expect(preview).toMatchObject({ rejectedRows: 2, forgottenRows: 1 });
    expect(await tablesWithTraces()).toEqual([]);
    await run(service, company, preview);
    expect(await directory(service, company)).toEqual({ 'customer/12': 'Nes' });
    expect(Object.keys(await report(service, company))).toEqual(['customer/10', 'customer/11']);
    let csv = '';
    for await (const part of valueOf(await service.resyncs.rejectedRows(company, preview.id, contextNow())))
      csv += part;
    expect(csv.trim().split('\r\n').slice(1)).toEqual([expect.stringMatching(/^11;Fjord;x;/)]);
    expect(await tablesWithTraces()).toEqual([]);
  });

  it('comes in again when that is lifted, with the next change', async () => {
    await newCompany();
    await erase('10');
    await sendBatch(put(kari.record));
    const records = [
      { kind: 'customer', reference: '10' },
      { kind: 'customer', reference: '11' },
    ];
    expect(valueOf(await persons.lift(company, { records, reason: BECAUSE }, contextNow()))).toMatchObject({
      records: [{ outcome: 'lifted' }, { outcome: 'not-forgotten' }],
    });
    expect(await report(service, company)).toEqual({});
    expect(await directory(service, company)).toEqual({});
    expect(await sendBatch(put(kari.record))).toMatchObject({ created: 1, rejected: 0 });
    expect(await directory(service, company)).toEqual({ 'customer/10': kari.name });
  });

  it('is forgotten once, only when that is meant, and for a reason that does not name them', async () => {
    await newCompany();
    await change(service, company, [kari.record]);
    const records = [{ kind: 'customer', reference: '10' }];
    const asked = { records, reason: BECAUSE, isDryRun: true };
    expect(valueOf(await persons.erase(company, asked, contextNow()))).toMatchObject({
      isDryRun: true,
      records: [{ outcome: 'would-be-forgotten' }],
    });
    expect(await directory(service, company)).toEqual({ 'customer/10': kari.name });
    for (const reason of [
      `asked by ${kari.surname}, Kari`,
      `wrote from ${kari.email}`,
      `rang from ${kari.phone.replaceAll(' ', '')}`,
    ])
      expect(await persons.erase(company, { records, reason, isDryRun: false }, contextNow())).toMatchObject({
        code: 'person.reason-names-them',
      });
    expect((await erase('10', '10')).records).toEqual([{ ...records[0], outcome: 'forgotten' }]);
    expect((await erase('10')).records).toEqual([{ ...records[0], outcome: 'forgotten-before' }]);
    const wrong = [{ kind: 'invoice', reference: '1' }, ...records, { kind: 'order', reference: '2' }];
    expect(await persons.erase(company, { ...asked, records: wrong }, contextNow())).toMatchObject({
      code: 'person.kind-unknown',
      faults: [{ pointer: '/records/0/kind' }, { pointer: '/records/2/kind' }],
    });
    expect(await persons.find(uuidv7(), { name: kari.name }, contextNow())).toMatchObject({
      code: 'company.not-found',
    });
  });

  it('is cleared from an import by whichever process lives, when the one that was asked is killed in between', async () => {
    await newCompany();
    const preview = await send(service, company, `Kundenr;Navn;E-post\n10;${kari.name};${kari.email}\n`);
    // The events are written, and nothing else has been done.
    const { eventLog } = service.dependencies;
    const asIfKilled = {
      ...service.dependencies,
      eventLog: {
        transact: eventLog.transact.bind(eventLog),
        settled: () => Promise.reject(new Error('killed')),
      },
    };
    const records = [{ kind: 'customer', reference: '10' }];
    const killed = new ContactsPersons(asIfKilled);
    await expect(
      killed.erase(company, { records, reason: BECAUSE, isDryRun: false }, contextNow()),
    ).rejects.toThrow('killed');
    await eventLog.settled(company, ['contacts.forgotten'], 30_000);
    const other = await world.service();
    other.runner.start();
    await waitFor(async () => (await tablesWithTraces()).length === 0, {
      describe: 'the rows to be cleared',
    });
    expect(await service.resyncs.find(company, preview.id, contextNow())).toMatchObject({
      forgottenRows: 1,
      samples: { created: [] },
    });
  });
});
