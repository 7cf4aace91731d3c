import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What reactors have read, what they deliver, and what they wait for. */
export class AddDeliveries1765400000000 implements MigrationInterface {
  name = 'AddDeliveries1765400000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE eventlog.reactor_position (
        reactor text COLLATE "C" NOT NULL,
        topic text COLLATE "C" NOT NULL,
        partition integer NOT NULL,
        next_offset bigint NOT NULL,
        log text,
        -- What was sent because of earlier records may be forgotten here.
        ask_before bigint NOT NULL DEFAULT 0,
        PRIMARY KEY (reactor, topic, partition)
      ) WITH (fillfactor = 50);

      CREATE TABLE eventlog.delivery (
        reactor text COLLATE "C" NOT NULL,
        thing text COLLATE "C" NOT NULL,
        key text COLLATE "C" NOT NULL,
        stream text COLLATE "C" NOT NULL,
        version integer NOT NULL,
        content text COLLATE "C" NOT NULL,
        state text NOT NULL CHECK (state IN ('intended', 'sent', 'unknown', 'confirmed', 'refused')),
        is_changed boolean NOT NULL,
        is_in_doubt boolean NOT NULL,
        topic text COLLATE "C" NOT NULL,
        partition integer NOT NULL,
        "offset" bigint NOT NULL,
        attempts integer NOT NULL,
        due_at timestamptz(3) NOT NULL,
        code text,
        words text,
        confirmed_version integer,
        confirmed_content text COLLATE "C",
        confirmed_at timestamptz(3),
        reference text,
        PRIMARY KEY (reactor, thing)
      );
      -- What is open is few among many: company after company, those first that have waited longest.
      CREATE INDEX delivery_open ON eventlog.delivery (reactor, key, due_at)
        WHERE state IN ('intended', 'sent', 'unknown');
      CREATE INDEX delivery_refused ON eventlog.delivery (reactor, thing) WHERE state = 'refused';
      -- The last delivery, and how many there were in the last minute.
      CREATE INDEX delivery_confirmed ON eventlog.delivery (reactor, confirmed_at);

      CREATE TABLE eventlog.delivery_wait (
        reactor text COLLATE "C" NOT NULL,
        key text COLLATE "C" NOT NULL,
        failures integer NOT NULL,
        since timestamptz(3) NOT NULL,
        until timestamptz(3) NOT NULL,
        code text NOT NULL,
        words text NOT NULL,
        PRIMARY KEY (reactor, key)
      );
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TABLE eventlog.delivery_wait;
      DROP TABLE eventlog.delivery;
      DROP TABLE eventlog.reactor_position;`);
  }
}
