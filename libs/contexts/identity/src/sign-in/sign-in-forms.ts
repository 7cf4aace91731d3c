import type { TotpEnrolment } from '../credentials/second-factors.js';
import { html, type Html } from '../pages/html.js';
import { faults } from '../pages/layout.js';
import type { Say } from '../pages/words.js';

/** What somebody is asked on the way in. */
export interface Asked {
  readonly title: string;
  readonly body: Html;
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
export function requiredFactorAgain(say: Say, step: string): Asked {
  return {
    title: say('factor'),
    body: html`${faults([say('wrongCode')])}
      <p>${say('factorAgain')}</p>
      ${codeOfAppForm(say, step)}`,
  };
}

/** Recovery codes, shown this once, and the way on. */
export function newCodesForm(say: Say, step: string, codes: readonly string[]): Asked {
  return {
    title: say('codes'),
    body: html`<p>${say('codesHelp')}</p>
      <ul>
        ${codes.map((code) => html`<li><code>${code}</code></li>`)}
      </ul>
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
