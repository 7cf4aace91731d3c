import type { PoolClient } from 'pg';
import { PlatformError, reasonOf, type Projection } from '@samspill/kernel';
import type { OperationStore } from '../../operations/operation-store.js';
import type { DeliveryLedger } from '../../reactors/delivery-ledger.js';
import {
  UnstorableError,
  type Checkpoint,
  type Generation,
  type GenerationContent,
  type GenerationOptions,
  type GenerationState,
  type GenerationView,
  type ParkedEntry,
  type ParkedEvent,
  type ParkedQuery,
  type PartitionOf,
  type ProjectionStore,
  type ProjectionTransaction,
  type SwitchOptions,
} from '../../projection-store.js';
import type { RevertStore } from '../../revert/revert-store.js';
import { selectCheckpoints } from './checkpoint-rows.js';
import { freeBytesOf } from './data-folder.js';
import { isDataError, sqlState, type Database } from './database.js';
import { PostgresDeliveryLedger } from './delivery-ledger.js';
import { indexGeneration, loadContent } from './generation-load.js';
import { exchangeRows, makeLive } from './generation-switch.js';
import { PostgresGenerationView } from './generation-view.js';
import { beginBehindFence } from './live-fence.js';
import { PostgresOperationStore } from './operation-store.js';
import { countParked, selectParkedPage } from './parked-page.js';
import { parkedFromRow, SELECT_PARKED, type ParkedRow } from './parked-rows.js';
import { PostgresProjectionTransaction } from './projection-transaction.js';
import { ReadTable } from './read-table.js';
import { PostgresRevertStore } from './revert-store.js';

/** Namespace of the locks that keep two processes from running the same operation. */
const OPERATION_LOCKS = 0x5a33;
/** A switch that commits between a live batch's look at the live generation and its lock makes the look come out empty; look again. */
const LIVE_ATTEMPTS = 5;
/** Each operation needs up to three at a time: two to look at generations, or one to switch, and one to apply events and report. */
const OPERATION_CONNECTIONS = 8;
/** Deliveries wait for the other side, not for the database; they and intake take turns on a few. */
const REACTOR_CONNECTIONS = 4;
const LOCK_NOT_AVAILABLE = '55P03';

/** Shares the fence with other live batches (`KEY SHARE`), keeps the checkpoint to itself. */
const OPEN_LIVE_SQL = `
  SELECT c.generation, c.next_offset, c.log, c.has_parked
  FROM eventlog.projection p
  JOIN eventlog.checkpoint c ON c.name = p.name AND c.version = p.version AND c.generation = p.live
  WHERE p.name = $1 AND p.version = $2 AND c.topic = $3 AND c.partition = $4
  FOR KEY SHARE OF p FOR UPDATE OF c`;

/** Without the fence: a generation that is not live is brought up to the live one while that one is held by it. */
const OPEN_NUMBERED_SQL = `
  SELECT generation, next_offset, log, has_parked FROM eventlog.checkpoint
  WHERE name = $1 AND version = $2 AND topic = $3 AND partition = $4 AND generation = $5 FOR UPDATE`;

interface OpenRow {
  readonly generation: number;
  readonly next_offset: string;
  readonly log: string | null;
  readonly has_parked: boolean;
}

const SELECT_GENERATIONS = `
  SELECT number, state, created_at, company, is_indexed FROM eventlog.generation
  WHERE name = $1 AND version = $2 ORDER BY number DESC`;

interface GenerationRow {
  readonly number: number;
  readonly state: GenerationState;
  readonly created_at: Date;
  readonly company: string | null;
  readonly is_indexed: boolean;
}

export class PostgresProjectionStore implements ProjectionStore {
  readonly operations: OperationStore;
  readonly reverts: RevertStore;
  readonly deliveries: DeliveryLedger;
  readonly #tables = new Map<string, ReadTable>();

  /**
   * For everything but live batches. A switch holds those up while the last events are applied, so they must not have all connections
   * that it needs; and a rebuild should take none of theirs.
   */
  readonly #beside: Database;

  constructor(private readonly database: Database) {
    this.#beside = database.beside('operations', OPERATION_CONNECTIONS);
    this.operations = new PostgresOperationStore(this.#beside);
    this.reverts = new PostgresRevertStore(this.#beside);
    this.deliveries = new PostgresDeliveryLedger(database.beside('reactors', REACTOR_CONNECTIONS));
  }

  async generations(projection: Projection): Promise<readonly Generation[]> {
    return await this.#beside.withClient(async (client) => {
      const result = await client.query<GenerationRow>(SELECT_GENERATIONS, [
        projection.name,
        projection.version,
      ]);
      return result.rows.map((row) => ({
        number: row.number,
        state: row.state,
        createdAt: row.created_at.toISOString(),
        company: row.company ?? undefined,
        isIndexed: row.is_indexed,
      }));
    });
  }

