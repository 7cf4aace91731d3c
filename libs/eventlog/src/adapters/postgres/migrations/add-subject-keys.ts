import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Keys of personal data: this service's own, and copies of those of the topics that it reads. */
export class AddSubjectKeys1765000000000 implements MigrationInterface {
  name = 'AddSubjectKeys1765000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE eventlog.subject_key (
        id text COLLATE "C" PRIMARY KEY,
        topic text COLLATE "C" NOT NULL,
        subject text COLLATE "C" NOT NULL,
        -- The master key that it is sealed with, and the key as it is sealed; neither once it is forgotten.
        master text COLLATE "C",
        wrapped bytea,
        wrapped_at timestamptz(3),
        -- The event that forgot it. The row stays: whoever comes late must not take it for one that has not arrived.
        forgotten_by uuid,
        forgotten_at timestamptz,
        -- Whether the topic of keys says so.
        announced boolean NOT NULL DEFAULT true,
        CHECK ((wrapped IS NULL) = (forgotten_by IS NOT NULL) AND (wrapped IS NULL) = (master IS NULL))
      );
      CREATE INDEX subject_key_subject ON eventlog.subject_key (topic, subject);
      CREATE INDEX subject_key_unannounced ON eventlog.subject_key (id) WHERE NOT announced;
      CREATE INDEX subject_key_forgotten ON eventlog.subject_key (forgotten_at) WHERE forgotten_at IS NOT NULL;

      CREATE TABLE eventlog.key_position (
        partition integer PRIMARY KEY,
        next_offset bigint NOT NULL
      );
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE eventlog.key_position; DROP TABLE eventlog.subject_key;');
  }
}
