import type { ClientBase } from 'pg';
import type { GenerationContent, LoadedChunk, LoadedRow } from '../../projection-store.js';
import { copyLines } from './bulk-load.js';
import { insertCheckpoints } from './checkpoint-rows.js';
import { ensureReaderRole, raiseWall } from './company-wall.js';
import { insertParked } from './parked-rows.js';
import { copyField, type ReadTable } from './read-table.js';

/** Memory for sorting while indexes are made. */
const INDEX_MEMORY = '256MB';

/**
 * Loads partitions in the transaction of `client`. Checkpoints go first: of two instances that load the same ones, the second waits for
 * the first and is refused.
 */
export async function loadContent(
  client: ClientBase,
  table: ReadTable,
  { checkpoints, chunks }: GenerationContent,
): Promise<void> {
  const { projection, generation } = table;
  await client.query('SET LOCAL statement_timeout = 0');
  await insertCheckpoints(client, projection, generation, checkpoints);
  for await (const chunk of chunks) {
    await copyLines(client, table.table, rowLines(table, chunk.rows));
    await copyLines(client, table.versionsTable, versionLines(chunk.versions));
    await insertParked(client, projection, generation, [...chunk.parked]);
  }
}

/** Makes indexes, statistics and the wall between companies in the transaction of `client`, unless they are there. */
export async function indexGeneration(client: ClientBase, table: ReadTable): Promise<void> {
  const { name, version } = table.projection;
  await client.query(`SET LOCAL statement_timeout = 0; SET LOCAL maintenance_work_mem = '${INDEX_MEMORY}'`);
  const claimed = await client.query(
    `UPDATE eventlog.generation SET is_indexed = true
     WHERE name = $1 AND version = $2 AND number = $3 AND NOT is_indexed`,
    [name, version, table.generation],
  );
  if (claimed.rowCount === 0) return;
  for (const statement of table.index) await client.query(statement);
  await ensureReaderRole(client);
  await raiseWall(client, table);
}

function rowLines(table: ReadTable, rows: LoadedChunk['rows']): Iterable<string> | AsyncIterable<string> {
  return Symbol.iterator in rows ? linesAtOnce(table, rows) : linesInTime(table, rows);
}

function* linesAtOnce(table: ReadTable, rows: Iterable<LoadedRow>): Generator<string> {
  for (const { row, version } of rows) yield table.copyLine(row, version);
}

async function* linesInTime(table: ReadTable, rows: AsyncIterable<LoadedRow>): AsyncGenerator<string> {
  for await (const { row, version } of rows) yield table.copyLine(row, version);
}

function* versionLines(versions: LoadedChunk['versions']): Generator<string> {
  for (const [stream, version] of versions) yield `${copyField(stream)}\t${version}\n`;
}
