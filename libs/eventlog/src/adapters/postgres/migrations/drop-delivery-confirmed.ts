import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Deliveries are counted by company, and nobody looks by when they were confirmed; the index was written three times a delivery. */
export class DropDeliveryConfirmed1767200000000 implements MigrationInterface {
  name = 'DropDeliveryConfirmed1767200000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX eventlog.delivery_confirmed');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE INDEX delivery_confirmed ON eventlog.delivery (reactor, confirmed_at)');
  }
}
