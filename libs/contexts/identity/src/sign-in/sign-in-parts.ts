import type { Provider as NestProvider, Type } from '@nestjs/common';
import type { Database, Outsides } from '@samspill/eventlog';
import type { ContextDependencies } from '@samspill/platform';
import { Attempts } from '../credentials/attempts.js';
import { Challenges } from '../credentials/challenges.js';
import { LinkTokens } from '../credentials/link-tokens.js';
import { Passkeys } from '../credentials/passkeys.js';
import { Passwords } from '../credentials/passwords.js';
import { RequiredFactors } from '../credentials/required-factors.js';
import { SecondFactors } from '../credentials/second-factors.js';
import { SignInAttempts } from '../credentials/sign-in-attempts.js';
import { ServerSecrets } from '../credentials/server-secrets.js';
import { Mailbox } from '../mail/mailbox.js';
import { MailboxController } from '../mail/mailbox.http.js';
import { mailOutside } from '../mail/mail-outside.js';
import { SEND_MAIL } from '../mail/send-mail.reactor.js';
import { GatewayClients } from '../oidc/gateway-clients.js';
import { OidcController } from '../oidc/oidc.http.js';
import { OidcStore } from '../oidc/oidc-store.js';
import { OpenidProvider } from '../oidc/openid-provider.js';
import { ProviderPages } from '../pages/provider-pages.js';
import { UserDesk } from '../user/user-desk.js';
import { UserList } from '../user/user-list.js';
import { AccountController } from './account.http.js';
import { DeviceCookies } from './device-cookies.js';
import { LinkPagesController } from './link-pages.http.js';
import { OwnAccount } from './own-account.js';
import { OwnSessions } from './own-session.js';
import { PasskeyDesk } from './passkey-desk.js';
import { PasskeyController } from './passkeys.http.js';
import { SignInDesk } from './sign-in-desk.js';
import { SECOND_FACTORS, SIGN_IN_ORIGIN, SignInController } from './sign-in.http.js';
import { StepTokens } from './step-tokens.js';

/** What a module gets by sign-in: nothing where it is not configured. */
export interface SignInParts {
  readonly controllers: readonly Type[];
  readonly providers: readonly NestProvider[];
}

/** The reactor that fills a mailbox and the page that shows it are made apart from each other. */
const mailboxes = new WeakMap<Database, Mailbox>();

export function signInParts(dependencies: ContextDependencies): SignInParts {
  const { provider, database, masterKeys, eventLog, logger } = dependencies;
  if (!provider) return { controllers: [], providers: [] };
  const { publicOrigin } = provider;
  const secrets = new ServerSecrets(database, masterKeys);
  const users = new UserDesk(eventLog);
  const passwords = new Passwords(database);
  const factors = new SecondFactors(database, masterKeys);
  const required = new RequiredFactors(database, provider.secondFactor);
  const attempts = new Attempts(database);
  const signInAttempts = new SignInAttempts(database, logger);
  const tokens = new LinkTokens(secrets);
  const challenges = new Challenges(database);
  const passkeys = new Passkeys(database, challenges, publicOrigin);
  const store = new OidcStore(database);
  const openid = new OpenidProvider({
    publicOrigin,
    store,
    gateways: new GatewayClients(database, eventLog),
    secrets,
    users,
    required,
    pages: new ProviderPages(),
    logger,
    tidy: async () => {
      await store.tidy();
      await attempts.tidy(new Date());
      await signInAttempts.tidy(new Date());
      await challenges.tidy(new Date());
    },
  });
  const sessions = new OwnSessions(openid, store, publicOrigin);
  const devices = new DeviceCookies(secrets, publicOrigin);
  const desk = new SignInDesk({ users, passwords, factors, attempts, signInAttempts, tokens, devices });
  const account = new OwnAccount({ sessions, desk, users, store, factors, passkeys, signInAttempts });
  const hasMailbox = provider.mail?.kind === 'mailbox';
  return {
    controllers: [
      OidcController,
      SignInController,
      LinkPagesController,
      AccountController,
      PasskeyController,
      ...(hasMailbox ? [MailboxController] : []),
    ],
    providers: [
      { provide: SIGN_IN_ORIGIN, useValue: publicOrigin },
      { provide: SECOND_FACTORS, useValue: factors },
      { provide: SignInAttempts, useValue: signInAttempts },
      { provide: RequiredFactors, useValue: required },
      { provide: OpenidProvider, useValue: openid },
      { provide: OidcStore, useValue: store },
      { provide: OwnAccount, useValue: account },
      { provide: Passkeys, useValue: passkeys },
      { provide: PasskeyDesk, useValue: new PasskeyDesk({ users, desk, factors, passkeys }) },
      { provide: StepTokens, useValue: new StepTokens(secrets) },
      { provide: Mailbox, useValue: mailboxOf(database) },
      { provide: SignInDesk, useValue: desk },
      { provide: DeviceCookies, useValue: devices },
    ],
  };
}

/** Where identity's reactor delivers to. */
export function identityOutsides({
  database,
  provider,
  masterKeys,
}: Omit<ContextDependencies, 'eventLog'>): Outsides {
  const tokens = new LinkTokens(new ServerSecrets(database, masterKeys));
  return {
    [SEND_MAIL]: mailOutside({
      mail: provider?.mail,
      publicOrigin: provider?.publicOrigin,
      users: new UserList(database),
      tokens,
      mailbox: mailboxOf(database),
    }),
  };
}

function mailboxOf(database: Database): Mailbox {
  const known = mailboxes.get(database);
  if (known) return known;
  const made = new Mailbox();
  mailboxes.set(database, made);
  return made;
}
