import { DELIVERY_COLUMNS } from './delivery-rows.js';

export const POSITION_COLUMNS = 'topic, partition, next_offset, log, ask_before';

/** Adds what is missing, and replaces what is of another log. */
export const PLACE_SQL = `
  INSERT INTO eventlog.reactor_position AS p (reactor, ${POSITION_COLUMNS})
  SELECT $1, * FROM unnest($2::text[], $3::int4[], $4::int8[], $5::text[], $6::int8[]) AS n (${POSITION_COLUMNS})
  ORDER BY topic, partition
  ON CONFLICT (reactor, topic, partition) DO UPDATE
    SET next_offset = excluded.next_offset, log = excluded.log, ask_before = excluded.ask_before
    WHERE p.log IS NOT NULL AND p.log IS DISTINCT FROM excluded.log`;

/** Keeps others from taking in or adding things of the partition. */
export const LOCK_POSITION_SQL = `
  SELECT ${POSITION_COLUMNS}, now() AS now FROM eventlog.reactor_position
  WHERE reactor = $1 AND topic = $2 AND partition = $3 FOR UPDATE`;

/** The disk is not waited for: a position that is lost lets what is about nothing be read once more. */
export const PASS_OVER_SQL = `
  UPDATE eventlog.reactor_position SET next_offset = $5, log = $6
  FROM (SELECT set_config('synchronous_commit', 'off', true)) AS unhurried
  WHERE reactor = $1 AND topic = $2 AND partition = $3 AND next_offset >= $4 AND next_offset < $5 AND (log IS NULL OR log = $6)`;

/**
 * Thing by thing by the primary key. With `thing = ANY (…)` a table that nobody has analysed since it was filled is read from end to end for a hundred
 * things: its planner takes the reactor alone for as good a condition.
 */
export const LOCK_ENTRIES_SQL = `
  SELECT d.* FROM (SELECT DISTINCT thing FROM unnest($2::text[]) AS named (thing) ORDER BY thing) wanted
  CROSS JOIN LATERAL (
    SELECT ${DELIVERY_COLUMNS} FROM eventlog.delivery WHERE reactor = $1 AND thing = wanted.thing FOR UPDATE) d`;
/** As {@link LOCK_ENTRIES_SQL}. */
export const ENTRIES_SQL = `
  SELECT d.* FROM unnest($2::text[]) AS wanted (thing)
  CROSS JOIN LATERAL (SELECT ${DELIVERY_COLUMNS} FROM eventlog.delivery WHERE reactor = $1 AND thing = wanted.thing) d`;

/**
 * What is still as it was seen; locked in the order in which everybody locks who locks several. Found by its place, which needs no statistics
 * either: a row that somebody has changed since this statement began is not at a place that it sees, and is left out.
 */
export const BEGIN_SQL = `
  UPDATE eventlog.delivery SET state = 'sent', attempts = attempts + 1, due_at = now() + $6 * interval '1 millisecond'
  WHERE ctid = ANY (ARRAY(
    SELECT d.ctid
    FROM (SELECT * FROM unnest($2::text[], $3::int4[], $4::int4[], $5::text[]) AS s (thing, version, attempts, state) ORDER BY thing) seen
    CROSS JOIN LATERAL (
      SELECT ctid, version, attempts, state FROM eventlog.delivery WHERE reactor = $1 AND thing = seen.thing FOR UPDATE) d
    WHERE d.version = seen.version AND d.attempts = seen.attempts AND d.state = seen.state))
  RETURNING thing, attempts`;

export const NOW_SQL = 'SELECT now() AS now';
/** The commit is not waited for until it is on disk. */
export const NOW_WITHOUT_WAITING_SQL = `SELECT now() AS now, set_config('synchronous_commit', 'off', true)`;

export const DROP_SQL = 'DELETE FROM eventlog.delivery WHERE reactor = $1 AND thing = ANY ($2::text[])';

