import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Operations as rows that outlive whoever runs them, and generations of one company and of another moment. */
export class AddOperations1764000000000 implements MigrationInterface {
  name = 'AddOperations1764000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE eventlog.generation
        DROP CONSTRAINT generation_state_check,
        ADD CONSTRAINT generation_state_check CHECK (state IN ('building', 'live', 'old', 'inspection')),
        ADD COLUMN company text COLLATE "C",
        ADD COLUMN is_indexed boolean NOT NULL DEFAULT true;
      ALTER TABLE eventlog.generation ALTER COLUMN is_indexed SET DEFAULT false;

      CREATE TABLE eventlog.operation (
        id uuid PRIMARY KEY,
        task jsonb NOT NULL,
        state text NOT NULL
          CHECK (state IN ('waiting', 'running', 'paused', 'ready', 'done', 'failed', 'cancelled', 'undone')),
        wish text NOT NULL CHECK (wish IN ('run', 'pause', 'cancel', 'verify', 'switch', 'undo', 'drop')),
        reason text NOT NULL,
        actor text NOT NULL,
        parts jsonb NOT NULL,
        throttle jsonb NOT NULL,
        -- Counts the instances that took it on, so that one that has lost it without knowing cannot write over the next.
        run integer NOT NULL DEFAULT 0,
        failure text,
        created_at timestamptz(3) NOT NULL,
        started_at timestamptz(3),
        ended_at timestamptz(3),
        seen_at timestamptz(3)
      );
      -- Every instance looks for work each second.
      CREATE INDEX operation_open ON eventlog.operation (id)
        WHERE state IN ('waiting', 'running', 'paused', 'ready') OR wish = 'undo';
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TABLE eventlog.operation;
      DELETE FROM eventlog.generation WHERE state = 'inspection' OR company IS NOT NULL;
      ALTER TABLE eventlog.generation
        DROP CONSTRAINT generation_state_check,
        ADD CONSTRAINT generation_state_check CHECK (state IN ('building', 'live', 'old')),
        DROP COLUMN company,
        DROP COLUMN is_indexed;`);
  }
}
