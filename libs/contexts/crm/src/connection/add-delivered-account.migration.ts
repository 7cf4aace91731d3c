import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which of a vendor's accounts each company's deliveries have gone to. */
export class AddDeliveredAccount1766450000000 implements MigrationInterface {
  name = 'AddDeliveredAccount1766450000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- Apart from the connection, which it outlives: a company may be disconnected, and connected to another account later. No row: not known.
      CREATE TABLE crm.delivered_account (
        company text COLLATE "C" PRIMARY KEY,
        account text COLLATE "C" NOT NULL
      );
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE crm.delivered_account');
  }
}
