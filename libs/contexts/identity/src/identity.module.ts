import { Module, type DynamicModule } from '@nestjs/common';
import type { ContextDefinition, ContextDependencies } from '@samspill/platform';
import { CompanyDesk } from './company/company-desk.js';
import { CompanyEntry } from './company/company.entity.js';
import { CompanyController } from './company/company.http.js';
import { CompanyList } from './company/company-list.js';
import { Attempts } from './credentials/attempts.js';
import { AddPasskeyChallenges1766600000000 } from './credentials/add-passkey-challenges.migration.js';
import { CreateCredentials1766100000000 } from './credentials/create-credentials.migration.js';
import { CreateSignInAttempts1767500000000 } from './credentials/create-sign-in-attempts.migration.js';
import { removeCredentials } from './credentials/remove-credentials.js';
import { erpUserControllers, erpUserProviders } from './erp-user/index.js';
import { identityManifest } from './identity.manifest.js';
import { IdentityPersons } from './persons/identity-persons.js';
import { setUpControllers, setUpProviders } from './set-up/index.js';
import { identityOutsides, signInParts } from './sign-in/sign-in-parts.js';
import { MailLimits } from './user/mail-limits.js';
import { SeenUsers } from './role/seen-users.js';
import { UserDesk } from './user/user-desk.js';
import { UserController } from './user/user.http.js';
import { UserList } from './user/user-list.js';

@Module({})
class IdentityModule {}

function identityModule(dependencies: ContextDependencies): DynamicModule {
  const { eventLog, dataSource, database } = dependencies;
  const desk = new CompanyDesk(eventLog);
  const signIn = signInParts(dependencies);
  return {
    module: IdentityModule,
    controllers: [
      CompanyController,
      ...setUpControllers,
      ...erpUserControllers,
      UserController,
      ...signIn.controllers,
    ],
    providers: [
      { provide: CompanyDesk, useValue: desk },
      ...setUpProviders(dependencies, desk),
      ...erpUserProviders(dependencies),
      { provide: CompanyList, useValue: new CompanyList(dataSource) },
      { provide: UserDesk, useValue: new UserDesk(eventLog) },
      { provide: MailLimits, useValue: new MailLimits(new Attempts(database)) },
      { provide: SeenUsers, useValue: new SeenUsers(eventLog) },
      { provide: UserList, useValue: new UserList(database) },
      ...signIn.providers,
    ],
  };
}

/** The context as a host runs it. */
export const identityContext: ContextDefinition = {
  manifest: identityManifest,
  module: identityModule,
  persons: ({ eventLog }) =>
    new IdentityPersons({ eventLog, users: new UserDesk(eventLog), removeCredentials }),
  outsides: identityOutsides,
  entities: [CompanyEntry],
  migrations: [
    CreateCredentials1766100000000,
    AddPasskeyChallenges1766600000000,
    CreateSignInAttempts1767500000000,
  ],
};
