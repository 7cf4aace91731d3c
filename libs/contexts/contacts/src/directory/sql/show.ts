/** A record as the directory shows it; `parent_name` of contact persons. The parent is found by the primary key. */
const SHOWN = `d.kind, d.number, d.name, d.record, d.sort_name, d.changed_at, p.name AS parent_name`;
const PARENT = `LEFT JOIN read.directory_v1 p ON p.company = d.company AND p.kind = d.parent_kind AND p.number = d.parent_number`;

/** What matches, in order, each row by its primary key. Parameters: those of `directory_v1_matches`. */
export const FIND_SQL = `
  SELECT m.tier, ${SHOWN}
  FROM read.directory_v1_matches($1, $2::text[], $3::text[], $4::text[], $5::text[], $6::integer[], $7::integer[], $8, $9, $10, $11, $12, $13, $14)
    WITH ORDINALITY AS m (tier, sort_name, kind, number, nth)
  JOIN read.directory_v1 d ON d.company = $1 AND d.kind = m.kind AND d.number = m.number
  ${PARENT}
  ORDER BY m.nth`;

/** One record by its primary key. Parameters: company, kind, number. */
export const GET_SQL = `
  SELECT 0 AS tier, ${SHOWN} FROM read.directory_v1 d ${PARENT}
  WHERE d.company = $1 AND d.kind = $2 AND d.number = $3`;

/**
 * Contact persons of a customer or supplier, by name, after a position (index `parent`). Parameters: company, kind and number of the
 * parent, name and number of the position, how many.
 */
export const PERSONS_SQL = `
  SELECT 0 AS tier, ${SHOWN} FROM read.directory_v1 d ${PARENT}
  WHERE d.company = $1 AND d.parent_kind = $2 AND d.parent_number = $3 AND (d.sort_name, d.number) > ($4, $5)
  ORDER BY d.sort_name, d.number LIMIT $6`;
