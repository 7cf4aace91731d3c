import type { MigrationInterface, QueryRunner } from 'typeorm';
import { CREATE_MATCHES } from './sql/matches.js';
import { CREATE_NEAR_WORDS } from './sql/near-words.js';

/** Search refuses the reader of one company another's rows, as row-level security does elsewhere. */
export class KeepSearchToCompany1766900000000 implements MigrationInterface {
  name = 'KeepSearchToCompany1766900000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(CREATE_MATCHES);
    await runner.query(CREATE_NEAR_WORDS);
  }

  /** What was there before refuses nothing, and this refuses nothing to who asked then: it can stay. */
  down(): Promise<void> {
    return Promise.resolve();
  }
}
