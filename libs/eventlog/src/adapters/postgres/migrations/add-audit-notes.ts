import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What is to be written on the log about operations, until it is on its way there. */
export class AddAuditNotes1765300000000 implements MigrationInterface {
  name = 'AddAuditNotes1765300000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE eventlog.audit_note (
        -- Made in the order of time (UUIDv7).
        id uuid PRIMARY KEY,
        actor text NOT NULL,
        correlation_id text NOT NULL,
        data jsonb NOT NULL
      );`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE eventlog.audit_note;');
  }
}
