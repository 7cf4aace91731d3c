import { commandContext } from '@samspill/platform';
import type { Passkeys } from '../credentials/passkeys.js';
import type { SecondFactors } from '../credentials/second-factors.js';
import type { SignInAttempts } from '../credentials/sign-in-attempts.js';
import type { OidcStore } from '../oidc/oidc-store.js';
import { html } from '../pages/html.js';
import type { Say, Word } from '../pages/words.js';
import { isLockedForGood } from '../user/is-locked.js';
import type { UserDesk } from '../user/user-desk.js';
import type { KnownUser } from '../user/user.decider.js';
import { accountPage } from './account-pages.js';
import { deviceCookie } from './device-cookies.js';
import type { OwnSession, OwnSessions } from './own-session.js';
import { field, showPage, type PageReply, type PageRequest } from './page-request.js';
import type { SignInDesk } from './sign-in-desk.js';

/** Sentences, each with its number where it has one. */
type Said = readonly (readonly [Word, number?])[];

/** Somebody who looks after their own user. */
export type Own = OwnSession & { readonly state: KnownUser };

/** On the page; more are no help to whoever reads them. */
const SHOWN_ATTEMPTS = 20;

export interface OwnAccountDependencies {
  readonly sessions: OwnSessions;
  readonly desk: SignInDesk;
  readonly users: UserDesk;
  readonly store: OidcStore;
  readonly factors: SecondFactors;
  readonly passkeys: Passkeys;
  readonly signInAttempts: SignInAttempts;
}

/** The page on which people look after their own user, for whoever is signed in in a browser. */
export class OwnAccount {
  constructor(private readonly dependencies: OwnAccountDependencies) {}

  /** Undefined where nobody is signed in; the browser has been sent to sign in then. */
  async own(request: PageRequest, reply: PageReply): Promise<Own | undefined> {
    const { sessions, users } = this.dependencies;
    const session = await sessions.require(request, reply);
    const state = session && (await users.state(session.user, commandContext()));
    if (session && state && !isLockedForGood(state)) return { ...session, state };
    if (session)
      showPage(reply, {
        language: 'en',
        status: 404,
        page: (say) => ({ title: say('failed'), body: html`<p>${say('again')}</p>` }),
      });
    return undefined;
  }

  /** The same, where they have just said their password: an open browser alone changes nothing. */
  async confirmed(form: unknown, request: PageRequest, reply: PageReply): Promise<Own | undefined> {
    const own = await this.own(request, reply);
    if (!own) return undefined;
    const password = field(form, 'password');
    const checked = await this.dependencies.desk.checkPassword(
      own.state.email,
      password,
      { address: request.ip, device: deviceCookie(request) },
      commandContext(),
    );
    if (checked.kind === 'right') return own;
    await this.show(own, reply, [['wrongPassword']]);
    return undefined;
  }

  async show(
    own: Own,
    reply: PageReply,
    wrong: Said | ((say: Say) => readonly string[]),
    told: Said = [],
  ): Promise<void> {
    const { store, factors, passkeys, signInAttempts } = this.dependencies;
    const sessions = await store.sessionsOf(own.user);
    const { app } = await factors.kindsOf(own.user);
    const keys = await passkeys.list(own.user);
    const attempts = await signInAttempts.of(own.user, SHOWN_ATTEMPTS);
    const words = (said: Said, say: Say): readonly string[] => said.map(([word, n]) => say(word, n));
    const isWrong = typeof wrong === 'function' || wrong.length > 0;
    showPage(reply, {
      language: own.state.language,
      status: isWrong ? 422 : 200,
      page: (say) =>
        accountPage(say, {
          user: own.state,
          sessions,
          ownSession: own.name,
          hasApp: app,
          passkeys: keys,
          attempts,
          wrong: typeof wrong === 'function' ? wrong(say) : words(wrong, say),
          told: words(told, say),
        }),
    });
  }
}
