import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Of a subject's keys each has its number, so that two processes that make the next one at the same moment meet in an index rather than
 * wait for each other. Keys from before, and those that the topic of keys has brought, have none.
 */
export class NumberSubjectKeys1767400000000 implements MigrationInterface {
  name = 'NumberSubjectKeys1767400000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE eventlog.subject_key ADD COLUMN ordinal integer');
    await runner.query(
      'CREATE UNIQUE INDEX subject_key_ordinal ON eventlog.subject_key (topic, subject, ordinal)',
    );
    await runner.query('DROP INDEX eventlog.subject_key_subject');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE INDEX subject_key_subject ON eventlog.subject_key (topic, subject)');
    await runner.query('ALTER TABLE eventlog.subject_key DROP COLUMN ordinal');
  }
}
