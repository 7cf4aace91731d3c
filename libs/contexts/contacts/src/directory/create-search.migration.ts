import type { MigrationInterface, QueryRunner } from 'typeorm';
import { CREATE_MATCHES } from './sql/matches.js';
import { CREATE_NEAR_WORDS } from './sql/near-words.js';

/** The functions through which the directory is searched. They name the projection's view, which exists from its first generation on. */
export class CreateSearch1763050000000 implements MigrationInterface {
  name = 'CreateSearch1763050000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(CREATE_MATCHES);
    await runner.query(CREATE_NEAR_WORDS);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION read.directory_v1_near_words, read.directory_v1_matches');
  }
}
