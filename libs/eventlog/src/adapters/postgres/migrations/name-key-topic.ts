import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Positions on the topic of keys are of one topic, as the log names it. Those from before are of none, so that it is read from its
 * beginning again, and gets this service's keys again: it may have been lost since.
 */
export class NameKeyTopic1766000000000 implements MigrationInterface {
  name = 'NameKeyTopic1766000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `ALTER TABLE eventlog.key_position ADD COLUMN log text COLLATE "C" NOT NULL DEFAULT ''`,
    );
    await runner.query('ALTER TABLE eventlog.key_position ALTER COLUMN log DROP DEFAULT');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE eventlog.key_position DROP COLUMN log');
  }
}
