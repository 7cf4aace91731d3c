import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which CRM each company is connected to, and what signs us in there. Not on the log, and not in what a projection is built from. */
export class CreateConnection1766400000000 implements MigrationInterface {
  name = 'CreateConnection1766400000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE SCHEMA IF NOT EXISTS crm;

      CREATE TABLE crm.connection (
        company text COLLATE "C" PRIMARY KEY,
        kind text COLLATE "C" NOT NULL,
        -- What the vendor calls the account, for people to tell one from the other; never a secret.
        account text NOT NULL,
        -- Goes up with each connecting: clients that were made for a former one are thrown away.
        revision bigint NOT NULL DEFAULT 1,
        -- A key of its own, wrapped with the master key of that id; AES-256-GCM, as the event log's keys are.
        master_key text COLLATE "C" NOT NULL,
        wrapped_key bytea NOT NULL,
        -- JSON, sealed with that key.
        secrets bytea NOT NULL,
        connected_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
        connected_by text NOT NULL
      );
      -- So that a company that was disconnected and is connected again has another revision.
      CREATE SEQUENCE crm.connection_revision;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE crm.connection; DROP SEQUENCE crm.connection_revision');
  }
}
