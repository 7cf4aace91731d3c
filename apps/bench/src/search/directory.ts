import { contactsContext, directoryProjection, type DirectoryRow } from '@samspill/context-contacts';
import { recordChanged, type ContactRecord } from '@samspill/contracts';
import {
  MemoryCluster,
  MemoryLog,
  PostgresProjectionStore,
  uuidv7,
  type Database,
  type LoadedRow,
} from '@samspill/eventlog';
import { isCompanyId, streamName, type CompanyId } from '@samspill/kernel';
import { openContext } from '@samspill/platform';
import { demoRecords, Random } from '@samspill/testing/demo';
import { openPostgres } from '../bench-postgres.js';
import { quiet } from '../quiet.js';

/** The largest company has so many of all contacts; the others share the rest evenly. */
const LARGEST_SHARE = 0.2;
const COMPANIES = 100;
/** Records of one company that follow each other, as an import sends them; rows of companies lie mixed in the table. */
const PORTION = 1_000;
/** Records of each company from which queries are made. */
const SAMPLE = 500;
const PERSONS_PER_PARENT = 2;
/** Everything that a search may touch is in memory, as on a database server that is as large as its load. */
const SHARED_BUFFERS = '2GB';
const DATABASE_WAIT_MS = 30_000;
const CONNECTIONS = 10;
const SWITCH_TIMEOUT_MS = 10_000;
const TIME = '2026-01-01T12:00:00.000Z';

export interface BenchCompany {
  readonly id: CompanyId;
  readonly contacts: number;
  /** Some of its records, evenly drawn. */
  readonly sample: readonly ContactRecord[];
}

/** A directory in a database of its own. */
export interface BenchDirectory extends AsyncDisposable {
  readonly database: Database;
  readonly versions: string;
  /** The largest one first. */
  readonly companies: readonly BenchCompany[];
  readonly contacts: number;
  readonly loadedMs: number;
}

export async function openDirectory(contacts: number): Promise<BenchDirectory> {
  await using opened = new AsyncDisposableStack();
  const postgres = await openPostgres(opened, { shared_buffers: SHARED_BUFFERS });
  await postgres.ensureDatabase('contacts');
  const context = opened.adopt(
    await openContext(contactsContext, {
      database: { url: postgres.url('contacts'), poolSize: CONNECTIONS, waitMs: DATABASE_WAIT_MS },
      log: new MemoryLog(new MemoryCluster()),
      logger: quiet,
    }),
    (unused) => unused.close(),
  );
  const companies = benchCompanies(contacts);
  const startedMs = performance.now();
  await load(new PostgresProjectionStore(context.database), companies);
  const loadedMs = performance.now() - startedMs;
  const held = opened.move();
  return {
    database: context.database,
    versions: `Node ${process.versions.node}, Postgres ${postgres.version} (shared_buffers ${SHARED_BUFFERS})`,
    companies,
    contacts: companies.reduce((sum, company) => sum + company.contacts, 0),
    loadedMs,
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

interface GrowingCompany extends BenchCompany {
  readonly sample: ContactRecord[];
  readonly records: Iterator<ContactRecord, void, undefined>;
}

function benchCompanies(contacts: number): readonly GrowingCompany[] {
  const largest = Math.round(contacts * LARGEST_SHARE);
  const other = Math.floor((contacts - largest) / (COMPANIES - 1));
  return Array.from({ length: COMPANIES }, (_, nth) => {
    const count = nth === 0 ? largest : other;
    const parents = Math.ceil(count / (1 + PERSONS_PER_PARENT));
    const suppliers = Math.floor(parents / 5);
    const sizes = { customers: parents - suppliers, suppliers, contactPersonsPerParent: PERSONS_PER_PARENT };
    const id = uuidv7();
    if (!isCompanyId(id)) throw new Error(`${id} is not a company id`);
    return { id, contacts: count, sample: [], records: demoRecords({ seed: nth + 1, ...sizes }) };
  });
}

async function load(store: PostgresProjectionStore, companies: readonly GrowingCompany[]): Promise<void> {
  const generation = await store.createGeneration(directoryProjection);
  await store.load(directoryProjection, generation, {
    checkpoints: [],
    chunks: [{ rows: rows(companies), versions: [], parked: [] }],
  });
  await store.index(directoryProjection, generation);
  if ((await store.switchTo(directoryProjection, generation, SWITCH_TIMEOUT_MS)) === undefined)
    throw new Error('The directory was not switched on.');
}

/** Made as they are loaded: the largest company sends more portions a round, so that all end at about the same time. */
function* rows(companies: readonly GrowingCompany[]): Generator<LoadedRow> {
  const smallest = Math.min(...companies.map(({ contacts }) => contacts));
  const random = new Random(1);
  const left = new Map(companies.map((company) => [company, company.contacts]));
  while (left.size > 0) {
    for (const [company, before] of left) {
      const portion = Math.min(before, Math.ceil((PORTION * company.contacts) / smallest));
      for (let nth = 0; nth < portion; nth += 1) {
        const record = company.records.next().value;
        if (record === undefined) throw new Error('A company has as many records as it has contacts.');
        if (random.below(company.contacts) < SAMPLE) company.sample.push(record);
        yield { row: rowOf(company.id, record), version: 1 };
      }
      if (portion === before) left.delete(company);
      else left.set(company, before - portion);
    }
  }
}

function rowOf(company: CompanyId, record: ContactRecord): DirectoryRow {
  const meta = {
    id: '',
    stream: streamName(`contacts.${record.kind}`, company, record.number),
    version: 1,
    key: company,
    time: TIME,
    actor: 'service:bench',
    correlationId: '',
    causationId: '',
  } as const;
  const row = directoryProjection.project(undefined, { ...recordChanged(record, []), meta });
  if (row === undefined) throw new Error('A record has a row.');
  return row;
}
