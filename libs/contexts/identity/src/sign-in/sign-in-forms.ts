import type { FactorKinds, TotpEnrolment } from '../credentials/second-factors.js';
import { html, type Html } from '../pages/html.js';
import { faults } from '../pages/layout.js';
import { PAGES } from '../pages/page-paths.js';
import { passkeyForm } from '../pages/passkey-form.js';
import { recoveryCodes } from '../pages/recovery-codes.js';
import type { Say } from '../pages/words.js';

/** What somebody is asked on the way in. */
export interface Asked {
  readonly title: string;
  readonly body: Html;
  /** Whether the script of passkeys goes with it. */
  readonly usesPasskeys?: boolean;
}

/** Address and password; or a passkey instead of both. @param options what a passkey is asked to sign */
export function passwordForm(say: Say, email: string, options: object, wrong: readonly string[] = []): Asked {
  return {
    title: say('signIn'),
    usesPasskeys: true,
    body: html`${faults(wrong)}
      <form method="post">
        <label for="email">${say('email')}</label
        ><input id="email" name="email" type="email" autocomplete="username" value="${email}" required />
        <label for="password">${say('password')}</label
        ><input id="password" name="password" type="password" autocomplete="current-password" required />
        <button>${say('signIn')}</button>
      </form>
      ${passkeyForm(say, { how: 'get', options, fields: {} })}
      <p><a href="${PAGES}/forgotten">${say('forgotten')}</a></p>`,
  };
}

/** A code of the app or a recovery code, or a passkey where there is one. @param step how far they have come, signed */
export function factorForm(
  say: Say,
  step: string,
  kinds: FactorKinds,
  options: object | undefined,
  wrong: readonly string[] = [],
): Asked {
  return {
    title: say('secondStep'),
    usesPasskeys: options !== undefined,
    body: html`${faults(wrong)}
      <form method="post">
        <input type="hidden" name="step" value="${step}" />
        <label for="code">${say(kinds.app ? 'code' : 'recoveryCode')}</label
        ><input id="code" name="code" autocomplete="one-time-code" spellcheck="false" required />
        <button>${say('next')}</button>
      </form>
      ${options ? passkeyForm(say, { how: 'get', options, fields: { step } }) : ''}`,
  };
}

/** Leads an administrator without a second factor to one, before anything else. @param step how far they have come, signed */
export function requiredFactorForm(say: Say, step: string, { secret, uri }: TotpEnrolment): Asked {
  return {
    title: say('factor'),
    body: html`<p>${say('factorNeeded')}</p>
      <p>${say('factorHelp')}</p>
      <p><code>${secret}</code></p>
      <p><a href="${uri}">${say('openInApp')}</a></p>
      ${codeOfAppForm(say, step)}`,
  };
}

/**
 * The same where the code was not right. The key is not shown again: it could be one that somebody else has begun with meanwhile, who
 * would know it then.
 */
export function requiredFactorAgain(say: Say, step: string, wrong: readonly string[]): Asked {
  return {
    title: say('factor'),
    body: html`${faults(wrong)}
      <p>${say('factorAgain')}</p>
      ${codeOfAppForm(say, step)}`,
  };
}

/** Recovery codes, shown this once, and the way on. */
export function newCodesForm(say: Say, step: string, codes: readonly string[]): Asked {
  return {
    title: say('codes'),
    body: html`${recoveryCodes(say, codes)}
      <form method="post">
        <input type="hidden" name="step" value="${step}" />
        <button>${say('next')}</button>
      </form>`,
  };
}

function codeOfAppForm(say: Say, step: string): Html {
  return html`<form method="post">
    <input type="hidden" name="step" value="${step}" /> <label for="code">${say('codeOfApp')}</label
    ><input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" required />
    <button>${say('confirm')}</button>
  </form>`;
}
