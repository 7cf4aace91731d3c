import type { Logger } from '@samspill/eventlog';

import type { DatabaseConfiguration } from '../configuration/service-configuration.js';
import type { ContextDefinition } from '../context/context-definition.js';
import { migrate } from '../database/migrate.js';
import { openDatabase } from '../database/open-database.js';

export interface MigrateDatabaseOptions {
  readonly database: DatabaseConfiguration;
  readonly logger: Logger;
}

/** Brings a service's database to the version of this build; of several processes that want to, one does it. */
export async function migrateDatabase(
  definition: ContextDefinition,
  options: MigrateDatabaseOptions,
): Promise<void> {
  await using opened = new AsyncDisposableStack();
  const database = opened.adopt(await openDatabase(definition, options), (unused) => unused.close());
  const migrations = await migrate(definition, database, options);
  options.logger.info('the database is of this version', { migrations });
}
