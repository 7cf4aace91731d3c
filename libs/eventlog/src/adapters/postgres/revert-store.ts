import type { PoolClient } from 'pg';
import type { Actor } from '@samspill/kernel';
import type {
  Revert,
  RevertCounts,
  RevertItem,
  RevertOutcome,
  RevertSelection,
  RevertState,
  RevertVerdict,
  RevertWish,
} from '../../revert/revert.js';
import type {
  ClaimedRevert,
  ItemQuery,
  PreviewPage,
  PreviewProgress,
  RevertChange,
  RevertStart,
  RevertStore,
  SettledItem,
} from '../../revert/revert-store.js';
import type { AuditNote } from '../../audit/audit-note.js';
import { noteParameters, noting } from './audit-note-rows.js';
import { integerArray, textArray } from './binary-array.js';
import { sqlState, type Database } from './database.js';

const COLUMNS = `id, company, selection, causation_id, state, wish, planned_by, started_by, reason, counts, progress, run, failure,
  created_at, started_at, ended_at`;

interface RevertRow {
  readonly id: string;
  readonly company: string;
  readonly selection: RevertSelection;
  readonly causation_id: string | null;
  readonly state: RevertState;
  readonly wish: RevertWish;
  readonly planned_by: Actor;
  readonly started_by: Actor | null;
  readonly reason: string | null;
  readonly counts: RevertCounts;
  readonly progress: PreviewProgress | null;
  readonly run: number;
  readonly failure: string | null;
  readonly created_at: Date;
  readonly started_at: Date | null;
  readonly ended_at: Date | null;
}

interface ItemRow {
  readonly stream: string;
  readonly verdict: RevertVerdict;
  readonly version: number;
  readonly then_version: number;
  readonly reason: string | null;
  readonly outcome: RevertOutcome | null;
}

/** The constraint that lets one revert of a company be at work at a time. */
const ONE_AT_A_TIME = 'revert_one_at_a_time';

const INSERT_SQL = `
  INSERT INTO eventlog.revert (id, company, selection, causation_id, state, wish, planned_by, counts, created_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`;

/** By the index revert_open, whose condition this repeats. */
const OPEN_SQL = `
  SELECT ${COLUMNS} FROM eventlog.revert WHERE state IN ('planning', 'planned', 'started', 'paused') ORDER BY id`;

const START_SQL = noting(
  `UPDATE eventlog.revert SET state = 'started', started_by = $2, reason = $3, started_at = $4
   WHERE id = $1 AND state = 'planned'`,
  COLUMNS,
  5,
);

const WISH_SQL = noting(
  'UPDATE eventlog.revert SET wish = $2 WHERE id = $1 AND state = ANY ($3::text[])',
  COLUMNS,
  4,
);

const OTHER_AT_WORK_SQL = `
  SELECT ${COLUMNS} FROM eventlog.revert
  WHERE company = (SELECT company FROM eventlog.revert WHERE id = $1) AND state IN ('started', 'paused') AND id <> $1`;

const MOVE_ON_SQL = `
  UPDATE eventlog.revert SET counts = $3, progress = $4 WHERE id = $1 AND run = $2 RETURNING ${COLUMNS}`;

const INSERT_ITEMS_SQL = `
  INSERT INTO eventlog.revert_item (revert, stream, verdict, version, then_version, reason)
  SELECT $1, * FROM unnest($2::text[], $3::text[], $4::int4[], $5::int4[], $6::text[])`;

/** By the index revert_item_pending, whose condition this repeats. */
const PENDING_SQL = `
  SELECT stream, verdict, version, then_version, reason, outcome FROM eventlog.revert_item
  WHERE revert = $1 AND outcome IS NULL AND verdict IN ('put-back', 'make-again', 'remove')
  ORDER BY stream LIMIT $2`;

