import type { ContactKind } from '@samspill/contracts';
import type { Database, Unit } from '@samspill/eventlog';
import { isCompanyId, viewName, type CompanyId } from '@samspill/kernel';
import type { ClientBase } from 'pg';
import type { CsvFile } from '../csv/csv-file.js';
import type { CsvMapping } from '../csv/mapping.js';
import { COUNT_FORGOTTEN_ROWS } from './clear-forgotten.js';
import type { PreviewSamples } from './preview-samples.js';
import { PACE_WINDOW_S, type Pace } from './progress.js';
import { resyncProjection } from './resync.projection.js';
import { LOCK_IS_FREE_SQL } from './resync-lock.js';

/** Rejected rows hold people's data, so they do not stay for ever; long enough to mend a file after a holiday. */
export const REJECTED_ROWS_KEPT_DAYS = 30;

/** What is known of the file of a resync, for the file of its rejected rows and for their return. */
export interface StagedFile extends Pick<CsvFile, 'headings' | 'separator'> {
  readonly encoding?: CsvFile['encoding'];
  /** Headings whose columns were not imported. */
  readonly unused: readonly string[];
  /** How the file was asked to be read. */
  readonly kind?: ContactKind;
  readonly mapping?: CsvMapping;
}

/** The row of a resync in the work tables. */
export interface Work {
  readonly id: string;
  readonly company: CompanyId;
  readonly state: 'receiving' | 'waiting' | 'running' | 'ended';
  readonly startedAt: string;
  readonly file: StagedFile;
  readonly rowsReceived: number;
  /** Rows about people who have been forgotten: nothing else is known of them. */
  readonly forgottenRows: number;
  readonly samples: PreviewSamples | undefined;
  readonly waitingFor: string | undefined;
  readonly pace: Pace;
}

/** Constraint that lets one resync of a company be open at a time. */
export const ONE_AT_A_TIME = 'resync_one_at_a_time';
/** Constraint that lets each batch of steps be done once. */
export const BATCH_ONCE = 'resync_batch_once';

/** Primary keys only. The pace is that of the last seconds. */
const WORK_SQL = `
  SELECT w.id, w.company, w.state, w.started_at, w.file, w.rows_received, w.forgotten_rows, w.samples, w.waiting_for, w.steps, b.done, b.recent_steps,
    extract(epoch FROM least(now() - w.running_since, interval '${PACE_WINDOW_S} s'))::float8 AS recent_seconds
  FROM contacts.resync w
  CROSS JOIN LATERAL (
    SELECT coalesce(max(up_to_step), 0) AS done,
      coalesce(sum(up_to_step - after_step) FILTER (WHERE done_at > now() - interval '${PACE_WINDOW_S} s'), 0)::int AS recent_steps
    FROM contacts.resync_batch WHERE resync = w.id) b
  WHERE w.id = $1`;

interface WorkRow {
  readonly id: string;
  readonly company: string;
  readonly state: Work['state'];
  readonly started_at: Date;
  readonly file: StagedFile;
  readonly rows_received: number;
  readonly forgotten_rows: number;
  readonly samples: PreviewSamples | null;
  readonly waiting_for: string | null;
  readonly steps: number;
  readonly done: number;
  readonly recent_steps: number;
  readonly recent_seconds: number | null;
}

/** The work on a resync, or undefined where there is none of this id, or no longer. */
export async function findWork(database: Database, id: string): Promise<Work | undefined> {
  const { rows } = await database.withClient((client) =>
    client.query<WorkRow>({ name: 'contacts-resync', text: WORK_SQL, values: [id] }),
  );
  const row = rows[0];
  if (!row || !isCompanyId(row.company)) return undefined;
  return {
    id: row.id,
    company: row.company,
    state: row.state,
    startedAt: row.started_at.toISOString(),
    file: row.file,
    rowsReceived: row.rows_received,
    forgottenRows: row.forgotten_rows,
    samples: row.samples ?? undefined,
    waitingFor: row.waiting_for ?? undefined,
    pace: {
      total: row.steps,
      done: row.done,
      recentSteps: row.recent_steps,
      recentSeconds: row.recent_seconds ?? 0,
    },
  };
}

/** The open resync of a company, if there is one; by the index that lets there be only one. */
export async function openResync(database: Database, company: CompanyId): Promise<string | undefined> {
  const { rows } = await database.withClient((client) =>
    client.query<{ id: string }>(`SELECT id FROM contacts.resync WHERE company = $1 AND state <> 'ended'`, [
      company,
    ]),
  );
  return rows[0]?.id;
}

/** Resyncs that were confirmed and are not done; few at any time. */
export async function confirmedResyncs(database: Database): Promise<readonly string[]> {
  return await idsOf(
    database,
    `SELECT id FROM contacts.resync WHERE state = 'running' ORDER BY running_since`,
  );
}

