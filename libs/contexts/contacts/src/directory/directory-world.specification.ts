import {
  recordChanged,
  recordDeleted,
  topics,
  type ContactRecord,
  type RecordEvent,
} from '@samspill/contracts';
import {
  Database,
  EVENTLOG_MIGRATIONS,
  PostgresProjectionStore,
  silentLogger,
  uuidv7,
} from '@samspill/eventlog';
import { isCompanyId, streamName, type CompanyId, type Recorded } from '@samspill/kernel';
import { createTestDatabase } from '@samspill/testing';
import { DataSource } from 'typeorm';
import { CreateSearch1763050000000 } from './create-search.migration.js';
import { directoryProjection, type DirectoryRow } from './directory.projection.js';
import { DirectorySearch, type SearchLimits } from './directory-search.js';

const PARTITION = { topic: topics.contacts, partition: 0 };

/** A directory on a real database, written to as the projector writes. */
export class DirectoryWorld {
  #version = 1;

  private constructor(
    readonly database: Database,
    readonly store: PostgresProjectionStore,
    readonly close: () => Promise<void>,
  ) {}

  static async open(): Promise<DirectoryWorld> {
    const { url, drop } = await createTestDatabase({ prefix: 'directory' });
    await migrate(url);
    const database = new Database({ url, applicationName: 'test', logger: silentLogger });
    const world = new DirectoryWorld(database, new PostgresProjectionStore(database), async () => {
      await database.close();
      await drop();
    });
    await world.newGeneration([]);
    return world;
  }

  search(limits?: SearchLimits): DirectorySearch {
    return new DirectorySearch(this.database, limits);
  }

  /** A generation with these rows, made live. */
  async newGeneration(rows: readonly DirectoryRow[]): Promise<void> {
    const generation = await this.store.createGeneration(directoryProjection);
    await this.store.load(directoryProjection, generation, {
      checkpoints: [{ ...PARTITION, nextOffset: 0n, log: undefined }],
      chunks: [{ rows: rows.map((row) => ({ row, version: 1 })), versions: [], parked: [] }],
    });
    await this.store.index(directoryProjection, generation);
    if ((await this.store.switchTo(directoryProjection, generation, 10_000)) === undefined)
      throw new Error('not switched');
  }

  async put(company: CompanyId, records: readonly ContactRecord[]): Promise<void> {
    await this.#apply(records.map((record) => changed(company, record)));
  }

  async remove(company: CompanyId, records: readonly ContactRecord[]): Promise<void> {
    await this.#apply(
      records.map(({ kind, number }) => recorded(company, kind, number, recordDeleted(kind, number))),
    );
  }

  async #apply(events: readonly Recorded<RecordEvent>[]): Promise<void> {
    this.#version += 1;
    const changes = events.map((event) => ({
      stream: event.meta.stream,
      version: this.#version,
      key: directoryProjection.key(event) ?? {},
      row: directoryProjection.project(undefined, event),
    }));
    if (changes.length === 0) return;
    await this.store.transaction(directoryProjection, 'live', PARTITION, (tx) => tx.writeStates(changes));
  }
}

export function newCompany(): CompanyId {
  const id = uuidv7();
  if (!isCompanyId(id)) throw new Error(`${id} is not a company id`);
  return id;
}

/** The directory's row of a record. */
export function rowOf(company: CompanyId, record: ContactRecord): DirectoryRow {
  const row = directoryProjection.project(undefined, changed(company, record));
  if (row === undefined) throw new Error('a record has a row');
  return row;
}

function changed(company: CompanyId, record: ContactRecord): Recorded<RecordEvent> {
  return recorded(company, record.kind, record.number, recordChanged(record, []));
}

function recorded(
  company: CompanyId,
  kind: string,
  number: string,
  event: RecordEvent,
): Recorded<RecordEvent> {
  const id = uuidv7();
  const stream = streamName(`contacts.${kind}`, company, number);
  const meta = {
    id,
    stream,
    version: 1,
    key: company,
    time: '2026-03-01T12:00:00.000Z',
    actor: 'agent:test',
  } as const;
  return { ...event, meta: { ...meta, correlationId: id, causationId: id } };
}

async function migrate(url: string): Promise<void> {
  const dataSource = new DataSource({
    type: 'postgres',
    url,
    migrations: [...EVENTLOG_MIGRATIONS, CreateSearch1763050000000],
    migrationsTableName: 'migration',
    installExtensions: false,
  });
  await dataSource.initialize();
  try {
    await dataSource.runMigrations({ transaction: 'each' });
  } finally {
    await dataSource.destroy();
  }
}
