import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { CustomerRecord } from '@samspill/contracts';
import { isRejection, type CompanyId } from '@samspill/kernel';
import { waitFor } from '@samspill/testing';
import { CsvImport } from './csv-import.js';
import type { ImportSummary } from './import-view.js';
import { abandonedUploads } from './resync-work.js';
import { runResync, type ResyncDependencies } from './resync-run.js';
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
} from './resync-world.specification.js';

const customer = (number: number | string, name = `Kunde ${number}`): CustomerRecord => ({
  kind: 'customer',
  number: String(number),
  name,
});
const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, at) => from + at);
const csvOf = (customers: readonly CustomerRecord[]): string =>
  `Kundenr;Navn\r\n${customers.map(({ number, name }) => `${number};${name}\r\n`).join('')}`;
const named = (customers: readonly CustomerRecord[]): Record<string, string> =>
  Object.fromEntries(customers.map(({ number, name }) => [`customer/${number}`, name]));

describe('an import of a CSV file', () => {
  let world: World;
  let service: Service;
  let company: CompanyId;

  beforeAll(async () => {
    world = await World.open();
    service = await world.service();
  });
  afterAll(() => world.close());
  const cancelledOf = async (of: CompanyId): Promise<ImportSummary> =>
    await waitFor(
      async () => {
        const [newest] = await service.resyncs.list(of, 1);
        return newest?.state === 'cancelled' && newest;
      },
      { describe: 'the import to be cancelled' },
    );
  const newCompany = async (): Promise<void> => {
    company = await world.company(service);
  };

  it('C29 C30 C37 creates customers with their contact persons, and does nothing before it is confirmed', async () => {
    await newCompany();
    const csv =
      'customerID,companyName,contactName\nALFKI,Alfreds Futterkiste,Maria Anders\nBERGS,Berglunds snabbköp,Christina Berglund\n';
    const preview = await send(service, company, csv, { fileName: 'customers.csv' });
    expect(preview).toMatchObject({
      state: 'to-be-confirmed',
      fileName: 'customers.csv',
      rows: 2,
      rejectedRows: 0,
      removals: 0,
      scopes: [{ kind: 'customer' }, { kind: 'contact-person', parentKind: 'customer' }],
      preview: [
        { kind: 'customer', created: 2, changed: 0, deleted: 0, unchanged: 0 },
        { kind: 'contact-person', created: 2, changed: 0, deleted: 0, unchanged: 0 },
      ],
      samples: { created: [{ kind: 'customer', number: 'ALFKI', name: 'Alfreds Futterkiste' }, {}, {}, {}] },
    });
    expect(await directory(service, company)).toEqual({});
    const done = await run(service, company, preview);
    expect(done).toMatchObject({ state: 'completed', outcome: preview.preview });
    expect(await directory(service, company)).toEqual({
      'customer/ALFKI': 'Alfreds Futterkiste',
      'contact-person/ALFKI-1': 'Maria Anders',
      'customer/BERGS': 'Berglunds snabbköp',
      'contact-person/BERGS-1': 'Christina Berglund',
    });
    expect(await service.resyncs.list(company, 10)).toMatchObject([{ id: done.id, state: 'completed' }]);
  });

  it('C33 C34 C35 C36 makes the company’s customers those of the file, and leaves other kinds alone', async () => {
    await newCompany();
    await change(service, company, [
      ...range(1, 10).map((number) => customer(number)),
      { kind: 'supplier', number: '1', name: 'Leverandør' },
      { kind: 'contact-person', number: '7', name: 'Kari', parent: { kind: 'customer', number: '1' } },
    ]);
    const preview = await send(
      service,
      company,
      csvOf([...range(1, 8).map((n) => customer(n, n === 2 ? 'Ny' : undefined)), customer(99)]),
    );
    expect(preview).toMatchObject({
      preview: [{ kind: 'customer', created: 1, changed: 1, deleted: 2, unchanged: 7 }],
      samples: {
        created: [{ number: '99', name: 'Kunde 99' }],
        changed: [{ number: '2', name: 'Ny', fields: ['name'] }],
        deleted: [
          { number: '10', name: 'Kunde 10' },
          { number: '9', name: 'Kunde 9' },
        ],
      },
    });
    const done = await run(service, company, preview);
    expect(done.outcome).toEqual(preview.preview);
    expect(await directory(service, company)).toEqual({
      ...named([...range(1, 8).map((n) => customer(n, n === 2 ? 'Ny' : undefined)), customer(99)]),
      'supplier/1': 'Leverandør',
      'contact-person/7': 'Kari',
    });
  });

  it('C36 of an older file puts everything back, and of the same file again does nothing', async () => {
    await newCompany();
    const old = csvOf(range(1, 30).map((number) => customer(number)));
    await run(service, company, await send(service, company, old));
    await change(
      service,
      company,
      [customer(3, 'Endret'), customer(40)],
      [{ kind: 'customer', reference: '5' }],
    );
    const again = await run(service, company, await send(service, company, old));
    expect(again.outcome).toEqual([{ kind: 'customer', created: 1, changed: 1, deleted: 1, unchanged: 28 }]);
    expect(await directory(service, company)).toEqual(named(range(1, 30).map((number) => customer(number))));
    const third = await send(service, company, old);
    expect(third.preview).toEqual([{ kind: 'customer', created: 0, changed: 0, deleted: 0, unchanged: 30 }]);
    expect((await run(service, company, third)).outcome).toEqual(third.preview);
  });

  it('C35 is held when an unusual share would be removed, until exactly that number is confirmed', async () => {
    await newCompany();
    await change(
      service,
      company,
      range(1, 60).map((number) => customer(number)),
    );
    const preview = await send(service, company, csvOf(range(1, 20).map((number) => customer(number))));
    expect(preview).toMatchObject({ state: 'held', removals: 40 });
    expect(preview.heldBecause).toContain('40 of 60');
    for (const removals of [undefined, 39]) {
      const refused = await service.resyncs.confirm(company, preview.id, removals, contextNow());
      expect(refused).toMatchObject({ kind: 'rejection', code: 'import.removals-conflict' });
    }
    expect(Object.keys(await directory(service, company))).toHaveLength(60);
    const done = await run(service, company, preview, 40);
    expect(done.outcome).toEqual([{ kind: 'customer', created: 0, changed: 0, deleted: 40, unchanged: 20 }]);
    expect(Object.keys(await directory(service, company))).toHaveLength(20);
  });

  it('C31 C35 leaves alone what changed after the file was sent', async () => {
    await newCompany();
    await change(
      service,
      company,
      range(1, 9).map((number) => customer(number)),
    );
    const preview = await send(
      service,
      company,
      csvOf([customer(1), customer(2, 'Fra filen'), customer(3, 'Fra filen'), customer(20)]),
    );
    expect(preview.preview).toEqual([{ kind: 'customer', created: 1, changed: 2, deleted: 6, unchanged: 1 }]);
    await change(
      service,
      company,
      [customer(2, 'Nyere'), customer(4, 'Nyere'), customer(21)],
      [{ kind: 'customer', reference: '1' }],
    );
    const done = await run(service, company, preview);
    expect(done.outcome).toEqual([{ kind: 'customer', created: 1, changed: 1, deleted: 5, unchanged: 2 }]);
    expect(await directory(service, company)).toEqual(
      named([
        customer(2, 'Nyere'),
        customer(3, 'Fra filen'),
        customer(4, 'Nyere'),
        customer(20),
        customer(21),
      ]),
    );
  });

  it('imports good rows, reports bad ones by line and column, and removes no record for a bad row', async () => {
    await newCompany();
    await change(service, company, [customer(1), customer(2), customer(3), customer(4), customer(5)]);
    const csv =
      'Navn;Kundenr;E-post\r\nNy;1;post@ny.no\r\nFeil;2;ikke-epost\r\nDobbel;1;x@y.no\r\nUten nummer;;\r\nSkjev\0;rad;3;med;felt\r\nSeks;6;\r\n';
    const preview = await send(service, company, csv);
    expect(preview).toMatchObject({
      rows: 6,
      rejectedRows: 4,
      preview: [{ kind: 'customer', created: 1, changed: 1, deleted: 2, unchanged: 0 }],
    });
    const done = await run(service, company, preview);
    expect(done.outcome).toEqual([{ kind: 'customer', created: 1, changed: 1, deleted: 2, unchanged: 0 }]);
    expect(await directory(service, company)).toEqual(
      named([customer(1, 'Ny'), customer(2), customer(3), customer(6, 'Seks')]),
    );
    const rejected = await report(service, company);
    expect(rejected['customer/1']?.[0]).toContain('Same number as line 2');
    expect(rejected['customer/2']?.[0]).toContain('E-post: ');
    expect(Object.keys(rejected)).toHaveLength(4);
    let file = '';
    for await (const part of valueOf(await service.resyncs.rejectedRows(company, done.id, contextNow())))
      file += part;
    expect(file.split('\r\n').slice(0, 3)).toEqual([
      '\ufeffNavn;Kundenr;E-post;Feil/Error',
      expect.stringMatching(/^Feil;2;ikke-epost;"?Line 3: E-post: /),
      expect.stringMatching(/^Dobbel;1;x@y.no;Line 4: Kundenr: Same number as line 2\.$/),
    ]);
  });

  it('C32 of mended rows adds them, settles their rejections and removes nothing', async () => {
    await newCompany();
    const first = await run(
      service,
      company,
      await send(service, company, 'Konto;Navn;E-post\n1;En;\n2;To;feil@\n', {
        kind: 'customer',
        mapping: { columns: { Konto: 'number' } },
      }),
    );
    expect(Object.keys(await report(service, company))).toEqual(['customer/2']);
    const mended = await send(service, company, 'Konto;Navn;E-post;Feil/Error\n2;To;to@x.no;Line 3: …\n', {
      amends: first.id,
    });
    expect(mended).toMatchObject({
      removes: 'none',
      amends: first.id,
      preview: [{ kind: 'customer', created: 1, changed: 0, deleted: 0, unchanged: 0 }],
    });
    await run(service, company, mended);
    expect(await directory(service, company)).toEqual(named([customer(1, 'En'), customer(2, 'To')]));
    expect(await report(service, company)).toEqual({});
  });

  it('C32 settles the rejection of a record that came equal, and of one that is gone from the file', async () => {
    await newCompany();
    await change(service, company, [customer(1)]);
    await run(
      service,
      company,
      await send(service, company, 'Kundenr;Navn;E-post\n1;Kunde 1;feil@\n2;To;feil@\n3;Tre;\n'),
    );
    expect(Object.keys(await report(service, company)).toSorted()).toEqual(['customer/1', 'customer/2']);
    const preview = await send(service, company, 'Kundenr;Navn;E-post\n1;Kunde 1;\n3;Tre;\n');
    expect(preview.preview).toEqual([{ kind: 'customer', created: 0, changed: 0, deleted: 0, unchanged: 2 }]);
    await run(service, company, preview);
    expect(await report(service, company)).toEqual({});
  });

  it('refuses a file that breaks off, one without rows, and one with headings that say nothing', async () => {
    await newCompany();
    const refusals: [string, string][] = [
      [`Kundenr;Navn\n1;En\n2;"${'x'.repeat(300_000)}`, 'import.broken-off'],
      ['Kundenr;Navn\n', 'import.empty'],
      ['A;B\n1;2\n', 'csv.kind-unknown'],
    ];
    for (const [csv, code] of refusals) {
      const refused = await service.csvImport.receive(
        company,
        {},
        Readable.from([Buffer.from(csv)]),
        contextNow(),
      );
      expect(isRejection(refused) && refused.code).toBe(code);
    }
    // None of them is in the way of the next.
    expect((await send(service, company, csvOf([customer(1)]))).state).toBe('to-be-confirmed');
  });

  it('C10 C25 is refused, when sent and when confirmed, for a company whose synchronisation is off', async () => {
    await newCompany();
    const preview = await send(service, company, csvOf([customer(1)]));
    await world.identify(company, [
      { type: 'identity.company.sync-disabled', data: { product: 'contacts' } },
    ]);
    await waitFor(async () => isRejection(await service.dependencies.access.refusal(company)), {
      describe: 'the switch',
    });
    const refused = await service.resyncs.confirm(company, preview.id, undefined, contextNow());
    expect(isRejection(refused) && refused.code).toBe('company.synchronisation-off');
    const sent = await service.csvImport.receive(
      company,
      {},
      Readable.from([Buffer.from('Kundenr;Navn\n1;a\n')]),
      contextNow(),
    );
    expect(isRejection(sent) && sent.code).toBe('company.synchronisation-off');
  });

  it('C28 waits while synchronisation is switched off, says so, and goes on when it is on again', async () => {
    await newCompany();
    await service.runner.stop();
    const { dependencies, resyncs } = service;
    const switched = async (verb: 'enabled' | 'disabled'): Promise<void> => {
      await world.identify(company, [
        { type: `identity.company.sync-${verb}`, data: { product: 'contacts' } },
      ]);
      await waitFor(
        async () => isRejection(await dependencies.access.refusal(company)) === (verb === 'disabled'),
        {
          describe: 'the switch',
        },
      );
    };
    const { id } = await send(service, company, csvOf([customer(1)]));
    valueOf(await resyncs.confirm(company, id, undefined, contextNow()));
    await switched('disabled');
    expect(await runResync(id, dependencies, new AbortController().signal)).toBe('waiting');
    const waiting = valueOf(await resyncs.find(company, id, contextNow()));
    expect(waiting).toMatchObject({ state: 'running', progress: { done: 0, total: 1, percent: 0 } });
    expect(waiting.waitingFor).toContain('not switched on');
    await switched('enabled');
    expect(await runResync(id, dependencies, new AbortController().signal)).toBe('completed');
    expect(await directory(service, company)).toEqual(named([customer(1)]));
    service = await world.service();
  });

  it('waits while the intake of its company is held after a revert, and goes on when it is released', async () => {
    await newCompany();
    await service.runner.stop();
    const { dependencies, resyncs } = service;
    const { eventLog } = dependencies;
    const { id } = await send(service, company, csvOf([customer(1)]));
    valueOf(await resyncs.confirm(company, id, undefined, contextNow()));
    const hold = { revert: 'the revert', reason: 'last year’s file' };
    await eventLog.transact(contextNow(), (unit) => eventLog.intake.hold(unit, company, hold));
    expect(await runResync(id, dependencies, new AbortController().signal)).toBe('waiting');
    expect(valueOf(await resyncs.find(company, id, contextNow())).waitingFor).toContain('last year’s file');
    await eventLog.transact(contextNow(), (unit) => eventLog.intake.release(unit, company, 'right again'));
    expect(await runResync(id, dependencies, new AbortController().signal)).toBe('completed');
    expect(await directory(service, company)).toEqual(named([customer(1)]));
    service = await world.service();
  });

  it('is the only one of its company: a second is refused until the first is cancelled', async () => {
    await newCompany();
    const first = await send(service, company, csvOf([customer(1)]));
    const refused = await service.csvImport.receive(
      company,
      {},
      Readable.from([Buffer.from('Kundenr;Navn\n2;b\n')]),
      contextNow(),
    );
    expect(refused).toMatchObject({ code: 'import.open-exists' });
    expect(isRejection(refused) && refused.detail).toContain(first.id);
    valueOf(await service.resyncs.cancel(company, first.id, contextNow()));
    const late = await service.resyncs.confirm(company, first.id, undefined, contextNow());
    expect(isRejection(late) && late.code).toBe('import.state-conflict');
    const second = await send(service, company, csvOf([customer(2)]));
    await run(service, company, second);
    expect(await directory(service, company)).toEqual(named([customer(2)]));
  });

  it('whose upload breaks off is cancelled, and the file can be sent again', async () => {
    await newCompany();
    async function* broken(): AsyncGenerator<Buffer> {
      yield Buffer.from(csvOf(range(1, 20_000).map((number) => customer(number))));
      await Promise.resolve();
      throw new Error('the line went dead');
    }
    await expect(
      service.csvImport.receive(company, {}, Readable.from(broken()), contextNow()),
    ).rejects.toThrow('dead');
    expect((await cancelledOf(company)).reason).toContain('Send it again');
    expect(await abandonedUploads(service.dependencies.database, company)).toEqual([]);
    await run(service, company, await send(service, company, csvOf([customer(1)])));
    expect(await directory(service, company)).toEqual(named([customer(1)]));
  });

  it('C40 whose upload was lost with its process is cancelled by another process, and says why', async () => {
    await newCompany();
    const dying = new CsvImport(diesAfter(1, service));
    const csv = Readable.from([Buffer.from(csvOf([customer(1)]))]);
    await expect(dying.receive(company, {}, csv, contextNow())).rejects.toThrow('killed');
    expect((await service.resyncs.list(company, 1))[0]).toMatchObject({ state: 'receiving' });
    await service.runner.stop();
    service = await world.service();
    service.runner.start();
    expect((await cancelledOf(company)).reason).toContain('The upload broke off');
  });

  it('whose rows are gone with their database is cancelled, and says why', async () => {
    await newCompany();
    const { id } = await send(service, company, csvOf([customer(1)]));
    await service.dependencies.eventLog.settled(company, ['contacts.resyncs'], 30_000);
    await service.dependencies.database.withClient((client) =>
      client.query('DELETE FROM contacts.resync WHERE id = $1', [id]),
    );
    await service.runner.stop();
    service = await world.service();
    service.runner.start();
    expect((await cancelledOf(company)).reason).toContain('gone with the database');
    expect((await send(service, company, csvOf([customer(1)]))).state).toBe('to-be-confirmed');
  });

  it.each(['before', 'after'] as const)(
    'C40 that is killed %s the commit of any batch goes on where it was, with its rows and counts right',
    async (when) => {
      await newCompany();
      const second = await world.service();
      const before = range(1, 900).map((number) => customer(number));
      await change(service, company, before.slice(0, 500));
      await change(service, company, before.slice(500));
      const after = range(201, 3700).map((number) =>
        customer(number, number < 400 ? `Ny ${number}` : undefined),
      );
      const preview = await send(second, company, csvOf(after));
      expect(preview.preview).toEqual([
        { kind: 'customer', created: 2800, changed: 199, deleted: 200, unchanged: 501 },
      ]);
      await service.runner.stop();
      valueOf(await second.resyncs.confirm(company, preview.id, 200, contextNow()));
      let kills = 0;
      const state = async (): Promise<string> =>
        valueOf(await second.resyncs.find(company, preview.id, contextNow())).state;
      while ((await state()) === 'running') {
        await runResync(preview.id, killedAt(second, when), new AbortController().signal).catch(() => {
          kills += 1;
        });
      }
      expect(kills).toBeGreaterThan(3);
      const done = valueOf(await second.resyncs.find(company, preview.id, contextNow()));
      expect(done).toMatchObject({ state: 'completed', outcome: preview.preview });
      expect(await directory(service, company)).toEqual(named(after));
      service = await world.service();
    },
  );

  it('C40 is run by one of two processes that both want to', async () => {
    await newCompany();
    const other = await world.service();
    const customers = range(1, 3000).map((number) => customer(number));
    const preview = await send(service, company, csvOf(customers));
    other.runner.start();
    const done = await run(service, company, preview);
    expect(done.outcome).toEqual([{ kind: 'customer', created: 3000, changed: 0, deleted: 0, unchanged: 0 }]);
    const { rows } = await service.dependencies.database.withClient((client) =>
      client.query<{ versions: number }>(
        'SELECT max(version) AS versions FROM eventlog.event WHERE key = $1 AND type = $2',
        [company, 'contacts.customer.changed'],
      ),
    );
    expect(rows).toEqual([{ versions: 1 }]);
  });

  it('leaves nothing in staging but the rejected lines', async () => {
    await newCompany();
    const { id } = await run(service, company, await send(service, company, 'Kundenr;Navn\n1;En\n2;\n'));
    const left = async (table: string): Promise<number | null> => {
      const { rowCount } = await service.dependencies.database.withClient((client) =>
        client.query(`SELECT FROM contacts.${table} WHERE resync = $1`, [id]),
      );
      return rowCount;
    };
    await waitFor(async () => (await left('resync_batch')) === 0, { describe: 'the tidying' });
    expect([await left('resync_entry'), await left('resync_step')]).toEqual([1, 0]);
  });
});

/** A process that dies at its second append before that is committed, or at its first after that is. */
function killedAt(service: Service, when: 'before' | 'after'): ResyncDependencies {
  return when === 'before' ? diesAfter(1, service) : diesAt(1, service);
}

/** A process that does so many appends and dies before the next. */
function diesAfter(appends: number, { dependencies }: Service): ResyncDependencies {
  let done = 0;
  return withTransact(dependencies, async (context, work) => {
    const result = await dependencies.eventLog.transact(context, async (unit) => {
      const outcome = await work(unit);
      if (unit.statements.length > 0) done += 1;
      if (done > appends) throw new Error('killed');
      return outcome;
    });
    return result;
  });
}

/** A process that dies right after so many appends, before it hears that the last was done. */
function diesAt(appends: number, { dependencies }: Service): ResyncDependencies {
  let done = 0;
  return withTransact(dependencies, async (context, work) => {
    const result = await dependencies.eventLog.transact(context, async (unit) => {
      const outcome = await work(unit);
      if (unit.statements.length > 0) done += 1;
      return outcome;
    });
    if (done >= appends) throw new Error('killed');
    return result;
  });
}

function withTransact(
  dependencies: Service['dependencies'],
  transact: ResyncDependencies['eventLog']['transact'],
): ResyncDependencies {
  const { eventLog } = dependencies;
  return {
    ...dependencies,
    eventLog: {
      settled: async (...wanted) => await eventLog.settled(...wanted),
      backlog: async () => await eventLog.backlog(),
      transact,
      intake: eventLog.intake,
    },
  };
}
