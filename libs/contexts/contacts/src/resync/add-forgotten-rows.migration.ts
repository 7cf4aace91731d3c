import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How many rows of a file were about people who have been forgotten: nothing of them is kept but that. */
export class AddForgottenRows1765100000000 implements MigrationInterface {
  name = 'AddForgottenRows1765100000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE contacts.resync ADD COLUMN forgotten_rows integer NOT NULL DEFAULT 0');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE contacts.resync DROP COLUMN forgotten_rows');
  }
}
