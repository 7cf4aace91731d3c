import { Module, type DynamicModule } from '@nestjs/common';
import { keepsNoPersons, type ContextDefinition, type ContextDependencies } from '@samspill/platform';
import { CompanyDesk } from './company/company-desk.js';
import { CompanyEntry } from './company/company.entity.js';
import { CompanyController } from './company/company.http.js';
import { CompanyList } from './company/company-list.js';
import { identityManifest } from './identity.manifest.js';

@Module({})
class IdentityModule {}

function identityModule({ eventLog, dataSource }: ContextDependencies): DynamicModule {
  return {
    module: IdentityModule,
    controllers: [CompanyController],
    providers: [
      { provide: CompanyDesk, useValue: new CompanyDesk(eventLog) },
      { provide: CompanyList, useValue: new CompanyList(dataSource) },
    ],
  };
}

/** The context as a host runs it. */
export const identityContext: ContextDefinition = {
  manifest: identityManifest,
  module: identityModule,
  persons: () =>
    keepsNoPersons('identity', [
      {
        what: 'Companies: name, organisation number, address',
        note: 'What public registers say of a company, and no person’s record. It is not searched, and stays for as long as the company is registered.',
      },
    ]),
  entities: [CompanyEntry],
};
