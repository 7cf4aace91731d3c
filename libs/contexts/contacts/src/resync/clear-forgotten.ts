import type { Database } from '@samspill/eventlog';
import { viewName, type CompanyId } from '@samspill/kernel';
import { FORGOTTEN_FAULT } from '../record/forgotten-record.js';
import { forgottenProjection } from '../record/forgotten.projection.js';

const FORGOTTEN = `read.${viewName(forgottenProjection)}`;
/** Two who clear the same rows in different orders would hold each other up. Any number that nothing else here uses. */
const CLEARING_LOCK = 0x5a36;
/** Of an entry `e`. */
export const IS_CLEARED = `e.faults @> '[{"code":"${FORGOTTEN_FAULT.code}"}]'`;

/**
 * What `ForgottenRecords.leftOut` does to entries on their way in, for those that are there. `$1` is a company, or null for all; `$2`
 * the fault. The forgotten are few and the staged may be many: one pass over them beside a hash of the forgotten.
 */
const CLEAR_ENTRIES_SQL = `
  WITH forgotten AS MATERIALIZED (
    SELECT w.id AS resync, f.kind, f.number FROM contacts.resync w JOIN ${FORGOTTEN} f ON f.company = w.company
    WHERE w.company = coalesce($1, w.company)),
  about AS MATERIALIZED (
    SELECT e.resync, e.line, e.part FROM contacts.resync_entry e
    JOIN forgotten f ON f.resync = e.resync AND f.kind = e.kind AND f.number = e.reference
    WHERE ${IS_CLEARED} IS NOT TRUE
    UNION
    SELECT e.resync, e.line, e.part FROM contacts.resync_entry e
    JOIN forgotten f ON f.resync = e.resync AND f.number = ANY (e.protects)
    WHERE e.protects IS NOT NULL AND ${IS_CLEARED} IS NOT TRUE)
  UPDATE contacts.resync_entry e
  SET record = NULL, faults = jsonb_build_array($2::jsonb),
    sent = jsonb_build_object('op', 'put', 'kind', e.kind,
      'record', jsonb_strip_nulls(jsonb_build_object('number', e.number)))
  FROM about a WHERE e.resync = a.resync AND e.line = a.line AND e.part = a.part
  RETURNING e.resync, e.line`;

/** A line's cells stand with its first part and are about all of its records. By the primary key. */
const CLEAR_CELLS_SQL = `
  UPDATE contacts.resync_entry e SET cells = NULL FROM unnest($1::uuid[], $2::int4[]) AS c (resync, line)
  WHERE e.resync = c.resync AND e.line = c.line AND e.part = 0`;

/** Lines without cells are those that were cleared. */
export const COUNT_FORGOTTEN_ROWS = `
  (SELECT count(*)::int FROM contacts.resync_entry e WHERE e.resync = w.id AND e.part = 0 AND e.cells IS NULL)`;

const COUNT_SQL = `
  UPDATE contacts.resync w SET forgotten_rows = ${COUNT_FORGOTTEN_ROWS} WHERE w.id = ANY ($1::uuid[])`;

/** The names in previews. Imports whose previews are still there are few: one that waits for each company at most. */
const CLEAR_SAMPLES_SQL = `
  UPDATE contacts.resync w
  SET samples = (
    SELECT jsonb_object_agg(list.key, coalesce((
      SELECT jsonb_agg(s.sample) FROM jsonb_array_elements(list.value) AS s (sample)
      WHERE NOT EXISTS (SELECT FROM ${FORGOTTEN} f
        WHERE f.company = w.company AND f.kind = s.sample ->> 'kind' AND f.number = s.sample ->> 'number')), '[]'))
    FROM jsonb_each(w.samples) AS list)
  WHERE w.company = coalesce($1, w.company) AND w.samples IS NOT NULL AND EXISTS (
    SELECT FROM jsonb_each(w.samples) AS list, jsonb_array_elements(list.value) AS s (sample), ${FORGOTTEN} f
    WHERE f.company = w.company AND f.kind = s.sample ->> 'kind' AND f.number = s.sample ->> 'number')`;

/**
 * Removes from staged rows and previews what they say of people who have been forgotten, as the projection of them shows it now. May be
 * called again, and by several at once.
 *
 * @param company undefined: of every company
 */
export async function clearForgotten(database: Database, company?: CompanyId): Promise<void> {
  await database.transaction(async (client) => {
    // Before the projection has been built for the first time there is no view, and nobody is forgotten.
    const { rows: views } = await client.query('SELECT WHERE to_regclass($1) IS NOT NULL', [FORGOTTEN]);
    if (views.length === 0) return;
    await client.query('SELECT pg_advisory_xact_lock($1)', [CLEARING_LOCK]);
    const { rows } = await client.query<{ resync: string; line: number }>(CLEAR_ENTRIES_SQL, [
      company ?? null,
      JSON.stringify(FORGOTTEN_FAULT),
    ]);
    if (rows.length > 0) {
      const resyncs = rows.map(({ resync }) => resync);
      await client.query(CLEAR_CELLS_SQL, [resyncs, rows.map(({ line }) => line)]);
      await client.query(COUNT_SQL, [[...new Set(resyncs)]]);
    }
    await client.query(CLEAR_SAMPLES_SQL, [company ?? null]);
  });
}
