import type { DynamicModule } from '@nestjs/common';
import type { Database, EventLog, Logger, LogManifest, MasterKeys, Outsides } from '@samspill/eventlog';
import type { DataSource, MigrationInterface } from 'typeorm';

import type { ProviderConfiguration } from '../configuration/provider-settings.js';
import type { PersonRequests } from '../persons/person-requests.js';

/** What a context is to the host: its manifest, and the module with its controllers. An app names contexts and nothing else. */
export interface ContextDefinition {
  readonly manifest: LogManifest;
  /**
   * The Nest module of a running context. Give dependencies to controllers as providers of this module, never as global
   * ones: several contexts may share a process.
   */
  readonly module: (dependencies: ContextDependencies) => DynamicModule;
  /** What it answers when an administrator asks for a person; `keepsNoPersons` where it keeps nothing about people. */
  readonly persons: (dependencies: ContextDependencies) => PersonRequests;
  /** Where the manifest's reactors deliver to, by reactor; made once, before the event log. */
  readonly outsides?: (dependencies: Omit<ContextDependencies, 'eventLog'>) => Outsides;
  /** Classes of TypeORM entities of its read views and own tables. */
  readonly entities?: readonly EntityClass[];
  /** Of its own tables; those of read views belong to projections, those of the event log run by themselves. */
  readonly migrations?: readonly MigrationClass[];
}

/** What a context is given to work with. The host opens and closes all of it. */
export interface ContextDependencies {
  readonly eventLog: EventLog;
  /** Connections for statements of its own. */
  readonly database: Database;
  /** Entities and queries of read views, over the same database. */
  readonly dataSource: DataSource;
  readonly logger: Logger;
  /** The OpenID provider that identity is; absent where there is none. */
  readonly provider?: ProviderConfiguration;
  /** For secrets of its own that it has to open again; absent where the service was given none. */
  readonly masterKeys?: MasterKeys;
  /** Simulators in the place of vendors' systems, for trials and tests: origins by vendor. */
  readonly simulators?: ReadonlyMap<string, string>;
}

export type EntityClass = abstract new (...parameters: never[]) => object;
export type MigrationClass = new () => MigrationInterface;
