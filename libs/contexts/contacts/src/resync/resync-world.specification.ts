import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  companyEvents,
  KEYS_TOPIC,
  topics,
  type CompanyEvent,
  type ContactRecord,
} from '@samspill/contracts';
import {
  type CommandContext,
  Database,
  EventLog,
  EVENTLOG_MIGRATIONS,
  type Log,
  type LogManifest,
  MasterKeys,
  MemoryCluster,
  MemoryLog,
  PostgresEventStore,
  PostgresKeyStore,
  PostgresLog,
  PostgresProjectionStore,
  silentLogger,
  uuidv7,
} from '@samspill/eventlog';
import { isCompanyId, isRejection, streamName, type CompanyId, type Rejection } from '@samspill/kernel';
import { createTestDatabase, waitFor, type TestDatabase } from '@samspill/testing';
import { DataSource } from 'typeorm';
import { CompanyAccess } from '../company/company-access.js';
import { contactsContext } from '../contacts.module.js';
import { RecordDesk, type RecordReference } from '../intake/record-desk.js';
import { CsvImport, type ImportRequest } from './csv-import.js';
import type { ImportView } from './import-view.js';
import { ResyncEntry } from './resync.entity.js';
import type { ResyncDependencies } from './resync-run.js';
import { ResyncRunner } from './resync-runner.js';
import { Resyncs } from './resyncs.js';

export const PARTITIONS = 4;
/** Personal data is sealed, as wherever services run. */
const masterKeys = new MasterKeys([{ id: 'test', key: randomBytes(32) }]);

const identityManifest: LogManifest = {
  name: 'identity',
  source: 'identity-registration',
  topic: topics.identity,
  events: [...companyEvents],
  projections: [],
  reservations: [],
};

/** One process of the service for resyncs, over the world's database and log. */
export interface Service {
  readonly dependencies: ResyncDependencies & { readonly eventLog: EventLog; readonly database: Database };
  readonly csvImport: CsvImport;
  readonly resyncs: Resyncs;
  readonly runner: ResyncRunner;
}

/** The contacts service on a real database, with a log that identity writes to as well. */
export class World {
  readonly #close: (() => Promise<unknown>)[] = [];
  #identity: EventLog | undefined;

  private constructor(
    readonly database: TestDatabase,
    /** A client of the topics, for one process. */
    readonly log: () => Promise<Log>,
  ) {}

  /** @param kind of log: one in memory is quick, one in Postgres does not fill the memory that is measured */
  static async open(kind: 'memory' | 'postgres' = 'memory'): Promise<World> {
    const logDatabase = await createTestDatabase({ prefix: 'log' });
    const cluster = new MemoryCluster();
    const log = async (): Promise<Log> =>
      kind === 'memory'
        ? new MemoryLog(cluster)
        : await PostgresLog.open({ url: logDatabase.url, logger: silentLogger });
    const first = await log();
    await first.create([topics.contacts, topics.identity], PARTITIONS);
    await first.create([KEYS_TOPIC], PARTITIONS, 'compacted');
    await first.close();
    const world = new World(await createTestDatabase({ prefix: 'resync' }), log);
    world.#close.push(
      () => logDatabase.drop(),
      () => world.database.drop(),
    );
    const identity = await createTestDatabase({ prefix: 'identity' });
    world.#close.push(() => identity.drop());
    await migrate(world.database.url);
    await migrate(identity.url);
    world.#identity = await world.#eventLog(identity.url, identityManifest);
    return world;
  }

  async close(): Promise<void> {
    for (const close of this.#close.toReversed()) await close();
  }

  async service(): Promise<Service> {
    const database = new Database({ url: this.database.url, applicationName: 'test', logger: silentLogger });
    this.#close.push(() => database.close());
    const dataSource = new DataSource({ type: 'postgres', url: this.database.url, entities: [ResyncEntry] });
    await dataSource.initialize();
    this.#close.push(() => dataSource.destroy());
    const eventLog = await this.#eventLog(this.database.url, contactsContext.manifest);
    const access = new CompanyAccess(database, eventLog.reverts);
    const dependencies = { eventLog, database, access, logger: silentLogger };
    const runner = new ResyncRunner(dependencies);
    this.#close.push(() => runner.stop());
    const resyncs = new Resyncs(dependencies, dataSource, runner);
    return { dependencies, csvImport: new CsvImport(dependencies), resyncs, runner };
  }

  /** A registered company with synchronisation switched on, as this service knows it. */
  async company({ dependencies: { access } }: Pick<Service, 'dependencies'>): Promise<CompanyId> {
    const company = uuidv7();
    if (!isCompanyId(company)) throw new Error(company);
    const address = { lines: ['Storgata 1'], postcode: '0150', country: 'NO' };
    await this.identify(company, [
      {
        type: 'identity.company.registered',
        data: { name: 'Fjord AS', organisationNumber: '923609016', country: 'NO', address },
      },
      { type: 'identity.company.sync-enabled', data: { product: 'contacts' } },
    ]);
    await waitFor(async () => (await access.refusal(company)) === undefined, {
      describe: 'the company to be known',
    });
    return company;
  }

  async identify(company: CompanyId, events: readonly CompanyEvent[]): Promise<void> {
    const stream = streamName('identity.company', company);
    await this.#identity?.transact(contextNow(), async (unit) => {
      unit.append({ stream, key: company }, (await unit.load(stream)).length, events);
    });
  }

  async #eventLog(url: string, manifest: LogManifest): Promise<EventLog> {
    const log = await this.log();
    const database = new Database({ url, applicationName: 'test-log', logger: silentLogger });
    const eventLog = new EventLog({
      manifest,
      eventStore: new PostgresEventStore(database, PARTITIONS),
      projectionStore: new PostgresProjectionStore(database),
      log,
      logger: silentLogger,
      partitions: PARTITIONS,
      keys: { store: new PostgresKeyStore(database), masterKeys },
    });
    eventLog.start();
    this.#close.push(
      () => database.close(),
      () => log.close(),
      () => eventLog.stop(),
    );
    await waitFor(
      () => eventLog.status().gate.state === 'open' && eventLog.status().projections.state === 'running',
      {
        describe: `the log of ${manifest.name} to be open`,
      },
    );
    return eventLog;
  }
}