/** What is settled is counted in the same statement, so that nothing is counted twice. */
const SETTLE_SQL = `
  WITH ours AS (SELECT id FROM eventlog.revert WHERE id = $1 AND run = $2 FOR UPDATE),
  settled AS (
    UPDATE eventlog.revert_item i SET outcome = s.outcome, reason = coalesce(s.reason, i.reason)
    FROM ours, unnest($3::text[], $4::text[], $5::text[]) AS s (stream, outcome, reason)
    WHERE i.revert = ours.id AND i.stream = s.stream AND i.outcome IS NULL
    RETURNING i.outcome),
  counted AS (
    SELECT jsonb_build_object(
      'done', count(*) FILTER (WHERE outcome = 'done'),
      'moved-on', count(*) FILTER (WHERE outcome = 'moved-on'),
      'refused', count(*) FILTER (WHERE outcome = 'refused')) AS n
    FROM settled)
  UPDATE eventlog.revert r SET counts = jsonb_set(r.counts, '{outcomes}', jsonb_build_object(
      'done', (r.counts->'outcomes'->>'done')::int + (n->>'done')::int,
      'moved-on', (r.counts->'outcomes'->>'moved-on')::int + (n->>'moved-on')::int,
      'refused', (r.counts->'outcomes'->>'refused')::int + (n->>'refused')::int))
  FROM counted WHERE r.id = (SELECT id FROM ours) RETURNING ${COLUMNS}`;

const REPORT_SQL = noting(
  `UPDATE eventlog.revert SET
    state = coalesce($3, state), failure = CASE WHEN $4 THEN $5 ELSE failure END, ended_at = coalesce($6, ended_at),
    wish = CASE WHEN wish = $7 THEN 'run' ELSE wish END
  WHERE id = $1 AND run = $2`,
  COLUMNS,
  8,
);

/** By the primary key, or by the index revert_item_verdict. */
const ITEMS_SQL = `
  SELECT stream, verdict, version, then_version, reason, outcome FROM eventlog.revert_item
  WHERE revert = $1 AND ($2::text IS NULL OR verdict = $2) AND ($3::text IS NULL OR outcome = $3) AND stream > $4
  ORDER BY stream LIMIT $5`;

/** Reverts in the service's own database. */
export class PostgresRevertStore implements RevertStore {
  constructor(private readonly database: Database) {}

  async add(revert: Revert): Promise<void> {
    const { id, company, selection, causationId, state, wish, plannedBy, counts, createdAt } = revert;
    const values = [id, company, selection, causationId ?? null, state, wish, plannedBy, counts, createdAt];
    await this.database.withClient((client) => client.query(INSERT_SQL, values));
  }

  async find(id: string): Promise<Revert | undefined> {
    return await this.#one(`SELECT ${COLUMNS} FROM eventlog.revert WHERE id = $1`, [id]);
  }

  async list(limit: number): Promise<readonly Revert[]> {
    return await this.#all(`SELECT ${COLUMNS} FROM eventlog.revert ORDER BY id DESC LIMIT $1`, [limit]);
  }

  async open(): Promise<readonly Revert[]> {
    return await this.#all(OPEN_SQL, []);
  }

  async wish(
    id: string,
    wish: RevertWish,
    states: readonly RevertState[],
    note?: AuditNote,
  ): Promise<Revert | undefined> {
    return await this.#one(WISH_SQL, [id, wish, textArray(states), ...noteParameters(note)]);
  }

  async start(id: string, { by, reason, at, note }: RevertStart): Promise<Revert | undefined> {
    try {
      return await this.#one(START_SQL, [id, by, reason, at, ...noteParameters(note)]);
    } catch (error) {
      const constraint = error instanceof Error && 'constraint' in error ? error.constraint : undefined;
      if (sqlState(error) !== '23505' || constraint !== ONE_AT_A_TIME) throw error;
      return await this.#one(OTHER_AT_WORK_SQL, [id]);
    }
  }

  async claim(id: string): Promise<ClaimedRevert | undefined> {
    return await this.database.withClient(async (client) => {
      const row = await first(
        client,
        `UPDATE eventlog.revert SET run = run + 1 WHERE id = $1 RETURNING ${COLUMNS}`,
        [id],
      );
      return row && { revert: revertOf(row), run: row.run, progress: row.progress ?? undefined };
    });
  }

