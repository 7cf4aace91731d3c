import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { topics } from '@samspill/contracts';
import { uuidv7 } from '@samspill/eventlog';
import { NEWEST_KAFKA, startKafka, waitFor, type KafkaBroker } from '@samspill/testing';
import { demoCompany, demoCsv, demoRecords, Random } from '@samspill/testing/demo';
import { describeWithOwnKafka } from '@samspill/testing/jest';
import { companyPage, type ImportView } from './answers.js';
import { CompanyContacts, type Change } from './company-contacts.js';
import { HttpApi } from './http-api.js';
import { startKillablePostgres, type KillablePostgres } from './killable-postgres.js';
import { compareLogWithStore } from './log-against-store.js';
import { startTwoServices, type TwoServices } from './two-services.js';

/** Rows of an import: enough that it takes seconds, with a kill now and then. */
const ROWS = 20_000;
const IMPORT_KILLS = 4;
/** Later than this an import is over before it can be killed. */
const LATEST_KILL_PERCENT = 70;
const TEST_TIMEOUT_MS = 480_000;
const POLL_MS = 5;
const PAIRS = 50;
const REGISTRATIONS = 50;
const COMPANIES = '/api/identity/v1/companies';

jest.setTimeout(TEST_TIMEOUT_MS);

describeWithOwnKafka('two processes on Kafka, killed with SIGKILL', NEWEST_KAFKA, () => {
  const opened = new AsyncDisposableStack();
  let kafka: KafkaBroker;
  let postgres: KillablePostgres;
  let services: TwoServices;
  let company: CompanyContacts;
  /** What must be in the directory of the company now. */
  let model: readonly Readonly<Record<string, unknown>>[] = [];

  beforeAll(async () => {
    kafka = opened.adopt(await startKafka(), (broker) => broker.stop());
    postgres = opened.use(await startKillablePostgres());
    services = opened.use(await startTwoServices(kafka.brokers, postgres.url));
    company = await CompanyContacts.registerAndSwitchOn(services.api, demoCompany(1));
  });
  afterAll(() => opened.disposeAsync());

  /** Whatever was killed: the directory is as the model says, store and log agree, and a rebuild makes the same rows. */
  async function expectNothingLostOrDoubled(): Promise<void> {
    await company.directoryIs(model);
    const before = await company.fingerprint();
    for (const [store, topic] of [
      [services.databases.contacts, topics.contacts],
      [services.databases.identity, topics.identity],
    ] as const) {
      const { events, faults } = await compareLogWithStore(store, services.brokers, topic);
      expect(events).toBeGreaterThan(0);
      expect(faults).toEqual([]);
    }
    await company.rebuildToTheEnd();
    expect(await company.fingerprint()).toEqual(before);
  }

  /** Lets an import run, and does something to it at moments that the seed chooses. */
  async function runImport(
    { id, removals }: ImportView,
    { seed, times }: { readonly seed: number; readonly times: number },
    interfere: () => Promise<void>,
  ): Promise<ImportView> {
    const random = new Random(seed);
    const moments = Array.from({ length: times }, () => random.below(LATEST_KILL_PERCENT)).toSorted(
      (a, b) => a - b,
    );
    expect(await company.confirmImport(id, removals)).toMatchObject({ status: 200 });
    let interferences = 0;
    for (const moment of moments) {
      const now = await waitFor(
        async () => {
          const view = await company.import(id);
          return view.state === 'completed' || (view.progress?.percent ?? 0) > moment ? view : undefined;
        },
        {
          describe: `the import to be done to ${moment} %`,
          intervalMs: POLL_MS,
        },
      );
      // It may have gone on faster than what was interfered with came up again.
      if (now.state === 'completed') break;
      await interfere();
      interferences += 1;
    }
    expect(interferences).toBeGreaterThan(0);
    return await company.completedImport(id);
  }

  it('C40 an upload whose receiver is killed is cancelled, says so, and does nothing', async () => {
    const half = [...demoCsv('customer', customers(1))].join('').slice(0, 2_000_000);
    const unfinished = new ReadableStream<Uint8Array>({
      start: (stream) => stream.enqueue(Buffer.from(half)),
    });
    const upload = fetch(`${services.contacts.url}/api/contacts/v1/companies/${company.id}/imports`, {
      method: 'POST',
      headers: { 'content-type': 'text/csv' },
      body: unfinished,
      duplex: 'half',
    }).catch(() => 'cut');
    const receiving = await waitFor(
      async () => (await company.imports()).find(({ state }) => state === 'receiving'),
      { describe: 'the upload to begin' },
    );
    await services.contacts.kill();
    expect(await upload).toBe('cut');
    await services.contacts.restart();
    const ended = await waitFor(
      async () => {
        const now = await company.import(receiving.id);
        return now.state === 'cancelled' ? now : undefined;
      },
      { describe: 'the upload to be cancelled' },
    );
    expect(ended.reason).toMatch(/Send the file again/);
    await company.directoryIs([]);
  });

  it(`C40 an import goes on where it was when contacts-sync is killed in the middle of it, ${IMPORT_KILLS} times`, async () => {
    model = [...customers(1)];
    const preview = await company.previewImport(csvOf(1));
    const done = await runImport(preview, { seed: 11, times: IMPORT_KILLS }, () =>
      services.contacts.restart(),
    );
    expect(done.outcome).toEqual([{ kind: 'customer', created: ROWS, changed: 0, deleted: 0, unchanged: 0 }]);
    await expectNothingLostOrDoubled();
  });

  it('P6 a rebuild that is killed leaves the live rows as they were, and the next process goes on with it', async () => {
    const before = await company.fingerprint();
    const random = new Random(12);
    for (let kill = 0; kill < 3; kill += 1) {
      const id = await company.startRebuild();
      const threshold = random.below(ROWS);
      await waitFor(
        async () => {
          const { state, parts } = await company.rebuild(id);
          return state === 'done' || (parts[0]?.progress.eventsRead ?? 0) >= threshold;
        },
        { describe: `the rebuild to have read ${threshold} events`, intervalMs: POLL_MS },
      );
      await services.contacts.restart();
      expect(await company.fingerprint()).toEqual(before);
      await company.rebuilt(id);
      expect(await company.fingerprint()).toEqual(before);
    }
    const [first] = model;
    const edit: Change = {
      op: 'put',
      kind: 'customer',
      record: { number: String(first?.['number']), name: 'Endret AS' },
    };
    await company.takeBatch('after-rebuild', 1, [edit]);
    model = [{ kind: 'customer', ...edit.record }, ...model.slice(1)];
    await expectNothingLostOrDoubled();
  });

  it('C31 batches are taken in once and in order although contacts-sync is killed while it takes them', async () => {
    const random = new Random(13);
    const records = new Map(model.map((one) => [String(one['number']), one]));
    const killAt = new Set(Array.from({ length: 4 }, () => 1 + random.below(60)));
    for (let sequence = 1; sequence <= 60; sequence += 1) {
      const changes = someChanges(random, sequence);
      const sent = killAt.has(sequence)
        ? company.sendBatch('steady', sequence, changes).catch(() => undefined)
        : undefined;
      if (sent) {
        await delay(random.below(25));
        await services.contacts.kill();
        await sent;
        await services.contacts.restart();
      }
      await waitFor(async () => (await company.sendBatch('steady', sequence, changes)).status === 200, {
        describe: `batch ${sequence} to be taken`,
      });
      for (const change of changes) {
        if (change.op === 'delete') records.delete(change.number);
        else records.set(String(change.record['number']), { kind: change.kind, ...change.record });
      }
    }
    model = [...records.values()];
    await expectNothingLostOrDoubled();
  });

  it('an import and what it changes survive SIGKILL of the broker', async () => {
    const extra = model.length - ROWS;
    const preview = await company.previewImport(csvOf(2));
    const done = await runImport(preview, { seed: 14, times: 1 }, async () => {
      await kafka.kill();
      await kafka.restart();
    });
    expect(done.outcome).toEqual([
      { kind: 'customer', created: 0, changed: ROWS, deleted: extra, unchanged: 0 },
    ]);
    model = [...customers(2)];
    await expectNothingLostOrDoubled();
  });

  it('an import and what it changes survive SIGKILL of Postgres', async () => {
    const preview = await company.previewImport(csvOf(3));
    const done = await runImport(preview, { seed: 15, times: 2 }, async () => {
      await postgres.kill();
      await postgres.restart();
      await Promise.all([services.contacts.ready(), services.identity.ready()]);
    });
    expect(done.outcome).toEqual([{ kind: 'customer', created: 0, changed: ROWS, deleted: 0, unchanged: 0 }]);
    model = [...customers(3)];
    await expectNothingLostOrDoubled();
  });

  it('C12 exactly one of two registrations of an organisation number at once wins, whichever process they reach', async () => {
    const second = await services.anotherIdentity();
    const apis = [services.api, new HttpApi(() => second.url)];
    const pairs = Array.from({ length: PAIRS }, (_, pair) => demoCompany(100 + pair));
    const outcomes = await Promise.all(
      pairs.map(async (form) =>
        Promise.all(apis.map(async (api) => await api.callJson('POST', COMPANIES, form))),
      ),
    );
    for (const outcome of outcomes) {
      expect(outcome.map(({ status }) => status).toSorted()).toEqual([201, 409]);
      expect(outcome.find(({ status }) => status === 409)?.body).toMatchObject({
        code: 'company.organisation-number-taken',
      });
    }
    await second.kill();
    await expectRegistered(pairs);
  });

  it('C10 C12 a registration that was answered holds, and one that was cut can be sent again, when identity is killed', async () => {
    const forms = Array.from({ length: REGISTRATIONS }, (_, nth) => ({
      id: uuidv7(),
      ...demoCompany(200 + nth),
    }));
    const random = new Random(16);
    const killAt = new Set([5 + random.below(10), 20 + random.below(10), 35 + random.below(10)]);
    for (const [nth, form] of forms.entries()) {
      if (killAt.has(nth)) {
        const sent = services.api.callJson('POST', COMPANIES, form).catch(() => undefined);
        await delay(random.below(10));
        await services.identity.kill();
        await sent;
        await services.identity.restart();
      }
      await waitFor(
        async () => [200, 201].includes((await services.api.callJson('POST', COMPANIES, form)).status),
        {
          describe: `registration ${nth} to be taken`,
        },
      );
    }
    await expectRegistered(forms);
    await expectNothingLostOrDoubled();
  });

  /** Each is listed once, and contacts-sync has heard of it. */
  async function expectRegistered(forms: readonly { readonly organisationNumber: string }[]): Promise<void> {
    for (const { organisationNumber } of forms) {
      const listed = await waitFor(
        async () => {
          const page = await services.api.get(`${COMPANIES}?q=${organisationNumber}`, companyPage);
          return page.companies.length > 0 ? page.companies : undefined;
        },
        { describe: `${organisationNumber} to be listed` },
      );
      expect(listed).toHaveLength(1);
      const heard = new CompanyContacts(services.api, listed[0]?.id ?? '');
      await waitFor(() => heard.syncStatus(), { describe: `contacts-sync to hear of ${organisationNumber}` });
    }
  }
});

function customers(seed: number): ReturnType<typeof demoRecords> {
  return demoRecords({ seed, customers: ROWS, suppliers: 0, contactPersonsPerParent: 0 });
}

function csvOf(seed: number): string {
  return [...demoCsv('customer', customers(seed))].join('');
}

/** Of few records each, so that the same ones are changed, deleted and made again. */
function someChanges(random: Random, sequence: number): readonly Change[] {
  return Array.from({ length: 20 }, (_, index): Change => {
    const number = `NY${random.below(60)}`;
    if (random.percent(20)) return { op: 'delete', kind: 'customer', number };
    return { op: 'put', kind: 'customer', record: { number, name: `Kunde ${sequence}.${index}` } };
  });
}
