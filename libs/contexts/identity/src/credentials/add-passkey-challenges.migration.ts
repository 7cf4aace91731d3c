import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What passkeys need besides their keys: whether they are copied to other devices, and the challenges that they sign. */
export class AddPasskeyChallenges1766600000000 implements MigrationInterface {
  name = 'AddPasskeyChallenges1766600000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE identity.passkey
        ADD COLUMN backup_eligible boolean NOT NULL DEFAULT false,
        ADD COLUMN is_backed_up boolean NOT NULL DEFAULT false`);
    await runner.query(`
      CREATE TABLE identity.challenge (
        hash bytea PRIMARY KEY,
        purpose text NOT NULL,
        subject text NOT NULL,
        expires_at timestamptz NOT NULL
      )`);
    await runner.query('CREATE INDEX challenge_expires ON identity.challenge (expires_at)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE identity.challenge');
    await runner.query('ALTER TABLE identity.passkey DROP COLUMN backup_eligible, DROP COLUMN is_backed_up');
  }
}
