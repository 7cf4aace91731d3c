import type { ContactRow } from './bench-contact.js';

/** The table of the contenders that are not ours: the same columns as our projections have. */
export const PLAIN_TABLE = `
  CREATE TABLE contact (
    company text COLLATE "C" NOT NULL, number text COLLATE "C" NOT NULL, name text COLLATE "C", email text COLLATE "C", town text COLLATE "C",
    credit integer, changes integer, changed_at timestamptz, PRIMARY KEY (company, number))`;

export const UPSERT_PLAIN = `
  INSERT INTO contact AS c SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::int4[], $7::int4[], $8::timestamptz[])
  ON CONFLICT (company, number) DO UPDATE SET name = excluded.name, email = excluded.email, town = excluded.town,
    credit = excluded.credit, changes = excluded.changes, changed_at = excluded.changed_at WHERE c.changes < excluded.changes`;

export function plainUpsertParameters(rows: readonly ContactRow[]): unknown[] {
  return [
    rows.map((row) => row.company),
    rows.map((row) => row.number),
    rows.map((row) => row.name),
    rows.map((row) => row.email),
    rows.map((row) => row.town),
    rows.map((row) => row.credit),
    rows.map((row) => row.changes),
    rows.map((row) => row.changed_at),
  ];
}
