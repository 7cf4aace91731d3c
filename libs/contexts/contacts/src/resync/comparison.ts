import type { ContactKind, ResyncCounts, ResyncScope } from '@samspill/contracts';
import { viewName } from '@samspill/kernel';
import type { Client } from 'pg';
import { directoryProjection } from '../directory/directory.projection.js';
import { syncReportProjection } from '../sync/sync-report.projection.js';
import type { ScopeRemovals } from './brake.js';

const DIRECTORY = `read.${viewName(directoryProjection)}`;
const SYNC_REPORT = `read.${viewName(syncReportProjection)}`;

/**
 * Memory for one sort or hash; what is larger goes to disk. Sets are compared by hashing: the planner's statistics do not know a
 * company whose first records have just come, and a nested loop over two large sets that it takes for small never ends. Compiling the
 * statement takes longer than running it on most files.
 */
const PLANNER_SQL = "SET LOCAL work_mem = '64MB'; SET LOCAL enable_nestloop = off; SET LOCAL jit = off";

/** `$3` is a JSON array of scopes. */
const SCOPES = `jsonb_to_recordset($3::jsonb) AS s (kind text, "parentKind" text)`;

/**
 * What differs between a snapshot and the directory, set against set, as steps in the order of doing: the rows of the file as they
 * stand, then what the file lacks. Parameters: resync, company, scopes, when the snapshot began.
 *
 * - `create`, `change`: a good record that the directory lacks or has otherwise. `resolve`: one that is equal, but whose rejection
 *   stands. `reject`: a bad one.
 * - `delete`: a record of the scopes that the file lacks, unless a row that cannot be read may be about it (C35).
 * - `clear`: a rejection that stands, of a record that the file lacks.
 *
 * What changed after the snapshot began is left as it is: the snapshot does not know it. A company's records are found by the
 * primary key of the read tables.
 */
const PLAN_SQL = `
  WITH protected AS MATERIALIZED (
    SELECT DISTINCT unnest(protects) AS number FROM contacts.resync_entry WHERE resync = $1 AND protects IS NOT NULL),
  said AS (
    SELECT e.line, e.part, e.kind, e.reference,
      CASE WHEN e.faults IS NOT NULL THEN 'reject'
        WHEN d.changed_at > $4 THEN NULL
        WHEN d.number IS NULL THEN 'create'
        WHEN d.record IS DISTINCT FROM e.record THEN 'change'
        WHEN r.reference IS NOT NULL THEN 'resolve' END AS action
    FROM contacts.resync_entry e
    LEFT JOIN ${DIRECTORY} d ON d.company = $2 AND d.kind = e.kind AND d.number = e.number
    LEFT JOIN ${SYNC_REPORT} r ON r.company = $2 AND r.kind = e.kind AND r.reference = e.number AND r.rejected_at <= $4
    WHERE e.resync = $1),
  lacking AS (
    SELECT d.kind, d.number AS reference, 'delete' AS action
    FROM ${DIRECTORY} d JOIN ${SCOPES} ON s.kind = d.kind AND (s."parentKind" IS NULL OR s."parentKind" = d.parent_kind)
    WHERE d.company = $2 AND d.changed_at <= $4
      AND NOT EXISTS (SELECT FROM contacts.resync_entry e WHERE e.resync = $1 AND e.kind = d.kind AND e.number = d.number)
      AND NOT EXISTS (SELECT FROM protected p WHERE p.number = d.number)),
  stale AS (
    SELECT r.kind, r.reference, 'clear' AS action
    FROM ${SYNC_REPORT} r JOIN ${SCOPES}
      ON s.kind = r.kind AND (s."parentKind" IS NULL OR s."parentKind" = r.change #>> '{record,parent,kind}')
    WHERE r.company = $2 AND r.rejected_at <= $4
      AND NOT EXISTS (SELECT FROM contacts.resync_entry e WHERE e.resync = $1 AND e.kind = r.kind AND e.reference = r.reference)
      AND NOT EXISTS (SELECT FROM protected p WHERE p.number = r.reference)
      AND NOT EXISTS (SELECT FROM ${DIRECTORY} d WHERE d.company = $2 AND d.kind = r.kind AND d.number = r.reference)),
  steps AS (
    SELECT 0 AS section, kind, reference, action, line, part FROM said WHERE action IS NOT NULL
    UNION ALL SELECT 1, kind, reference, action, NULL, NULL FROM lacking
    UNION ALL SELECT 2, kind, reference, action, NULL, NULL FROM stale)
  INSERT INTO contacts.resync_step (resync, step, action, kind, reference, line, part)
  SELECT $1, (row_number() OVER (ORDER BY section, line, part, kind, reference))::int, action, kind, reference, line, part FROM steps`;

