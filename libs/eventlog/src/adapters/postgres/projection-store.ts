import type { PoolClient } from 'pg';
import { PlatformError, type Projection } from '@samspill/kernel';
import {
  UnstorableError,
  type Checkpoint,
  type Generation,
  type GenerationContent,
  type GenerationState,
  type ParkedEvent,
  type PartitionOf,
  type ProjectionStore,
  type ProjectionTransaction,
} from '../../projection-store.js';
import { bigintArray, integerArray, textArray } from './binary-array.js';
import { copyLines } from './bulk-load.js';
import { isDataError, sqlState, type Database } from './database.js';
import { insertParked, parkedFromRow, SELECT_PARKED, type ParkedRow } from './parked-rows.js';
import { PostgresProjectionTransaction } from './projection-transaction.js';
import { copyField, ReadTable } from './read-table.js';

/** Namespace of the locks that keep two processes from running the same operation. */
const OPERATION_LOCKS = 0x5a33;
/** Memory for sorting while indexes are made. */
const INDEX_MEMORY = '256MB';
/** A switch that commits between a live batch's look at the live generation and its lock makes the look come out empty; look again. */
const LIVE_ATTEMPTS = 5;

/** Shares the fence with other live batches (`KEY SHARE`), keeps the checkpoint to itself. */
const OPEN_SQL = `
  SELECT c.generation, c.next_offset, c.log, c.has_parked
  FROM eventlog.projection p
  JOIN eventlog.checkpoint c ON c.name = p.name AND c.version = p.version AND c.generation = coalesce($3, p.live)
  WHERE p.name = $1 AND p.version = $2 AND c.topic = $4 AND c.partition = $5
  FOR KEY SHARE OF p FOR UPDATE OF c`;

interface OpenRow {
  readonly generation: number;
  readonly next_offset: string;
  readonly log: string | null;
  readonly has_parked: boolean;
}

export class PostgresProjectionStore implements ProjectionStore {
  readonly #tables = new Map<string, ReadTable>();

  constructor(private readonly database: Database) {}

  async generations(projection: Projection): Promise<readonly Generation[]> {
    return await this.database.withClient(async (client) => {
      const result = await client.query<{ number: number; state: GenerationState; created_at: Date }>(
        'SELECT number, state, created_at FROM eventlog.generation WHERE name = $1 AND version = $2 ORDER BY number DESC',
        [projection.name, projection.version],
      );
      return result.rows.map((row) => ({
        number: row.number,
        state: row.state,
        createdAt: row.created_at.toISOString(),
      }));
    });
  }

  async checkpoints(projection: Projection, generation: number): Promise<readonly Checkpoint[]> {
    return await this.database.withClient((client) => selectCheckpoints(client, projection, generation));
  }

  async parked(projection: Projection, generation: number): Promise<readonly ParkedEvent[]> {
    return await this.database.withClient(async (client) => {
      const result = await client.query<ParkedRow>(SELECT_PARKED, [
        projection.name,
        projection.version,
        generation,
      ]);
      return result.rows.map(parkedFromRow);
    });
  }

  async createGeneration(projection: Projection): Promise<number> {
    return await this.database.transaction(async (client) => {
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
        `INSERT INTO eventlog.generation (name, version, number, state) VALUES ($1, $2, $3, 'building')`,
        [name, version, number],
      );
      await client.query(this.#table(projection, number).create);
      return number;
    });
  }

  async load(projection: Projection, generation: number, content: GenerationContent): Promise<void> {
    const table = this.#table(projection, generation);
    await refusingData(() =>
      this.database.transaction(async (client) => {
        await client.query(
          `SET LOCAL statement_timeout = 0; SET LOCAL maintenance_work_mem = '${INDEX_MEMORY}'`,
        );
        await copyLines(client, table.table, rowLines(table, content.rows));
        await copyLines(client, table.versionsTable, versionLines(content.versions));
        for (const statement of table.index) await client.query(statement);
        await insertCheckpoints(client, projection, generation, content.checkpoints);
        await insertParked(client, projection, generation, content.parked);
      }),
    );
  }

  async switchTo(
    projection: Projection,
    generation: number,
    lockTimeoutMs: number,
    replaced: readonly PartitionOf[] = [],
  ): Promise<boolean> {
    const { name, version } = projection;
    const table = this.#table(projection, generation);
    try {
      return await this.database.transaction(async (client) => {
        await client.query(`SET LOCAL lock_timeout = ${Math.max(1, Math.round(lockTimeoutMs))}`);
        const fence = await client.query<{ live: number | null }>(
          'SELECT live FROM eventlog.projection WHERE name = $1 AND version = $2 FOR UPDATE',
          [name, version],
        );
        const live = fence.rows[0]?.live ?? null;
        if (live !== null && !(await isAtOrPast(client, projection, generation, live, replaced)))
          return false;
        await client.query(table.replaceView);
        await client.query(
          `UPDATE eventlog.generation SET state = 'old' WHERE name = $1 AND version = $2 AND state = 'live'`,
          [name, version],
        );
        await client.query(
          `UPDATE eventlog.generation SET state = 'live' WHERE name = $1 AND version = $2 AND number = $3`,
          [name, version, generation],
        );
        await client.query('UPDATE eventlog.projection SET live = $3 WHERE name = $1 AND version = $2', [
          name,
          version,
          generation,
        ]);
        return true;
      });
    } catch (error) {
      if (sqlState(error) === '55P03') return false;
      throw error;
    }
  }

