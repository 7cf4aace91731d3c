import type { Provider } from '@nestjs/common';
import type { ContextDependencies } from '@samspill/platform';
import type { CompanyAccess } from '../company/company-access.js';
import { AddForgottenRows1765100000000 } from './add-forgotten-rows.migration.js';
import { CreateResync1763100000000 } from './create-resync.migration.js';
import { CsvImport } from './csv-import.js';
import { ImportsController } from './imports.http.js';
import { ResyncEntry } from './resync.entity.js';
import { ResyncRunner } from './resync-runner.js';
import { Resyncs } from './resyncs.js';

export { resyncProjection } from './resync.projection.js';
export { CsvImport, ImportsController, ResyncRunner, Resyncs };

export const resyncControllers = [ImportsController];
export const resyncEntities = [ResyncEntry];
export const resyncMigrations = [CreateResync1763100000000, AddForgottenRows1765100000000];

/** What the module of contacts provides for resyncs. The runner starts and stops with the application. */
export function resyncProviders(
  { eventLog, database, dataSource, logger }: ContextDependencies,
  access: CompanyAccess,
): Provider[] {
  const dependencies = { eventLog, database, access, logger };
  const runner = new ResyncRunner(dependencies);
  return [
    { provide: ResyncRunner, useFactory: () => runner },
    { provide: CsvImport, useFactory: () => new CsvImport(dependencies) },
    { provide: Resyncs, useFactory: () => new Resyncs(dependencies, dataSource, runner) },
  ];
}
