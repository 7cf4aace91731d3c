import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What the directory's indexes need. Both extensions are trusted: the owner of the database may create them. */
export class CreateSearch1763050000000 implements MigrationInterface {
  name = 'CreateSearch1763050000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE EXTENSION IF NOT EXISTS pg_trgm; CREATE EXTENSION IF NOT EXISTS btree_gin;');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP EXTENSION btree_gin; DROP EXTENSION pg_trgm;');
  }
}
