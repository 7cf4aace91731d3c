import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Reverts with their previews, as rows that outlive whoever works on them. */
export class AddReverts1765200000000 implements MigrationInterface {
  name = 'AddReverts1765200000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE eventlog.revert (
        id uuid PRIMARY KEY,
        company text COLLATE "C" NOT NULL,
        selection jsonb NOT NULL,
        causation_id text,
        state text NOT NULL
          CHECK (state IN ('planning', 'planned', 'started', 'paused', 'finished', 'cancelled', 'failed')),
        wish text NOT NULL CHECK (wish IN ('run', 'pause', 'cancel')),
        planned_by text NOT NULL,
        started_by text,
        reason text,
        counts jsonb NOT NULL,
        -- How far the preview has come.
        progress jsonb,
        -- Counts the instances that took it on, so that one that has lost it without knowing cannot write over the next.
        run integer NOT NULL DEFAULT 0,
        failure text,
        created_at timestamptz(3) NOT NULL,
        started_at timestamptz(3),
        ended_at timestamptz(3)
      );
      CREATE UNIQUE INDEX revert_one_at_a_time ON eventlog.revert (company) WHERE state IN ('started', 'paused');
      -- Every instance looks for work each second.
      CREATE INDEX revert_open ON eventlog.revert (id) WHERE state IN ('planning', 'planned', 'started', 'paused');

      CREATE TABLE eventlog.revert_item (
        revert uuid NOT NULL,
        stream text COLLATE "C" NOT NULL,
        verdict text NOT NULL CHECK (verdict IN
          ('put-back', 'make-again', 'remove', 'refused', 'impossible', 'edited-since', 'forgotten')),
        version integer NOT NULL,
        then_version integer NOT NULL,
        reason text,
        outcome text CHECK (outcome IN ('done', 'moved-on', 'refused')),
        PRIMARY KEY (revert, stream)
      );
      -- What has still to be done; empty when a revert has ended.
      CREATE INDEX revert_item_pending ON eventlog.revert_item (revert, stream)
        WHERE outcome IS NULL AND verdict IN ('put-back', 'make-again', 'remove');
      CREATE INDEX revert_item_verdict ON eventlog.revert_item (revert, verdict, stream);
      -- What did not come out as it was previewed: few, and looked for whenever somebody watches.
      CREATE INDEX revert_item_left ON eventlog.revert_item (revert, outcome, stream)
        WHERE outcome IN ('moved-on', 'refused');
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE eventlog.revert_item; DROP TABLE eventlog.revert;');
  }
}
