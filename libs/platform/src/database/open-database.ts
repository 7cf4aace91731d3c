import { Database, EVENTLOG_MIGRATIONS, TracedClient, type Logger } from '@samspill/eventlog';
import { DataSource } from 'typeorm';

import type { DatabaseConfiguration } from '../configuration/service-configuration.js';
import type { ContextDefinition } from '../context/context-definition.js';
import { waitForDatabase } from './wait-for-database.js';

/** Connections for queries through entities; searches are short, and each costs the database a process. */
const ENTITY_CONNECTIONS = 5;

export interface OpenDatabaseOptions {
  readonly database: DatabaseConfiguration;
  readonly logger: Logger;
}

/** A context's database as it is, whatever has been migrated there. */
export interface OpenDatabase {
  readonly database: Database;
  /** Knows the context's entities and every migration of this build. */
  readonly dataSource: DataSource;
  close(): Promise<void>;
}

/** @throws PlatformError when it cannot be reached in time or is too old */
export async function openDatabase(
  definition: ContextDefinition,
  { database: configuration, logger }: OpenDatabaseOptions,
): Promise<OpenDatabase> {
  const { entities = [], migrations = [], manifest } = definition;
  const { url, readerUrl } = configuration;
  const applicationName = `samspill-${manifest.name}`;
  await using opened = new AsyncDisposableStack();
  const database = opened.adopt(
    new Database({
      url,
      ...(readerUrl !== undefined && { readerUrl }),
      applicationName,
      maxConnections: configuration.poolSize,
      logger,
    }),
    (unused) => unused.close(),
  );
  await waitForDatabase(database, { waitMs: configuration.waitMs, logger });
  const source = new DataSource({
    type: 'postgres',
    ...(readerUrl === undefined
      ? { url }
      : { replication: { defaultMode: 'master', master: { url }, slaves: [{ url: readerUrl }] } }),
    applicationName,
    poolSize: ENTITY_CONNECTIONS,
    entities: [...entities],
    migrations: [...EVENTLOG_MIGRATIONS, ...migrations],
    migrationsTableName: 'migration',
    installExtensions: false,
    extra: { Client: TracedClient },
    poolErrorHandler: (error: Error) => logger.warn('database connection lost', { error: error.message }),
  });
  const dataSource = opened.adopt(await source.initialize(), (unused) => unused.destroy());
  const held = opened.move();
  return { database, dataSource, close: () => held.disposeAsync() };
}