  async checkpoints(projection: Projection, generation: number): Promise<readonly Checkpoint[]> {
    return await this.#beside.withClient((client) => selectCheckpoints(client, projection, generation));
  }

  async parked(projection: Projection, generation: number): Promise<readonly ParkedEvent[]> {
    return await this.#beside.withClient(async (client) => {
      const result = await client.query<ParkedRow>(SELECT_PARKED, [
        projection.name,
        projection.version,
        generation,
      ]);
      return result.rows.map(parkedFromRow);
    });
  }

  async parkedPage(
    projection: Projection,
    generation: number,
    query: ParkedQuery,
  ): Promise<readonly ParkedEntry[]> {
    return await this.database.withClient((client) =>
      selectParkedPage(client, projection, generation, query),
    );
  }

  async parkedCount(projection: Projection, generation: number): Promise<number> {
    return await this.database.withClient((client) => countParked(client, projection, generation));
  }

  async createGeneration(
    projection: Projection,
    { state = 'building', company }: GenerationOptions = {},
  ): Promise<number> {
    return await this.#beside.transaction(async (client) => {
      const { name, version } = projection;
      await client.query('SELECT pg_advisory_xact_lock($1, hashtext($2))', [
        OPERATION_LOCKS,
        `create ${name}`,
      ]);
      await client.query(
        'INSERT INTO eventlog.projection (name, version) VALUES ($1, $2) ON CONFLICT DO NOTHING',
        [name, version],
      );
      // Numbers go up over all versions of a projection and are never used again: tables are named for them.
      const next = await client.query<{ number: number }>(
        `UPDATE eventlog.projection SET last_generation = (SELECT max(last_generation) + 1 FROM eventlog.projection WHERE name = $1)
         WHERE name = $1 AND version = $2 RETURNING last_generation AS number`,
        [name, version],
      );
      const number = next.rows[0]?.number ?? 1;
      await client.query(
        'INSERT INTO eventlog.generation (name, version, number, state, company) VALUES ($1, $2, $3, $4, $5)',
        [name, version, number, state, company ?? null],
      );
      await client.query(this.#table(projection, number).create);
      return number;
    });
  }

  async load(projection: Projection, generation: number, content: GenerationContent): Promise<void> {
    const table = this.#table(projection, generation);
    await refusingData(() => this.#beside.bulk((client) => loadContent(client, table, content)));
  }

  async index(projection: Projection, generation: number): Promise<void> {
    const table = this.#table(projection, generation);
    await refusingData(() => this.#beside.transaction((client) => indexGeneration(client, table)));
  }

  async switchTo(
    projection: Projection,
    generation: number,
    lockTimeoutMs: number,
    options: SwitchOptions = {},
  ): Promise<number | undefined> {
    const table = this.#table(projection, generation);
    return await this.#holding((client) => makeLive(client, table, lockTimeoutMs, options));
  }

  async exchangeCompany(
    projection: Projection,
    generation: number,
    lockTimeoutMs: number,
    { catchUp }: Pick<SwitchOptions, 'catchUp'> = {},
  ): Promise<number | undefined> {
    const part = this.#table(projection, generation);
    const tableOf = (number: number): ReadTable => this.#table(projection, number);
    return await this.#holding((client) => exchangeRows(client, part, tableOf, lockTimeoutMs, catchUp));
  }

  async dropGeneration(projection: Projection, generation: number): Promise<void> {
    const { name, version } = projection;
    await this.#beside.transaction(async (client) => {
      await client.query(this.#table(projection, generation).drop);
      for (const table of ['checkpoint', 'parked']) {
        await client.query(
          `DELETE FROM eventlog.${table} WHERE name = $1 AND version = $2 AND generation = $3`,
          [name, version, generation],
        );
      }
      await client.query('DELETE FROM eventlog.generation WHERE name = $1 AND version = $2 AND number = $3', [
        name,
        version,
        generation,
      ]);
    });
    this.#tables.delete(tableKey(projection, generation));
  }

  async transaction<T>(
    projection: Projection,
    generation: number | 'live',
    { topic, partition }: PartitionOf,
    work: (tx: ProjectionTransaction) => Promise<T>,
  ): Promise<T> {
    // A lost commit is read from the log again: rows and checkpoint are lost together.
    const lazily = 'BEGIN; SET LOCAL synchronous_commit = off';
    const begin = generation === 'live' ? beginBehindFence(projection, lazily) : lazily;
    const place = { topic, partition };
    const database = generation === 'live' ? this.database : this.#beside;
    return await refusingData(() =>
      database.transactionOn(
        begin,
        (client) => openCheckpoint(client, projection, generation, place),
        async (client, opened) => {
          const checkpoint = {
            ...place,
            nextOffset: BigInt(opened.next_offset),
            log: opened.log ?? undefined,
          };
          const table = this.#table(projection, opened.generation);
          return await work(new PostgresProjectionTransaction(client, table, checkpoint, opened.has_parked));
        },
      ),
    );
  }

  async snapshot<T>(
    projection: Projection,
    generation: number,
    work: (view: GenerationView) => Promise<T>,
  ): Promise<T> {
    const begin = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = 0';
    return await this.#beside.transaction(async (client) => {
      const checkpoints = await selectCheckpoints(client, projection, generation);
      const table = this.#table(projection, generation);
      await refuseMissing(client, table);
      return await work(new PostgresGenerationView(client, table, checkpoints));
    }, begin);
  }

  async sizeOf(projection: Projection, generation: number): Promise<number> {
    const { table, versionsTable } = this.#table(projection, generation);
    return await this.#beside.withClient(async (client) => {
      const { rows } = await client.query<{ bytes: string | null }>(
        'SELECT sum(pg_total_relation_size(to_regclass(t))) AS bytes FROM unnest($1::text[]) AS t',
        [[table, versionsTable]],
      );
      return Number(rows[0]?.bytes ?? 0);
    });
  }

  async freeBytes(): Promise<number | undefined> {
    return await freeBytesOf(this.database);
  }

  async exclusively<T>(operation: string, work: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
    const client = await this.database.dedicated();
    const lost = new AbortController();
    let isReleased = false;
    client.on('end', () => {
      if (!isReleased) lost.abort(lockLost(operation));
    });
    try {
      const result = await client.query<{ held: boolean }>(
        'SELECT pg_try_advisory_lock($1, hashtext($2)) AS held',
        [OPERATION_LOCKS, operation],
      );
      return result.rows[0]?.held ? await work(lost.signal) : undefined;
    } finally {
      isReleased = true;
      await client.end();
    }
  }

  async close(): Promise<void> {
    await this.database.close();
  }

  /**
   * Runs `work` in a transaction that holds others up, and which says since when.
   * @returns for how many milliseconds it did; undefined where it came to nothing or a lock was not had in time
   */
  async #holding(work: (client: PoolClient) => Promise<number | undefined>): Promise<number | undefined> {
    try {
      const sinceMs = await this.#beside.transaction(work);
      return sinceMs === undefined ? undefined : performance.now() - sinceMs;
    } catch (error) {
      if (sqlState(error) === LOCK_NOT_AVAILABLE) return undefined;
      throw error;
    }
  }

  #table(projection: Projection, generation: number): ReadTable {
    const key = tableKey(projection, generation);
    const table = this.#tables.get(key) ?? new ReadTable(projection, generation);
    this.#tables.set(key, table);
    return table;
  }
}

