import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Whoever looks at one company's deliveries does not read those of all others. */
export class IndexDeliveriesByKey1766460000000 implements MigrationInterface {
  name = 'IndexDeliveriesByKey1766460000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE INDEX delivery_of_key ON eventlog.delivery (reactor, key)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX eventlog.delivery_of_key');
  }
}
