import type { MigrationInterface, QueryRunner } from 'typeorm';

/** For which connection of a company it has been settled whether all is gone over again. */
export class AddSettledRevision1766800000000 implements MigrationInterface {
  name = 'AddSettledRevision1766800000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- A connection of another revision than this is not settled yet: whoever made it has died, or is still at it. No account: not known.
      ALTER TABLE crm.delivered_account ALTER COLUMN account DROP NOT NULL, ADD COLUMN revision bigint NOT NULL DEFAULT 0;
      -- Those that are there were settled by what came before this.
      INSERT INTO crm.delivered_account (company, revision) SELECT company, revision FROM crm.connection
        ON CONFLICT (company) DO UPDATE SET revision = excluded.revision;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DELETE FROM crm.delivered_account WHERE account IS NULL;
      ALTER TABLE crm.delivered_account DROP COLUMN revision, ALTER COLUMN account SET NOT NULL;
    `);
  }
}
