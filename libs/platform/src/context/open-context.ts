import {
  EventLog,
  PostgresKeyStore,
  PostgresEventStore,
  PostgresProjectionStore,
  type Log,
  type Logger,
  type MasterKeys,
} from '@samspill/eventlog';
import { PARTITIONS } from '@samspill/contracts';

import type { ProviderConfiguration } from '../configuration/provider-settings.js';
import type { DatabaseConfiguration } from '../configuration/service-configuration.js';
import { migrate } from '../database/migrate.js';
import { openDatabase } from '../database/open-database.js';
import type { ContextDefinition, ContextDependencies } from './context-definition.js';

export interface OpenContextOptions {
  readonly database: DatabaseConfiguration;
  readonly log: Log;
  readonly logger: Logger;
  /** Where its rebuilds put what they cannot hold in memory. */
  readonly spillFolder?: string;
  /** With them its personal data is sealed. */
  readonly masterKeys?: MasterKeys;
  /** Simulators in the place of vendors' systems: origins by vendor. */
  readonly simulators?: ReadonlyMap<string, string>;
  /** The OpenID provider that identity is; absent where there is none. */
  readonly provider?: ProviderConfiguration;
  /** Partitions of its topics; those of the contracts unless a test says otherwise. */
  readonly partitions?: number;
}

/** A context with its database migrated and its event log made but not started. */
export interface OpenContext extends ContextDependencies {
  readonly definition: ContextDefinition;
  /** Closes its connections. The event log has to be stopped before. */
  close(): Promise<void>;
}

/** @throws PlatformError when its database cannot be reached in time, is too old or cannot be migrated */
export async function openContext(
  definition: ContextDefinition,
  options: OpenContextOptions,
): Promise<OpenContext> {
  const { log, logger, spillFolder, masterKeys, provider, simulators, partitions = PARTITIONS } = options;
  const { manifest } = definition;
  await using opened = new AsyncDisposableStack();
  const entered = opened.adopt(
    await openDatabase(definition, { database: options.database, logger }),
    (unused) => unused.close(),
  );
  const { database, dataSource } = entered;
  const migrations = await migrate(definition, entered, options);
  if (migrations.length > 0) logger.info('database migrated', { migrations });
  const given = {
    database,
    dataSource,
    logger,
    ...(masterKeys && { masterKeys }),
    ...(simulators && { simulators }),
    ...(provider && { provider }),
  };
  const eventLog = new EventLog({
    manifest,
    eventStore: new PostgresEventStore(database, partitions),
    projectionStore: new PostgresProjectionStore(database),
    log,
    logger,
    partitions,
    ...(spillFolder === undefined ? {} : { spillFolder }),
    ...(masterKeys && { keys: { store: new PostgresKeyStore(database), masterKeys } }),
    ...(definition.outsides && { outsides: definition.outsides(given) }),
  });
  const held = opened.move();
  return { definition, ...given, eventLog, close: () => held.disposeAsync() };
}
