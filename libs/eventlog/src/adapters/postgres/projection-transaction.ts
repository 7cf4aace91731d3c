import type { PoolClient } from 'pg';
import type { ColumnValue, Row } from '@samspill/kernel';
import type { Checkpoint, ParkedEvent, ProjectionTransaction, StateChange } from '../../projection-store.js';
import { integerArray, textArray } from './binary-array.js';
import { insertParked } from './parked-rows.js';
import type { ReadTable } from './read-table.js';

/** Namespace of the advisory locks on row keys; the second key is a hash, so rows share locks, which only costs waiting. */
const ROW_KEY_LOCKS = 0x5a32;
/** A lock for each key could fill the server's lock table, which has room for some thousands, and then nothing would go on. */
const LOCKS_PER_PROJECTION = 256;

/** Postgres cuts names off there. */
const MAX_STATEMENT_NAME_LENGTH = 63;

export class PostgresProjectionTransaction implements ProjectionTransaction {
  readonly generation: number;

  constructor(
    private readonly client: PoolClient,
    private readonly table: ReadTable,
    readonly checkpoint: Checkpoint,
    readonly hasParked: boolean,
  ) {
    this.generation = table.generation;
  }

  async lockKeys(keys: readonly Row[]): Promise<void> {
    const { projection } = this.table;
    const names = keys.map((key) => JSON.stringify(projection.table.key.map((name) => key[name])));
    await this.client.query(
      `SELECT pg_advisory_xact_lock($1, lock)
       FROM (SELECT DISTINCT hashtext($3) # (hashtext(name) & $4::int4) AS lock FROM unnest($2::text[]) AS n (name) ORDER BY lock) AS l`,
      [ROW_KEY_LOCKS, textArray(names), projection.name, LOCKS_PER_PROJECTION - 1],
    );
  }

  async rows(keys: readonly Row[]): Promise<readonly (Row | undefined)[]> {
    const result = await this.client.query<{ row: Record<string, ColumnValue> | null }>(
      this.table.selectRows,
      this.table.keyParameters(keys),
    );
    return result.rows.map(({ row }) => this.table.decodeRow(row));
  }

  async versions(streams: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const result = await this.client.query<{ stream: string; version: number }>(this.table.selectVersions, [
      textArray(streams),
    ]);
    return new Map(result.rows.map((row) => [row.stream, row.version]));
  }

  async parkedStreams(streams: readonly string[]): Promise<ReadonlySet<string>> {
    const { name, version } = this.table.projection;
    const result = await this.client.query<{ stream: string }>(
      `SELECT DISTINCT stream FROM eventlog.parked WHERE name = $1 AND version = $2 AND generation = $3 AND stream = ANY ($4::text[])`,
      [name, version, this.generation, textArray(streams)],
    );
    return new Set(result.rows.map((row) => row.stream));
  }

  async writeStates(changes: readonly StateChange[]): Promise<void> {
    const present = changes.filter((change) => change.row !== undefined);
    const gone = changes.filter((change) => change.row === undefined);
    if (present.length > 0) {
      const rows = present.map((change) => change.row ?? {});
      await this.#named('upsert-states', this.table.upsertStates, [
        ...this.table.columnParameters(rows),
        ...tail(present),
      ]);
    }
    if (gone.length > 0) {
      const keys = gone.map((change) => change.key);
      await this.#named('delete-states', this.table.deleteStates, [
        ...this.table.keyParameters(keys),
        ...tail(gone),
      ]);
    }
    if (this.hasParked) await this.#forgetSuperseded(changes);
  }

  async writeRows(upserts: readonly Row[], deletes: readonly Row[]): Promise<void> {
    if (upserts.length > 0)
      await this.#named('upsert-rows', this.table.upsertRows, this.table.columnParameters(upserts));
    if (deletes.length > 0)
      await this.#named('delete-rows', this.table.deleteRows, this.table.keyParameters(deletes));
  }

  async writeVersions(versions: ReadonlyMap<string, number>): Promise<void> {
    if (versions.size === 0) return;
    await this.#named('write-versions', this.table.writeVersions, [
      textArray([...versions.keys()]),
      integerArray([...versions.values()]),
    ]);
  }

  async park(events: readonly ParkedEvent[]): Promise<void> {
    await insertParked(this.client, this.table.projection, this.generation, events);
  }

  async parkedVersions(streams: readonly string[]): Promise<ReadonlyMap<string, ReadonlySet<number>>> {
    const { name, version } = this.table.projection;
    const result = await this.client.query<{ stream: string; versions: number[] }>(
      `SELECT stream, array_agg(stream_version) AS versions FROM eventlog.parked
       WHERE name = $1 AND version = $2 AND generation = $3 AND stream = ANY ($4::text[]) GROUP BY stream`,
      [name, version, this.generation, textArray(streams)],
    );
    return new Map(result.rows.map((row) => [row.stream, new Set(row.versions)]));
  }

  async unpark(events: readonly { readonly stream: string; readonly version: number }[]): Promise<void> {
    const { name, version } = this.table.projection;
    await this.client.query(
      `DELETE FROM eventlog.parked p USING unnest($4::int4[], $5::text[]) AS u (version, stream)
       WHERE p.name = $1 AND p.version = $2 AND p.generation = $3 AND p.stream = u.stream AND p.stream_version = u.version`,
      [name, version, this.generation, ...tail(events)],
    );
  }

  async moveTo(nextOffset: bigint, log: string): Promise<void> {
    const { name, version } = this.table.projection;
    const { topic, partition } = this.checkpoint;
    await this.client.query({
      name: 'eventlog-move-checkpoint',
      text: `UPDATE eventlog.checkpoint SET next_offset = $6, log = $7
             WHERE name = $1 AND version = $2 AND generation = $3 AND topic = $4 AND partition = $5`,
      values: [name, version, this.generation, topic, partition, nextOffset.toString(), log],
    });
  }

  /** Parsed and planned once a connection: for a handful of rows that costs more than the statement itself. */
  async #named(what: string, text: string, values: readonly Buffer[]): Promise<void> {
    const name = `${what} g${this.generation} ${this.table.table}`.slice(0, MAX_STATEMENT_NAME_LENGTH);
    await this.client.query({ name, text, values: [...values] });
  }

  async #forgetSuperseded(changes: readonly StateChange[]): Promise<void> {
    const { name, version } = this.table.projection;
    await this.client.query(
      `DELETE FROM eventlog.parked p USING unnest($4::int4[], $5::text[]) AS u (version, stream)
       WHERE p.name = $1 AND p.version = $2 AND p.generation = $3 AND p.stream = u.stream AND p.stream_version <= u.version`,
      [name, version, this.generation, ...tail(changes)],
    );
  }
}

function tail(changes: readonly { readonly stream: string; readonly version: number }[]): [Buffer, Buffer] {
  return [
    integerArray(changes.map((change) => change.version)),
    textArray(changes.map((change) => change.stream)),
  ];
}
