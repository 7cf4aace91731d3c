import { Module, type DynamicModule } from '@nestjs/common';
import type { ContextDefinition, ContextDependencies } from '@samspill/platform';
import { DataSource } from 'typeorm';
import { CompanyAccess } from './company/company-access.js';
import { contactsManifest } from './contacts.manifest.js';
import { CreateSearch1763050000000 } from './directory/create-search.migration.js';
import { KeepSearchToCompany1766900000000 } from './directory/keep-search-to-company.migration.js';
import { DirectoryController } from './directory/directory.http.js';
import { DirectorySearch } from './directory/directory-search.js';
import { BatchIntake } from './intake/batch-intake.js';
import { BatchController } from './intake/batch.http.js';
import { ContactsPersons } from './persons/contacts-persons.js';
import { resyncControllers, resyncEntities, resyncMigrations, resyncProviders } from './resync/index.js';
import { SyncReportEntry } from './sync/sync-report.entity.js';
import { SyncReport } from './sync/sync-report.js';
import { SyncStatusEntry } from './sync/sync-status.entity.js';
import { SyncController } from './sync/sync.http.js';

@Module({})
class ContactsModule {}

function contactsModule(dependencies: ContextDependencies): DynamicModule {
  const { eventLog, dataSource, database } = dependencies;
  const access = new CompanyAccess(database, eventLog.reverts);
  return {
    module: ContactsModule,
    controllers: [BatchController, DirectoryController, SyncController, ...resyncControllers],
    providers: [
      { provide: CompanyAccess, useValue: access },
      { provide: DataSource, useValue: dataSource },
      { provide: DirectorySearch, useValue: new DirectorySearch(database) },
      { provide: BatchIntake, useValue: new BatchIntake(eventLog, access) },
      { provide: SyncReport, useValue: new SyncReport(eventLog, dataSource, access) },
      ...resyncProviders(dependencies, access),
    ],
  };
}

/** The context as a host runs it. */
export const contactsContext: ContextDefinition = {
  manifest: contactsManifest,
  module: contactsModule,
  persons: ({ eventLog, database }) =>
    new ContactsPersons({ eventLog, database, access: new CompanyAccess(database, eventLog.reverts) }),
  entities: [SyncReportEntry, SyncStatusEntry, ...resyncEntities],
  migrations: [CreateSearch1763050000000, ...resyncMigrations, KeepSearchToCompany1766900000000],
};