/** Of one kind: good records in the snapshot, and steps by what they do. */
const COUNTS_SQL = `
  SELECT kind, sum(good)::int AS good, sum(created)::int AS created, sum(changed)::int AS changed, sum(deleted)::int AS deleted
  FROM (
    SELECT kind, count(*) AS good, 0 AS created, 0 AS changed, 0 AS deleted
    FROM contacts.resync_entry WHERE resync = $1 AND record IS NOT NULL GROUP BY kind
    UNION ALL
    SELECT kind, 0, count(*) FILTER (WHERE action = 'create'), count(*) FILTER (WHERE action = 'change'),
      count(*) FILTER (WHERE action = 'delete')
    FROM contacts.resync_step WHERE resync = $1 GROUP BY kind) c
  GROUP BY kind`;

/** By scope: the records that are there, and those that would go. */
const REMOVALS_SQL = `
  SELECT count(*)::int AS records, count(t.step)::int AS removals
  FROM ${SCOPES}
  JOIN ${DIRECTORY} d ON d.company = $2 AND d.kind = s.kind AND (s."parentKind" IS NULL OR s."parentKind" = d.parent_kind)
  LEFT JOIN contacts.resync_step t ON t.resync = $1 AND t.action = 'delete' AND t.kind = d.kind AND t.reference = d.number
  GROUP BY s.kind, s."parentKind"`;

const STEPS_SQL = 'SELECT coalesce(max(step), 0) AS steps FROM contacts.resync_step WHERE resync = $1';

export interface Comparison {
  readonly steps: number;
  /** By kind, in the order of `kinds`. */
  readonly preview: readonly ResyncCounts[];
  /** By scope; empty where nothing is removed whatever the snapshot lacks. */
  readonly removals: readonly ScopeRemovals[];
}

export interface Compared {
  readonly resync: string;
  readonly company: string;
  readonly kinds: readonly ContactKind[];
  /** What the snapshot speaks for: what it lacks of this goes. */
  readonly scopes: readonly ResyncScope[];
  /** When the snapshot began, RFC 3339. */
  readonly startedAt: string;
}

/** Plans what is to be done about a staged snapshot. The directory must show everything that was appended before. */
export async function compare(client: Client, compared: Compared): Promise<Comparison> {
  const { resync, company, kinds, scopes, startedAt } = compared;
  const scopesJson = JSON.stringify(scopes);
  await client.query('BEGIN');
  await client.query(PLANNER_SQL);
  await client.query(PLAN_SQL, [resync, company, scopesJson, startedAt]);
  await client.query('ANALYZE contacts.resync_step');
  const removals = await client.query<ScopeRemovals>(REMOVALS_SQL, [resync, company, scopesJson]);
  await client.query('COMMIT');
  const counts = await client.query<CountsRow>(COUNTS_SQL, [resync]);
  const steps = await client.query<{ steps: number }>(STEPS_SQL, [resync]);
  const byKind = new Map(counts.rows.map((row) => [row.kind, row]));
  return {
    steps: steps.rows[0]?.steps ?? 0,
    preview: kinds.map((kind) => countsOf(kind, byKind.get(kind))),
    removals: removals.rows,
  };
}

interface CountsRow {
  readonly kind: string;
  readonly good: number;
  readonly created: number;
  readonly changed: number;
  readonly deleted: number;
}

function countsOf(kind: ContactKind, row: CountsRow | undefined): ResyncCounts {
  const { good, created, changed, deleted } = row ?? { good: 0, created: 0, changed: 0, deleted: 0 };
  return { kind, created, changed, deleted, unchanged: good - created - changed };
}
