import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { join } from 'node:path';
import { PARTITIONS, topics } from '@samspill/contracts';
import { KafkaLog, partitionOf, silentLogger, toRecord, uuidv7 } from '@samspill/eventlog';
import {
  CommandLine,
  deleteTopics,
  NEWEST_KAFKA,
  startKafka,
  waitFor,
  type CommandEnd,
  type KafkaBroker,
} from '@samspill/testing';
import { demoCompany } from '@samspill/testing/demo';
import { describeWithOwnKafka } from '@samspill/testing/jest';
import { CompanyContacts } from './company-contacts.js';
import { describeWithNorthwind, type ExpectedRecord } from './northwind.js';
import { backUp, replaceDatabase, runSql } from './service-database.js';
import { startTwoServices, type TwoServices } from './two-services.js';
import { WriteLoad } from './write-load.js';

const SAMSPILL = join(import.meta.dirname, '../../../operator/bin/samspill.mjs');
const TEST_TIMEOUT_MS = 480_000;
const DIRECTORY = 'contacts.directory';
const BECAUSE = ['--reason', 'a rehearsal', '--yes'] as const;

jest.setTimeout(TEST_TIMEOUT_MS);

/** docs/runbooks, one test a page: the commands are those of the page, in its order. */
describeWithNorthwind('a runbook, followed on two processes', (readNorthwind) => {
  describeWithOwnKafka('that meet on Kafka', NEWEST_KAFKA, () => {
    const opened = new AsyncDisposableStack();
    let kafka: KafkaBroker;
    let services: TwoServices;
    let company: CompanyContacts;
    let load: WriteLoad;
    /** What stands beside the records that are changed over and over. */
    const standing: ExpectedRecord[] = [];
    let cli: CommandLine;
    const samspill = (...args: readonly string[]): Promise<CommandEnd> => cli.run(...args);

    beforeAll(async () => {
      kafka = opened.adopt(await startKafka(), (broker) => broker.stop());
      services = opened.use(await startTwoServices(kafka.brokers));
      cli = new CommandLine(SAMSPILL, () => ({
        SAMSPILL_OPERATOR_URLS: `contacts=${services.contacts.url},identity=${services.identity.url}`,
      }));
      company = await CompanyContacts.registerAndSwitchOn(services.api, demoCompany(1));
      for (const kind of ['customer', 'supplier'] as const) {
        const file = readNorthwind(kind);
        await company.importToTheEnd(file.mended);
        standing.push(...file.records);
      }
      load = new WriteLoad(company, 'runbooks');
      load.start();
      await load.goesOn();
    });
    afterAll(async () => {
      await load.giveUp();
      await opened.disposeAsync();
    });

    /** Ends with `code`, or says what it said instead. */
    async function done(code: number, ...args: readonly string[]): Promise<string> {
      const end = await samspill(...args);
      if (end.code !== code)
        throw new Error(`samspill ${args.join(' ')} ended with ${String(end.code)}:\n${end.out}\n${end.err}`);
      return end.out + end.err;
    }

    /** As every page says how to prove it: the status has nothing to say, and the rows are those of the log. */
    async function provedRight(): Promise<void> {
      await waitFor(async () => (await samspill('status')).code === 0, {
        describe: 'nothing to need a person',
        intervalMs: 500,
      });
      expect(await done(0, 'verify', '--projection', DIRECTORY)).toContain('equal to the live rows');
    }

    /** Writing has gone on meanwhile, and everything that was taken is there. */
    async function directoryIsWhole(): Promise<void> {
      await load.stop();
      await load.sendAgain();
      await company.directoryIs([...standing, ...load.records.values()]);
      load.start();
    }

    it('projection-wrong.md: rows that a bad deployment has left are found, built anew, compared, switched to, and undone', async () => {
      await runSql(
        services.databases.contacts,
        "UPDATE read.directory_v1 SET name = 'WRONG' WHERE number = 'ALFKI' AND kind = 'customer'",
      );
      expect(await done(5, 'verify', '--projection', DIRECTORY)).toMatch(/0 added, 1 changed, 0 gone/);
      const started = await done(0, 'rebuild', 'start', '--projection', DIRECTORY, '--by-hand', ...BECAUSE);
      const id = /as (\S+)\./.exec(started)?.[1] ?? '';
      expect(await done(5, 'rebuild', 'diff', id)).toMatch(/changed +\{.*"number":"ALFKI".*\} +name/);
      await done(0, 'rebuild', 'switch', id);
      await provedRight();
      await directoryIsWhole();
      await done(0, 'rebuild', 'undo', id);
      expect(await done(5, 'verify', '--projection', DIRECTORY)).toMatch(/0 added, 1 changed, 0 gone/);
      await done(0, 'rebuild', 'start', '--projection', DIRECTORY, ...BECAUSE);
      await provedRight();
    });

    it('database-lost.md: tables of a projection that were dropped come back under write load', async () => {
      const tables = await runSql<{ name: string }>(
        services.databases.contacts,
        "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname = 'read' AND tablename LIKE 'directory\\_\\_g%'",
      );
      await runSql(
        services.databases.contacts,
        `DROP TABLE ${tables.map(({ name }) => name).join(', ')} CASCADE`,
      );
      await waitFor(async () => (await samspill('status')).code === 5, { describe: 'the loss to show' });
      await done(0, 'rebuild', 'start', '--projection', DIRECTORY, ...BECAUSE);
      await load.goesOn();
      await provedRight();
      await directoryIsWhole();
    });

    it('poison-event.md: an event that cannot be applied is found, tried again, discarded, and stays so', async () => {
      await publishPoison(company.id);
      const listed = await waitFor(
        async () => {
          const { out } = await samspill('parked', 'list');
          return out.includes('unknown version 99') ? out : undefined;
        },
        { describe: 'the event to be parked' },
      );
      const id = /^(samspill\.contacts:\d+:\d+) /m.exec(listed)?.[1] ?? '';
      await done(5, 'status');
      expect(await done(0, 'parked', 'show', id)).toContain('ce_type: contacts.customer.changed');
      expect(await done(5, 'parked', 'retry', id)).toContain('still parked');
      await done(0, 'parked', 'discard', id, ...BECAUSE);
      await provedRight();
      expect(await done(0, 'audit', '--kind', 'parked-discard')).toContain('a rehearsal');
    });

    it('database-lost.md: a whole database comes back from the log under write load', async () => {
      await load.goesOn();
      await replaceDatabase(services.databases.contacts);
      await services.contacts.process.restart();
      const said = await done(0, 'rebuild', 'start', '--service', 'contacts', ...BECAUSE);
      expect(said).toMatch(/contacts\.directory: done/);
      await load.goesOn();
      await provedRight();
      await directoryIsWhole();
      expect(await done(0, 'audit', '--kind', 'parked-discard')).toContain('a rehearsal');
      // Every refusal is one that tells an agent to try again later, or to begin with what was lost.
      for (const refusal of load.refusals.keys())
        expect(refusal).toMatch(/^(503 |no answer|409 batch\.sequence-conflict)/);
    });

    it('database-restored-from-backup.md: a database from before catches up with the log before it takes anything', async () => {
      await services.contacts.kill();
      const backup = await backUp(services.databases.contacts);
      await services.contacts.restart();
      await load.goesOn(30);
      await services.contacts.kill();
      await replaceDatabase(services.databases.contacts, backup);
      await runSql(services.databases.identity, `DROP DATABASE "${backup}"`);
      await services.contacts.process.restart();
      await done(0, 'rebuild', 'start', '--service', 'contacts', ...BECAUSE);
      await load.goesOn();
      await provedRight();
      await directoryIsWhole();
    });

    it('disk-full.md: what may go is found and dropped, and the way back with it', async () => {
      const started = await done(
        0,
        ...['inspect', 'start', '--as-of', new Date().toISOString(), '--projection', DIRECTORY],
        ...['--reason', 'a rehearsal'],
      );
      const id = /as (\S+)\./.exec(started)?.[1] ?? '';
      expect(await done(0, 'inspect', 'list')).toContain(id);
      await done(0, 'inspect', 'drop', id);
      expect(await done(0, 'rebuild', 'drop-old', '--projection', DIRECTORY, ...BECAUSE)).toMatch(
        /^Dropped generation \d+ of contacts\.directory/,
      );
      expect(await done(0, 'rebuild', 'plan', '--projection', DIRECTORY)).toMatch(/disk +about .* free/);
    });

    it('kafka-down.md: writing goes on while the log is away, and everything is published when it is back', async () => {
      // As probes ask all the time.
      await services.contacts.ready();
      await kafka.kill();
      await load.goesOn();
      const said = await waitFor(
        async () => {
          const { code, out } = await samspill('status', '--service', 'contacts');
          return code === 5 && out.includes('events wait') && out.includes('failing') ? out : undefined;
        },
        { describe: 'the outage to show' },
      );
      expect(said).toMatch(/writing +open/);
      const ready = await fetch(`${services.contacts.url}/health/ready`);
      expect([ready.status, await ready.json()]).toMatchObject([200, { impaired: expect.anything() }]);
      const stranger = { kind: 'customer', number: 'STRANGER', name: 'Not heard of before' } as const;
      const { kind, ...record } = stranger;
      const introduce = () => company.sendBatch('stranger', 1, [{ op: 'put', kind, record }]);
      expect(await introduce()).toMatchObject({ status: 503, body: { code: 'eventlog.log-unreachable' } });
      await load.goesOn();
      await kafka.restart();
      await load.goesOn();
      await waitFor(async () => (await introduce()).status === 200, { describe: 'the stranger to be taken' });
      standing.push(stranger);
      await provedRight();
      await directoryIsWhole();
    });

    it('topic-lost.md: a topic is made anew, filled from the event store, and its readers are rebuilt', async () => {
      await deleteTopics(kafka.brokers, [topics.contacts]);
      expect(await done(5, 'topics')).toContain(`${topics.contacts} does not exist.`);
      expect(await done(5, 'republish', '--all-services', '--dry-run')).toMatch(
        /contacts: samspill\.contacts does not exist \(0 events on the log, [\d,]+ in the event store/,
      );
      expect(await done(2, 'republish', '--service', 'contacts', ...BECAUSE)).toContain('--create-topics');
      const said = await done(
        0,
        ...['republish', '--service', 'contacts', '--create-topics', '--rebuild', ...BECAUSE],
      );
      expect(said).toContain(`Made ${topics.contacts}.`);
      expect(said).toMatch(/samspill\.contacts has everything/);
      await load.goesOn();
      await provedRight();
      await directoryIsWhole();
    });

    it('rehearsal.md: the log is proved, every row is proved, and what was done is on record', async () => {
      await done(0, 'status', '--verify');
      await done(0, 'topics');
      await load.stop();
      const proved = await done(0, 'log', 'verify');
      expect(proved).toMatch(/samspill\.contacts is what was written/);
      expect(proved).toMatch(/samspill\.identity is what was written/);
      expect(await done(0, 'keys', 'check')).toContain('every key is there and opens');
      const verified = await done(0, 'verify', '--all-services', '--reason', 'quarterly rehearsal');
      expect(verified.indexOf('identity.')).toBeLessThan(verified.indexOf('contacts.directory'));
      expect(await done(0, 'audit', '--kind', 'rebuild')).toContain('quarterly rehearsal');
    });

    /** What a newer release's service would write. */
    async function publishPoison(key: string): Promise<void> {
      const log = new KafkaLog({ brokers: kafka.brokers, clientId: 'test', logger: silentLogger });
      try {
        const writer = await log.writer();
        const record = toRecord(
          {
            id: uuidv7(),
            stream: `contacts.customer/${key}/FROM-THE-FUTURE`,
            version: 1,
            type: 'contacts.customer.changed',
            schemaVersion: 99,
            key,
            time: new Date().toISOString(),
            actor: 'agent:somebody',
            correlationId: 'a test',
            causationId: 'a test',
            value: Buffer.from('{"record":{}}'),
          },
          'somebody',
        );
        await writer.publish(topics.contacts, new Map([[partitionOf(key, PARTITIONS), [record]]]));
        await writer.close();
      } finally {
        await log.close();
      }
    }
  });
});
