import { PASSKEY_NAME_MAX_LENGTH, type ShownPasskey } from '../credentials/passkeys.js';
import type { TotpEnrolment } from '../credentials/second-factors.js';
import type { ShownFactor, SignInAttempt } from '../credentials/sign-in-attempts.js';
import type { OpenSession } from '../oidc/oidc-store.js';
import { html, type Html } from '../pages/html.js';
import { faults, type Page } from '../pages/layout.js';
import { ISSUER_PATH, PAGES } from '../pages/page-paths.js';
import { passkeyForm } from '../pages/passkey-form.js';
import { recoveryCodes } from '../pages/recovery-codes.js';
import type { Say, Word } from '../pages/words.js';
import type { KnownUser } from '../user/user.decider.js';
import { passwordField } from './link-pages.http.js';

export interface AccountView {
  readonly user: KnownUser;
  readonly sessions: readonly OpenSession[];
  /** Name of the session that looks. */
  readonly ownSession: string;
  /** Whether codes of an app are asked for. */
  readonly hasApp: boolean;
  readonly passkeys: readonly ShownPasskey[];
  /** Newest first. */
  readonly attempts: readonly SignInAttempt[];
  readonly wrong: readonly string[];
  readonly told: readonly string[];
}

/** Somebody's own user on one page. */
export function accountPage(say: Say, view: AccountView): Page {
  const { user, hasApp } = view;
  const hasFactor = hasApp || view.passkeys.length > 0;
  return {
    title: say('account'),
    showsStrength: true,
    body: html`${faults(view.wrong)}${view.told.map((sentence) => html`<p role="status">${sentence}</p>`)}
      <p>${user.firstName} ${user.lastName}<br />${user.email}</p>
      <h2>${say('changePassword')}</h2>
      <form method="post" action="${PAGES}/change-password">
        ${current(say, 'a')}
        ${passwordField(say, 'new-password', say('newPassword'), { link: '', hasSecondFactor: hasApp || view.passkeys.length > 0 })}<button>
          ${say('save')}
        </button>
      </form>
      <h2>${say('changeEmail')}</h2>
      <form method="post" action="${PAGES}/change-email">
        ${current(say, 'b')} <label for="email">${say('email')}</label
        ><input id="email" name="email" type="email" autocomplete="email" required /><button>
          ${say('save')}
        </button>
      </form>
      <h2>${say('factor')}</h2>
      <p>${say(hasApp ? 'factorOn' : hasFactor ? 'factorPasskeys' : 'factorOff')}</p>
      <form method="post" action="${PAGES}/${hasApp ? 'second-factor-off' : 'second-factor'}">
        ${current(say, 'c')}<button>${say(hasApp ? 'factorStop' : 'factorStart')}</button>
      </form>
      <h2>${say('passkeys')}</h2>
      <p>${say('passkeysHelp')}</p>
      <ul>
        ${view.passkeys.map((passkey) => passkeyLine(say, passkey))}
      </ul>
      <form method="post" action="${PAGES}/passkey">
        <label for="passkey-name">${say('passkeyName')}</label
        ><input id="passkey-name" name="name" maxlength="${PASSKEY_NAME_MAX_LENGTH}" required />
        ${current(say, 'd')}<button>${say('passkeyAdd')}</button>
      </form>
      <h2>${say('sessions')}</h2>
      <ul>
        ${view.sessions.map((session) => sessionLine(say, session, view.ownSession))}
      </ul>
      <h2>${say('attempts')}</h2>
      <p>${say('attemptsHelp')}</p>
      <ul>
        ${view.attempts.map((attempt) => attemptLine(say, attempt))}
      </ul>
      <p><a href="${PAGES}/my-data.json">${say('yourData')}</a></p>
      <p><a href="${ISSUER_PATH}/session/end">${say('signOut')}</a></p>`,
  };
}

export function enrolPage(say: Say, { secret, uri }: TotpEnrolment, wrong: readonly string[]): Page {
  return {
    title: say('factor'),
    body: html`${faults(wrong)}
      <p>${say('factorHelp')}</p>
      <p><code>${secret}</code></p>
      <p><a href="${uri}">${say('openInApp')}</a></p>
      <form method="post" action="${PAGES}/second-factor-code">
        <label for="code">${say('code')}</label>
        <input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" required /><button>
          ${say('confirm')}
        </button>
      </form>`,
  };
}

/** Where the browser makes a passkey; its script sends what comes of it. @param options what it is made by */
export function newPasskeyPage(say: Say, options: object, name: string): Page {
  const action = `${PAGES}/passkey-made`;
  return {
    title: say('passkeyAdd'),
    usesPasskeys: true,
    body: html`<p>${say('passkeysHelp')}</p>
      <p data-no-passkeys>${say('passkeysUnusable')}</p>
      ${passkeyForm(say, { how: 'create', options, action, fields: { name } })}
      <p><a href="${PAGES}">${say('account')}</a></p>`,
  };
}

export function codesPage(say: Say, codes: readonly string[]): Page {
  return {
    title: say('codes'),
    body: html`${recoveryCodes(say, codes)}
      <p><a href="${PAGES}">${say('next')}</a></p>`,
  };
}

function current(say: Say, id: string): Html {
  return html`<label for="password-${id}">${say('currentPassword')}</label
    ><input id="password-${id}" name="password" type="password" autocomplete="current-password" required />`;
}

function passkeyLine(say: Say, { id, name, usedAt, isBackedUp }: ShownPasskey): Html {
  const used = usedAt ? `${say('passkeyUsed')} ${shownTime(usedAt)}` : say('passkeyUnused');
  return html`<li>
    ${name}, ${used}${isBackedUp ? '' : html` (${say('passkeyOnlyHere')})`}
    <form method="post" action="${PAGES}/passkey-off">
      <input type="hidden" name="id" value="${id}" />
      ${current(say, id)}<button class="other">${say('passkeyRemove')}</button>
    </form>
  </li>`;
}

function shownTime(time: Date): string {
  return `${time.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

const FACTOR_WORDS: Readonly<Record<ShownFactor, Word>> = {
  password: 'password',
  code: 'attemptCode',
  passkey: 'passkey',
};

function attemptLine(say: Say, { at, shown, isRight }: SignInAttempt): Html {
  return html`<li>
    ${shownTime(at)}: ${say(FACTOR_WORDS[shown])}, ${say(isRight ? 'attemptRight' : 'attemptWrong')}
  </li>`;
}

function sessionLine(say: Say, { id, since }: OpenSession, own: string): Html {
  const when = since ? shownTime(since) : '';
  return html`<li>
    ${say('since')} ${when}${id === own ? html` (${say('thisOne')})` : ''}
    <form method="post" action="${PAGES}/end-session">
      <input type="hidden" name="session" value="${id}" /><button class="other">${say('end')}</button>
    </form>
  </li>`;
}
