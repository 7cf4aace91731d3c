import type { PoolClient } from 'pg';

/** Two processes that open a new log at once must not both make its tables. */
const MIGRATION_LOCK = 0x5a40;

/**
 * The log has a database of its own and looks after it itself. Offsets are given out under the partition's row lock, so they have
 * no gaps and become visible in order. Records are never changed: a trigger holds that against mistakes.
 */
const SCHEMA_SQL = `
  CREATE SCHEMA IF NOT EXISTS log;

  CREATE TABLE IF NOT EXISTS log.cluster (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one)
  );
  INSERT INTO log.cluster DEFAULT VALUES ON CONFLICT DO NOTHING;

  CREATE TABLE IF NOT EXISTS log.topic (
    id smallint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text COLLATE "C" NOT NULL UNIQUE,
    partitions smallint NOT NULL CHECK (partitions > 0)
  );
  -- Of a compacted topic only the last record of each key is kept.
  ALTER TABLE log.topic ADD COLUMN IF NOT EXISTS compacted boolean NOT NULL DEFAULT false;

  CREATE TABLE IF NOT EXISTS log.partition (
    topic smallint NOT NULL REFERENCES log.topic,
    partition smallint NOT NULL,
    next_offset bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (topic, partition)
  ) WITH (fillfactor = 10);

  CREATE TABLE IF NOT EXISTS log.record (
    topic smallint NOT NULL,
    partition smallint NOT NULL,
    "offset" bigint NOT NULL,
    timestamp_ms bigint NOT NULL,
    key text NOT NULL,
    headers text NOT NULL,
    value bytea NOT NULL,
    PRIMARY KEY (topic, partition, "offset")
  );
  ALTER TABLE log.record ADD COLUMN IF NOT EXISTS compacted boolean;
  CREATE INDEX IF NOT EXISTS record_compacted ON log.record (topic, partition, key) WHERE compacted;

  CREATE OR REPLACE FUNCTION log.keep_for_ever() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'records of the log are kept for ever and never changed'; END $$;
  CREATE OR REPLACE TRIGGER keep_for_ever BEFORE UPDATE OR TRUNCATE ON log.record
    EXECUTE FUNCTION log.keep_for_ever();
  CREATE OR REPLACE TRIGGER keep_unless_compacted BEFORE DELETE ON log.record
    FOR EACH ROW WHEN (old.compacted IS NOT TRUE) EXECUTE FUNCTION log.keep_for_ever();`;

/** Makes what is not there yet. Called in a transaction. */
export async function makeLogSchema(client: PoolClient): Promise<void> {
  await client.query('SELECT pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
  await client.query(SCHEMA_SQL);
}