  async dropGeneration(projection: Projection, generation: number): Promise<void> {
    const { name, version } = projection;
    await this.database.transaction(async (client) => {
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
    const begin = 'BEGIN; SET LOCAL synchronous_commit = off';
    return await refusingData(() =>
      this.database.transaction(async (client) => {
        const opened = await openCheckpoint(client, projection, generation, topic, partition);
        const checkpoint = {
          topic,
          partition,
          nextOffset: BigInt(opened.next_offset),
          log: opened.log ?? undefined,
        };
        const table = this.#table(projection, opened.generation);
        return await work(new PostgresProjectionTransaction(client, table, checkpoint, opened.has_parked));
      }, begin),
    );
  }

  async fingerprint(
    projection: Projection,
    generation: number,
  ): Promise<{ readonly rows: number; readonly hash: string }> {
    return await this.database.transaction(async (client) => {
      await client.query('SET LOCAL statement_timeout = 0');
      const result = await client.query<{ rows: string; hash: string }>(
        this.#table(projection, generation).fingerprint,
      );
      const row = result.rows[0];
      return { rows: Number(row?.rows ?? 0), hash: row?.hash ?? '0' };
    });
  }

  async exclusively<T>(operation: string, work: () => Promise<T>): Promise<T | undefined> {
    const client = await this.database.dedicated();
    client.on('error', () => undefined); // the lock is gone with the connection; the work's own statements fail by themselves
    try {
      const result = await client.query<{ held: boolean }>(
        'SELECT pg_try_advisory_lock($1, hashtext($2)) AS held',
        [OPERATION_LOCKS, operation],
      );
      return result.rows[0]?.held ? await work() : undefined;
    } finally {
      await client.end();
    }
  }

  async close(): Promise<void> {
    await this.database.close();
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
    throw new UnstorableError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

async function isAtOrPast(
  client: PoolClient,
  projection: Projection,
  generation: number,
  live: number,
  replaced: readonly PartitionOf[],
): Promise<boolean> {
  const ours = new Map(
    (await selectCheckpoints(client, projection, generation)).map((c) => [placeOf(c), c.nextOffset]),
  );
  const gone = new Set(replaced.map(placeOf));
  const theirs = await selectCheckpoints(client, projection, live);
  return theirs.every((c) => gone.has(placeOf(c)) || (ours.get(placeOf(c)) ?? -1n) >= c.nextOffset);
}

function placeOf({ topic, partition }: PartitionOf): string {
  return `${topic}/${partition}`;
}

function tableKey(projection: Projection, generation: number): string {
  return `${projection.name}@${projection.version}/${generation}`;
}

async function openCheckpoint(
  client: PoolClient,
  projection: Projection,
  generation: number | 'live',
  topic: string,
  partition: number,
): Promise<OpenRow> {
  const values = [
    projection.name,
    projection.version,
    generation === 'live' ? null : generation,
    topic,
    partition,
  ];
  for (let attempt = 1; attempt <= LIVE_ATTEMPTS; attempt += 1) {
    const result = await client.query<OpenRow>({ name: 'eventlog-open-checkpoint', text: OPEN_SQL, values });
    const row = result.rows[0];
    if (row) return row;
  }
  throw new PlatformError(
    'eventlog.no-generation',
    `${projection.name} version ${projection.version} has no ${generation === 'live' ? 'live generation' : `generation ${generation}`} to write to.`,
    true,
  );
}

async function selectCheckpoints(
  client: PoolClient,
  projection: Projection,
  generation: number,
): Promise<Checkpoint[]> {
  const result = await client.query<{
    topic: string;
    partition: number;
    next_offset: string;
    log: string | null;
  }>(
    `SELECT topic, partition, next_offset, log FROM eventlog.checkpoint
     WHERE name = $1 AND version = $2 AND generation = $3 ORDER BY topic, partition`,
    [projection.name, projection.version, generation],
  );
  return result.rows.map((row) => ({
    topic: row.topic,
    partition: row.partition,
    nextOffset: BigInt(row.next_offset),
    log: row.log ?? undefined,
  }));
}

async function insertCheckpoints(
  client: PoolClient,
  projection: Projection,
  generation: number,
  checkpoints: readonly Checkpoint[],
): Promise<void> {
  await client.query(
    `INSERT INTO eventlog.checkpoint (name, version, generation, topic, partition, next_offset, log)
     SELECT $1, $2, $3, * FROM unnest($4::text[], $5::int4[], $6::int8[], $7::text[])`,
    [
      projection.name,
      projection.version,
      generation,
      textArray(checkpoints.map((checkpoint) => checkpoint.topic)),
      integerArray(checkpoints.map((checkpoint) => checkpoint.partition)),
      bigintArray(checkpoints.map((checkpoint) => checkpoint.nextOffset)),
      textArray(checkpoints.map((checkpoint) => checkpoint.log ?? null)),
    ],
  );
}

async function* rowLines(table: ReadTable, rows: GenerationContent['rows']): AsyncGenerator<string> {
  for await (const { row, version } of rows) yield table.copyLine(row, version);
}

function* versionLines(versions: GenerationContent['versions']): Generator<string> {
  for (const [stream, version] of versions) yield `${copyField(stream)}\t${version}\n`;
}
