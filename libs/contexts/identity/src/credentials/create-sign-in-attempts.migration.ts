import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What was tried for a user, so that they can see whether it was them. */
export class CreateSignInAttempts1767500000000 implements MigrationInterface {
  name = 'CreateSignInAttempts1767500000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE identity.sign_in_attempt (
        user_id uuid NOT NULL,
        at timestamptz NOT NULL,
        shown text NOT NULL,
        is_right boolean NOT NULL
      )`);
    await runner.query('CREATE INDEX sign_in_attempt_user ON identity.sign_in_attempt (user_id, at)');
    await runner.query('CREATE INDEX sign_in_attempt_at ON identity.sign_in_attempt (at)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE identity.sign_in_attempt');
  }
}
