import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Event store, outbox, reservations, and the bookkeeping of projections, in the service's own database. */
export class CreateEventlog1763000000000 implements MigrationInterface {
  name = 'CreateEventlog1763000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE SCHEMA IF NOT EXISTS eventlog;
      CREATE SCHEMA IF NOT EXISTS read;

      CREATE TABLE eventlog.event (
        position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        shard smallint NOT NULL,
        version integer NOT NULL CHECK (version > 0),
        schema_version smallint NOT NULL,
        id uuid NOT NULL,
        time timestamptz(3) NOT NULL,
        stream text COLLATE "C" NOT NULL,
        type text COLLATE "C" NOT NULL,
        key text COLLATE "C" NOT NULL,
        actor text NOT NULL,
        correlation_id text NOT NULL,
        causation_id text NOT NULL,
        traceparent text,
        previous_hash text,
        value bytea NOT NULL,
        CONSTRAINT event_stream_version UNIQUE (stream, version)
      );

      -- Rows live for milliseconds; vacuum early so that polling stays on few pages.
      CREATE TABLE eventlog.outbox (
        shard smallint NOT NULL,
        position bigint NOT NULL,
        PRIMARY KEY (shard, position)
      ) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0);

      CREATE TABLE eventlog.publication (
        shard smallint PRIMARY KEY,
        log text NOT NULL,
        "offset" bigint NOT NULL,
        event_id uuid NOT NULL
      ) WITH (fillfactor = 50);

      CREATE TABLE eventlog.reservation (
        scope text COLLATE "C" NOT NULL,
        name text COLLATE "C" NOT NULL,
        owner text COLLATE "C" NOT NULL,
        since timestamptz(3) NOT NULL,
        CONSTRAINT reservation_name PRIMARY KEY (scope, name)
      );

      CREATE TABLE eventlog.projection (
        name text COLLATE "C" NOT NULL,
        version integer NOT NULL,
        live integer,
        last_generation integer NOT NULL DEFAULT 0,
        PRIMARY KEY (name, version)
      );
      CREATE TABLE eventlog.generation (
        name text COLLATE "C" NOT NULL,
        version integer NOT NULL,
        number integer NOT NULL,
        state text NOT NULL CHECK (state IN ('building', 'live', 'old')),
        created_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (name, version, number)
      );
      CREATE TABLE eventlog.checkpoint (
        name text COLLATE "C" NOT NULL,
        version integer NOT NULL,
        generation integer NOT NULL,
        topic text COLLATE "C" NOT NULL,
        partition integer NOT NULL,
        next_offset bigint NOT NULL,
        log text,
        -- Whether any event of this partition has ever been parked: on the locked row, so that no stale answer can be had.
        has_parked boolean NOT NULL DEFAULT false,
        PRIMARY KEY (name, version, generation, topic, partition)
      ) WITH (fillfactor = 50);
      CREATE TABLE eventlog.parked (
        name text COLLATE "C" NOT NULL,
        version integer NOT NULL,
        generation integer NOT NULL,
        stream text COLLATE "C" NOT NULL,
        stream_version integer NOT NULL,
        topic text COLLATE "C" NOT NULL,
        partition integer NOT NULL,
        "offset" bigint NOT NULL,
        reason text NOT NULL,
        event jsonb NOT NULL,
        value bytea NOT NULL,
        parked_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (name, version, generation, stream, stream_version)
      );
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP SCHEMA read CASCADE; DROP SCHEMA eventlog CASCADE;');
  }
}
