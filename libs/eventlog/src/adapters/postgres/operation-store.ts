import type { PoolClient } from 'pg';
import type { Actor } from '@samspill/kernel';
import {
  UNFINISHED,
  type Operation,
  type OperationPart,
  type OperationState,
  type OperationTask,
  type OperationWish,
  type Throttle,
} from '../../operations/operation.js';
import type { ClaimedOperation, OperationChange, OperationStore } from '../../operations/operation-store.js';
import type { AuditNote, AuditNotes } from '../../audit/audit-note.js';
import { insertNoteSql, noteParameters, noting, PostgresAuditNotes } from './audit-note-rows.js';
import { textArray } from './binary-array.js';
import type { Database } from './database.js';

/** Keeps two requests from both finding that nothing is under way. */
const ADD_LOCK = 0x5a34;

const COLUMNS =
  'id, task, state, wish, reason, actor, parts, throttle, run, failure, created_at, started_at, ended_at, seen_at';

interface OperationRow {
  readonly id: string;
  readonly task: OperationTask;
  readonly state: OperationState;
  readonly wish: OperationWish;
  readonly reason: string;
  readonly actor: Actor;
  readonly parts: readonly OperationPart[];
  readonly throttle: Throttle;
  readonly run: number;
  readonly failure: string | null;
  readonly created_at: Date;
  readonly started_at: Date | null;
  readonly ended_at: Date | null;
  readonly seen_at: Date | null;
}

/** Unfinished rebuilds of any of these projections. */
const CONFLICT_SQL = `
  SELECT ${COLUMNS} FROM eventlog.operation
  WHERE state = ANY ($1::text[]) AND task->>'kind' = 'rebuild'
    AND EXISTS (SELECT FROM jsonb_array_elements(parts) AS p WHERE p->>'projection' = ANY ($2::text[]))
  ORDER BY id LIMIT 1`;

const INSERT_SQL = `
  INSERT INTO eventlog.operation (id, task, state, wish, reason, actor, parts, throttle, created_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`;

/** By the index operation_open, whose condition this repeats. */
const OPEN_SQL = `
  SELECT ${COLUMNS} FROM eventlog.operation
  WHERE state IN ('waiting', 'running', 'paused', 'ready') OR wish = 'undo' ORDER BY id`;

const REPORT_SQL = noting(
  `UPDATE eventlog.operation SET
    state = coalesce($3, state), parts = coalesce($4, parts),
    failure = CASE WHEN $5 THEN $6 ELSE failure END,
    started_at = coalesce(started_at, $7), ended_at = coalesce($8, ended_at),
    wish = CASE WHEN wish = $9 THEN 'run' ELSE wish END, seen_at = now()
  WHERE id = $1 AND run = $2`,
  COLUMNS,
  10,
);

const WISH_SQL = noting(
  'UPDATE eventlog.operation SET wish = $2 WHERE id = $1 AND state = ANY ($3::text[])',
  COLUMNS,
  4,
);
const THROTTLE_SQL = noting(
  'UPDATE eventlog.operation SET throttle = $2 WHERE id = $1 AND state = ANY ($3::text[])',
  COLUMNS,
  4,
);

/** Operations in the service's own database. */
export class PostgresOperationStore implements OperationStore {
  readonly notes: AuditNotes;

  constructor(private readonly database: Database) {
    this.notes = new PostgresAuditNotes(database);
  }

  async add(operation: Operation, note?: AuditNote): Promise<Operation | undefined> {
    return await this.database.transaction(async (client) => {
      await client.query('SELECT pg_advisory_xact_lock($1)', [ADD_LOCK]);
      if (operation.task.kind === 'rebuild') {
        const projections = operation.parts.map(({ projection }) => projection);
        const other = await one(client, CONFLICT_SQL, [textArray(UNFINISHED), textArray(projections)]);
        if (other) return other;
      }
      await client.query(INSERT_SQL, [
        operation.id,
        operation.task,
        operation.state,
        operation.wish,
        operation.reason,
        operation.by,
        JSON.stringify(operation.parts),
        operation.throttle,
        operation.createdAt,
      ]);
      if (note) await client.query(insertNoteSql(1), noteParameters(note));
      return undefined;
    });
  }

  async find(id: string): Promise<Operation | undefined> {
    return await this.database.withClient((client) =>
      one(client, `SELECT ${COLUMNS} FROM eventlog.operation WHERE id = $1`, [id]),
    );
  }

  async list(limit: number): Promise<readonly Operation[]> {
    return await this.#all(`SELECT ${COLUMNS} FROM eventlog.operation ORDER BY id DESC LIMIT $1`, [limit]);
  }

  async open(): Promise<readonly Operation[]> {
    return await this.#all(OPEN_SQL, []);
  }

  async wish(
    id: string,
    wish: OperationWish,
    states: readonly OperationState[],
    note?: AuditNote,
  ): Promise<Operation | undefined> {
    return await this.database.withClient((client) =>
      one(client, WISH_SQL, [id, wish, textArray(states), ...noteParameters(note)]),
    );
  }

  async throttle(id: string, throttle: Throttle, note?: AuditNote): Promise<Operation | undefined> {
    return await this.database.withClient((client) =>
      one(client, THROTTLE_SQL, [id, throttle, textArray(UNFINISHED), ...noteParameters(note)]),
    );
  }

  async claim(id: string): Promise<ClaimedOperation | undefined> {
    return await this.database.withClient(async (client) => {
      const { rows } = await client.query<OperationRow>(
        `UPDATE eventlog.operation SET run = run + 1, seen_at = now() WHERE id = $1 RETURNING ${COLUMNS}`,
        [id],
      );
      return rows[0] && { operation: operationOf(rows[0]), run: rows[0].run };
    });
  }

  async report(id: string, run: number, change: OperationChange): Promise<Operation | undefined> {
    return await this.database.withClient((client) =>
      one(client, REPORT_SQL, [
        id,
        run,
        change.state ?? null,
        change.parts === undefined ? null : JSON.stringify(change.parts),
        change.failure !== undefined,
        change.failure ?? null,
        change.startedAt ?? null,
        change.endedAt ?? null,
        change.settled ?? null,
        ...noteParameters(change.note),
      ]),
    );
  }

  async #all(text: string, values: unknown[]): Promise<readonly Operation[]> {
    return await this.database.withClient(async (client) => {
      const { rows } = await client.query<OperationRow>(text, values);
      return rows.map(operationOf);
    });
  }
}

async function one(client: PoolClient, text: string, values: unknown[]): Promise<Operation | undefined> {
  const { rows } = await client.query<OperationRow>(text, values);
  return rows[0] && operationOf(rows[0]);
}

function operationOf(row: OperationRow): Operation {
  return {
    id: row.id,
    task: row.task,
    state: row.state,
    wish: row.wish,
    reason: row.reason,
    by: row.actor,
    parts: row.parts,
    throttle: row.throttle,
    createdAt: row.created_at.toISOString(),
    startedAt: row.started_at?.toISOString(),
    endedAt: row.ended_at?.toISOString(),
    seenAt: row.seen_at?.toISOString(),
    failure: row.failure ?? undefined,
  };
}
