import { html, type Html } from './html.js';
import type { Say } from './words.js';

/** Recovery codes, which are shown once, and what they are for. */
export function recoveryCodes(say: Say, codes: readonly string[]): Html {
  return html`<p>${say('codesHelp')}</p>
    <ul>
      ${codes.map((code) => html`<li><code>${code}</code></li>`)}
    </ul>`;
}