  async addItems(id: string, run: number, page: PreviewPage): Promise<Revert | undefined> {
    const { items, counts, progress } = page;
    return await this.database.transaction(async (client) => {
      const row = await first(client, MOVE_ON_SQL, [id, run, counts, progress]);
      if (!row) return undefined;
      await client.query(INSERT_ITEMS_SQL, [
        id,
        textArray(items.map(({ stream }) => stream)),
        textArray(items.map(({ verdict }) => verdict)),
        integerArray(items.map(({ version }) => version)),
        integerArray(items.map(({ then }) => then)),
        textArray(items.map(({ reason }) => reason ?? null)),
      ]);
      return revertOf(row);
    });
  }

  async pending(id: string, limit: number): Promise<readonly RevertItem[]> {
    return await this.#items(PENDING_SQL, [id, limit]);
  }

  async settle(id: string, run: number, settled: readonly SettledItem[]): Promise<Revert | undefined> {
    return await this.#one(SETTLE_SQL, [
      id,
      run,
      textArray(settled.map(({ stream }) => stream)),
      textArray(settled.map(({ outcome }) => outcome)),
      textArray(settled.map(({ reason }) => reason ?? null)),
    ]);
  }

  async report(id: string, run: number, change: RevertChange): Promise<Revert | undefined> {
    const { state, failure, endedAt, settled, note } = change;
    return await this.#one(REPORT_SQL, [
      id,
      run,
      state ?? null,
      failure !== undefined,
      failure ?? null,
      endedAt ?? null,
      settled ?? null,
      ...noteParameters(note),
    ]);
  }

  async items(id: string, { verdict, outcome, after, limit }: ItemQuery): Promise<readonly RevertItem[]> {
    return await this.#items(ITEMS_SQL, [id, verdict ?? null, outcome ?? null, after ?? '', limit]);
  }

  async dropItems(endedBefore: string): Promise<void> {
    const text = `
      DELETE FROM eventlog.revert_item i USING eventlog.revert r WHERE i.revert = r.id AND r.ended_at < $1`;
    await this.database.withClient((client) => client.query(text, [endedBefore]));
  }

  async #one(text: string, values: unknown[]): Promise<Revert | undefined> {
    return await this.database.withClient(async (client) => {
      const row = await first(client, text, values);
      return row && revertOf(row);
    });
  }

  async #all(text: string, values: unknown[]): Promise<readonly Revert[]> {
    return await this.database.withClient(async (client) => {
      const { rows } = await client.query<RevertRow>(text, values);
      return rows.map(revertOf);
    });
  }

  async #items(text: string, values: unknown[]): Promise<readonly RevertItem[]> {
    return await this.database.withClient(async (client) => {
      const { rows } = await client.query<ItemRow>(text, values);
      return rows.map(itemOf);
    });
  }
}

async function first(client: PoolClient, text: string, values: unknown[]): Promise<RevertRow | undefined> {
  return (await client.query<RevertRow>(text, values)).rows[0];
}

function revertOf(row: RevertRow): Revert {
  return {
    id: row.id,
    company: row.company,
    selection: row.selection,
    causationId: row.causation_id ?? undefined,
    state: row.state,
    wish: row.wish,
    plannedBy: row.planned_by,
    startedBy: row.started_by ?? undefined,
    reason: row.reason ?? undefined,
    counts: row.counts,
    createdAt: row.created_at.toISOString(),
    startedAt: row.started_at?.toISOString(),
    endedAt: row.ended_at?.toISOString(),
    failure: row.failure ?? undefined,
  };
}

function itemOf({ stream, verdict, version, then_version, reason, outcome }: ItemRow): RevertItem {
  return {
    stream,
    verdict,
    version,
    then: then_version,
    reason: reason ?? undefined,
    outcome: outcome ?? undefined,
  };
}