async function refusingData<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isDataError(error)) throw error;
    throw new UnstorableError(reasonOf(error), { cause: error });
  }
}

function tableKey(projection: Projection, generation: number): string {
  return `${projection.name}@${projection.version}/${generation}`;
}

async function openCheckpoint(
  client: PoolClient,
  { name, version }: Projection,
  generation: number | 'live',
  { topic, partition }: PartitionOf,
): Promise<OpenRow> {
  const query =
    generation === 'live'
      ? { name: 'eventlog-open-live', text: OPEN_LIVE_SQL, values: [name, version, topic, partition] }
      : {
          name: 'eventlog-open-numbered',
          text: OPEN_NUMBERED_SQL,
          values: [name, version, topic, partition, generation],
        };
  for (let attempt = 1; attempt <= LIVE_ATTEMPTS; attempt += 1) {
    const result = await client.query<OpenRow>(query);
    const row = result.rows[0];
    if (row) return row;
  }
  throw new PlatformError(
    'eventlog.no-generation',
    `${name} version ${version} has no ${generation === 'live' ? 'live generation' : `generation ${generation}`} to write to.`,
    true,
  );
}

function lockLost(operation: string): PlatformError {
  return new PlatformError(
    'eventlog.lock-lost',
    `The connection that kept others from «${operation}» has ended.`,
    true,
  );
}

/** @throws PlatformError `eventlog.table-missing`: somebody has dropped the rows */
async function refuseMissing(client: PoolClient, { table }: ReadTable): Promise<void> {
  const { rows } = await client.query<{ found: string | null }>('SELECT to_regclass($1) AS found', [table]);
  if (rows[0]?.found === null)
    throw new PlatformError('eventlog.table-missing', `The table ${table} is not there any more.`, false);
}
