import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Work tables of resyncs: what a snapshot said, what is to be done about it, and how far that has come.
 *
 * All are logged. After a crash an unlogged table is empty, and an empty snapshot would say that every record is gone.
 */
export class CreateResync1763100000000 implements MigrationInterface {
  name = 'CreateResync1763100000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE SCHEMA IF NOT EXISTS contacts;

      -- A resync while it is at work, and then as long as its rejected rows are kept.
      CREATE TABLE contacts.resync (
        id uuid PRIMARY KEY,
        company text COLLATE "C" NOT NULL,
        state text NOT NULL CHECK (state IN ('receiving', 'waiting', 'running', 'ended')),
        started_at timestamptz(3) NOT NULL,
        -- Headings, separator and how the file was asked to be read, for the file of rejected rows and its return.
        file jsonb NOT NULL,
        rows_received integer NOT NULL DEFAULT 0,
        -- Some of what would be done, with names: for the preview, and gone with it.
        samples jsonb,
        steps integer NOT NULL DEFAULT 0,
        running_since timestamptz,
        -- What keeps it from going on, for a person.
        waiting_for text,
        tidied boolean NOT NULL DEFAULT false,
        expires_at timestamptz
      );
      CREATE UNIQUE INDEX resync_one_at_a_time ON contacts.resync (company) WHERE state <> 'ended';

      -- What the snapshot says of one record, good or bad; several may stand in one line of a file.
      CREATE TABLE contacts.resync_entry (
        resync uuid NOT NULL,
        line integer NOT NULL,
        part smallint NOT NULL,
        kind text COLLATE "C" NOT NULL,
        -- Absent where the row has none that can be used.
        number text COLLATE "C",
        -- Of its rejection: the number, or what stands for it.
        reference text COLLATE "C" NOT NULL,
        -- The record where it is good; its faults, and what was sent, where it is not.
        record jsonb,
        faults jsonb,
        sent jsonb,
        -- Cells of the line as JSON, with its first part.
        cells text,
        -- Records of these numbers stay, since the row may have been about one of them.
        protects text[] COLLATE "C",
        PRIMARY KEY (resync, line, part)
      ) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 50000);

      -- What differs between the snapshot and the directory, in the order of doing.
      CREATE TABLE contacts.resync_step (
        resync uuid NOT NULL,
        step integer NOT NULL,
        action text NOT NULL CHECK (action IN ('create', 'change', 'resolve', 'reject', 'delete', 'clear')),
        kind text COLLATE "C" NOT NULL,
        reference text COLLATE "C" NOT NULL,
        line integer,
        part smallint,
        PRIMARY KEY (resync, step)
      ) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 50000);

      -- Steps that were done, committed with their events. The key lets no two processes do the same.
      CREATE TABLE contacts.resync_batch (
        resync uuid NOT NULL,
        after_step integer NOT NULL,
        up_to_step integer NOT NULL,
        counts jsonb NOT NULL,
        done_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        CONSTRAINT resync_batch_once PRIMARY KEY (resync, after_step)
      );
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      'DROP TABLE contacts.resync_batch, contacts.resync_step, contacts.resync_entry, contacts.resync',
    );
  }
}