export const DOUBT_POSITIONS_SQL = `
  UPDATE eventlog.reactor_position p SET ask_before = b."offset"
  FROM unnest($2::text[], $3::int4[], $4::int8[]) AS b (topic, partition, "offset")
  WHERE p.reactor = $1 AND p.topic = b.topic AND p.partition = b.partition AND p.ask_before < b."offset"`;

/**
 * Goes from company to company by the index delivery_open, whose condition this repeats, and takes the first of each: however many
 * deliveries a company has, it costs the others nothing.
 */
export const DUE_SQL = `
  WITH RECURSIVE lane AS (
    (SELECT key FROM eventlog.delivery
     WHERE reactor = $1 AND state IN ('intended', 'sent', 'unknown') AND key > $2 ORDER BY key LIMIT 1)
    UNION ALL
    SELECT (SELECT d.key FROM eventlog.delivery d
            WHERE d.reactor = $1 AND d.state IN ('intended', 'sent', 'unknown') AND d.key > lane.key ORDER BY d.key LIMIT 1)
    FROM lane WHERE lane.key IS NOT NULL),
  ready AS (
    SELECT key FROM lane
    WHERE key IS NOT NULL AND key <> ALL ($3::text[]) AND EXISTS (
      SELECT FROM eventlog.delivery d
      WHERE d.reactor = $1 AND d.key = lane.key AND d.state IN ('intended', 'sent', 'unknown') AND d.due_at <= now())
    LIMIT $4)
  SELECT d.* FROM ready CROSS JOIN LATERAL (
    SELECT ${DELIVERY_COLUMNS} FROM eventlog.delivery
    WHERE reactor = $1 AND key = ready.key AND state IN ('intended', 'sent', 'unknown') AND due_at <= now()
    ORDER BY due_at LIMIT $5) d`;

/** As {@link DUE_SQL}, of companies that are named: each is looked up by the index delivery_open. */
export const DUE_AMONG_SQL = `
  WITH ready AS (
    SELECT key, place FROM unnest($2::text[]) WITH ORDINALITY AS among (key, place)
    WHERE EXISTS (
      SELECT FROM eventlog.delivery d
      WHERE d.reactor = $1 AND d.key = among.key AND d.state IN ('intended', 'sent', 'unknown') AND d.due_at <= now())
    ORDER BY place LIMIT $3)
  SELECT d.* FROM ready CROSS JOIN LATERAL (
    SELECT ${DELIVERY_COLUMNS} FROM eventlog.delivery
    WHERE reactor = $1 AND key = ready.key AND state IN ('intended', 'sent', 'unknown') AND due_at <= now()
    ORDER BY due_at LIMIT $4) d
  ORDER BY ready.place`;

export const PAGE_SQL = `
  SELECT ${DELIVERY_COLUMNS} FROM eventlog.delivery
  WHERE reactor = $1 AND state = ANY ($2::text[]) AND ($3::text IS NULL OR key = $3) AND ($4::text IS NULL OR thing > $4)
  ORDER BY thing LIMIT $5`;

/** Of one company: by the index delivery_of_key. Of all it reads the whole ledger, which only those do who look after the service. */
export const COUNTS_SQL = `
  SELECT count(*) FILTER (WHERE state IN ('intended', 'sent', 'unknown'))::float8 AS open,
    count(*) FILTER (WHERE state = 'unknown')::float8 AS in_doubt,
    count(*) FILTER (WHERE state = 'refused')::float8 AS refused,
    count(*) FILTER (WHERE state = 'confirmed')::float8 AS confirmed,
    max(confirmed_at) AS last_confirmed_at,
    count(*) FILTER (WHERE confirmed_at > now() - interval '1 minute')::float8 AS confirmed_last_minute
  FROM eventlog.delivery WHERE reactor = $1`;
export const COUNTS_OF_KEY_SQL = `${COUNTS_SQL} AND key = $2`;