export function contextNow(): CommandContext {
  return { actor: 'user:test', correlationId: uuidv7(), now: new Date() };
}

/** What an agent would send: records as they are now, and the numbers of those that are gone. */
export async function change(
  { dependencies }: Service,
  company: CompanyId,
  puts: readonly ContactRecord[],
  gone: readonly RecordReference[] = [],
): Promise<void> {
  await dependencies.eventLog.transact(contextNow(), async (unit) => {
    const references = [...puts.map(({ kind, number }) => ({ kind, reference: number })), ...gone];
    const desk = await RecordDesk.open(unit, company, references);
    for (const record of puts) desk.put(record);
    for (const { kind, reference } of gone) desk.remove(kind, reference);
  });
}

/** Sends a file and returns the import as its preview has it. */
export async function send(
  { csvImport, resyncs }: Service,
  company: CompanyId,
  csv: string | Readable,
  request: ImportRequest = {},
): Promise<ImportView> {
  const source = typeof csv === 'string' ? Readable.from([Buffer.from(csv)]) : csv;
  const id = valueOf(await csvImport.receive(company, request, source, contextNow()));
  return valueOf(await resyncs.find(company, id, contextNow()));
}

/** Confirms an import and waits for its end. */
export async function run(
  { resyncs, runner }: Service,
  company: CompanyId,
  { id }: ImportView,
  removals?: number,
): Promise<ImportView> {
  runner.start();
  valueOf(await resyncs.confirm(company, id, removals, contextNow()));
  return await ended(resyncs, company, id);
}

export async function ended(resyncs: Resyncs, company: CompanyId, id: string): Promise<ImportView> {
  return await waitFor(
    async () => {
      const view = valueOf(await resyncs.find(company, id, contextNow()));
      return view.endedAt !== undefined && view;
    },
    { describe: `the import ${id} to end`, timeoutMs: 120_000 },
  );
}

/** The directory of a company as `kind/number` → name, once it shows everything. */
export async function directory(
  { dependencies: { eventLog, database } }: Service,
  company: CompanyId,
): Promise<Readonly<Record<string, string>>> {
  await eventLog.settled(company, ['contacts.directory'], 30_000);
  const { rows } = await database.withClient((client) =>
    client.query<{ key: string; name: string }>(
      `SELECT kind || '/' || number AS key, name FROM read.directory_v1 WHERE company = $1`,
      [company],
    ),
  );
  return Object.fromEntries(rows.map(({ key, name }) => [key, name]));
}

/** Open rejections as `kind/reference` → details. */
export async function report(
  { dependencies: { eventLog, database } }: Service,
  company: CompanyId,
): Promise<Readonly<Record<string, readonly string[]>>> {
  await eventLog.settled(company, ['contacts.sync-report'], 30_000);
  const { rows } = await database.withClient((client) =>
    client.query<{ key: string; details: string[] }>(
      `SELECT kind || '/' || reference AS key, (SELECT array_agg(f ->> 'detail') FROM jsonb_array_elements(faults) f) AS details
       FROM read.sync_report_v1 WHERE company = $1`,
      [company],
    ),
  );
  return Object.fromEntries(rows.map(({ key, details }) => [key, details]));
}

export function valueOf<Outcome>(outcome: Outcome | Rejection): Outcome {
  if (isRejection(outcome)) throw new Error(`${outcome.code}: ${outcome.detail}`);
  return outcome;
}

async function migrate(url: string): Promise<void> {
  const dataSource = new DataSource({
    type: 'postgres',
    url,
    migrations: [...EVENTLOG_MIGRATIONS, ...(contactsContext.migrations ?? [])],
    migrationsTableName: 'migration',
  });
  await dataSource.initialize();
  await dataSource.runMigrations();
  await dataSource.destroy();
}