/** Uploads of processes that are not there any more; of one company, or of all. */
export async function abandonedUploads(
  database: Database,
  company: CompanyId | null,
): Promise<readonly string[]> {
  // Materialised, so that the lock is tried for these rows only.
  const text = `
    WITH receiving AS MATERIALIZED (
      SELECT id FROM contacts.resync WHERE state = 'receiving' AND company = coalesce($1, company))
    SELECT id FROM receiving WHERE ${LOCK_IS_FREE_SQL}`;
  return await idsOf(database, text, [company]);
}

/** Resyncs that are open on the log, but without their rows: the database was replaced while they were under way. */
export async function orphanedResyncs(database: Database): Promise<readonly string[]> {
  const view = `read.${viewName(resyncProjection)}`;
  // Before the projection has been built for the first time there is no view.
  const built = await idsOf(
    database,
    'SELECT to_regclass($1)::text AS id WHERE to_regclass($1) IS NOT NULL',
    [view],
  );
  if (built.length === 0) return [];
  const text = `
    SELECT r.id FROM ${view} r
    WHERE r.state IN ('receiving', 'to-be-confirmed', 'held', 'running')
      AND NOT EXISTS (SELECT FROM contacts.resync w WHERE w.id = r.id::uuid)`;
  return await idsOf(database, text);
}

/** Ended resyncs with rows that nobody needs. */
export async function untidyResyncs(database: Database): Promise<readonly string[]> {
  return await idsOf(database, `SELECT id FROM contacts.resync WHERE state = 'ended' AND NOT tidied`);
}

async function idsOf(
  database: Database,
  text: string,
  values: readonly unknown[] = [],
): Promise<readonly string[]> {
  const { rows } = await database.withClient((client) => client.query<{ id: string }>(text, [...values]));
  return rows.map((row) => row.id);
}

/** Removes what is left of resyncs whose rejected rows have been kept long enough. */
export async function dropExpired(database: Database): Promise<void> {
  await database.transaction(async (client) => {
    await client.query(
      `WITH expired AS (DELETE FROM contacts.resync WHERE state = 'ended' AND expires_at < now() RETURNING id)
       DELETE FROM contacts.resync_entry e USING expired WHERE e.resync = expired.id`,
    );
  });
}

export async function reportReceived(database: Database, id: string, rows: number): Promise<void> {
  await database.withClient((client) =>
    client.query('UPDATE contacts.resync SET rows_received = $2 WHERE id = $1', [id, rows]),
  );
}

/** Says for a person what keeps a confirmed resync from going on, or that nothing does. */
export async function reportWaiting(database: Database, id: string, reason: string | null): Promise<void> {
  const text =
    'UPDATE contacts.resync SET waiting_for = $2 WHERE id = $1 AND waiting_for IS DISTINCT FROM $2';
  await database.withClient((client) => client.query(text, [id, reason]));
}

export async function markTidied(client: ClientBase, id: string): Promise<void> {
  await client.query('DELETE FROM contacts.resync_batch WHERE resync = $1', [id]);
  await client.query('UPDATE contacts.resync SET tidied = true WHERE id = $1', [id]);
}

/** What moves in the work tables together with the events of a resync. */
export const alongside = {
  started(unit: Unit, id: string, company: CompanyId, file: StagedFile): void {
    unit.alongside(
      `INSERT INTO contacts.resync (id, company, state, started_at, file) VALUES ($1, $2, 'receiving', $3, $4)`,
      id,
      company,
      unit.context.now.toISOString(),
      JSON.stringify(file),
    );
  },
  received(
    unit: Unit,
    id: string,
    plan: {
      readonly file: StagedFile;
      readonly rows: number;
      readonly steps: number;
      readonly samples: PreviewSamples;
    },
  ): void {
    unit.alongside(
      `UPDATE contacts.resync w
       SET state = 'waiting', file = $2, rows_received = $3, steps = $4, samples = $5, forgotten_rows = ${COUNT_FORGOTTEN_ROWS}
       WHERE id = $1`,
      id,
      JSON.stringify(plan.file),
      plan.rows,
      plan.steps,
      JSON.stringify(plan.samples),
    );
  },
  confirmed(unit: Unit, id: string): void {
    unit.alongside(`UPDATE contacts.resync SET state = 'running', running_since = now() WHERE id = $1`, id);
  },
  ended(unit: Unit, id: string): void {
    unit.alongside(
      `UPDATE contacts.resync SET state = 'ended', samples = NULL, waiting_for = NULL,
         expires_at = now() + interval '${REJECTED_ROWS_KEPT_DAYS} days' WHERE id = $1`,
      id,
    );
  },
};
