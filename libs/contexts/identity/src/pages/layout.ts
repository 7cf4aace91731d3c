import type { UserLanguage } from '@samspill/contracts';
import { html, type Html } from './html.js';
import { PAGES } from './page-paths.js';

/** Small enough for a phone, large enough to read; contrast above 4.5:1 in light and dark (WCAG 2.2, 1.4.3). */
export const STYLE = `
:root{color-scheme:light dark;--ink:#1b1f24;--paper:#fff;--line:#6b7580;--strong:#0b57a4;--bad:#a3140f;--soft:#eef2f6}
@media(prefers-color-scheme:dark){:root{--ink:#eceff2;--paper:#15191e;--line:#98a3ae;--strong:#8cc4ff;--bad:#ff9d96;--soft:#232a32}}
*{box-sizing:border-box}
body{margin:0;font:1.0625rem/1.5 system-ui,sans-serif;color:var(--ink);background:var(--soft)}
main{max-width:27rem;margin:0 auto;overflow-wrap:anywhere;padding:1.25rem;background:var(--paper);min-height:100vh}
@media(min-width:32rem){main{margin:3rem auto;padding:2rem;min-height:0;border-radius:.75rem}}
h1{font-size:1.5rem;line-height:1.25;margin:.25rem 0 1rem}h2{font-size:1.15rem;margin:2rem 0 .5rem}
.product{color:var(--strong);font-weight:700;margin:0}
label{display:block;margin-top:1rem;font-weight:600}
input:not([type=checkbox]):not([type=hidden]){width:100%;font:inherit;padding:.65rem;margin-top:.25rem;color:inherit;background:var(--paper);border:1px solid var(--line);border-radius:.4rem}
label.check{display:flex;gap:.6rem;align-items:flex-start;font-weight:400}label.check input{width:1.4rem;height:1.4rem;flex:none}
button{font:inherit;font-weight:600;width:100%;min-height:2.75rem;padding:.6rem 1rem;margin-top:1.25rem;color:var(--paper);background:var(--strong);border:1px solid var(--strong);border-radius:.4rem;cursor:pointer}
button.other{color:var(--strong);background:transparent}
a{color:var(--strong)}:focus-visible{outline:3px solid var(--strong);outline-offset:2px}
.faults{border-left:.3rem solid var(--bad);padding:.25rem .75rem;color:var(--bad)}.faults p{margin:.25rem 0}
.hint{color:inherit;opacity:.85;margin:.35rem 0 0;font-size:.95rem}
code{font:1.05em ui-monospace,monospace;overflow-wrap:anywhere}meter{width:100%;height:.8rem}ul{padding-left:1.25rem}li form{display:inline}
`;

export interface Page {
  readonly title: string;
  readonly body: Html;
  /** Whether the script that shows a password's strength goes with it. */
  readonly showsStrength?: boolean;
  /** Whether the script that asks for passkeys goes with it. */
  readonly usesPasskeys?: boolean;
}

export function layout(
  language: UserLanguage,
  { title, body, showsStrength = false, usesPasskeys = false }: Page,
): string {
  const names = [...(showsStrength ? ['strength'] : []), ...(usesPasskeys ? ['passkeys'] : [])];
  const scripts = names.map((name) => html`<script src="${PAGES}/${name}.js" defer></script>`);
  return html`<!doctype html>
    <html lang="${language}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width,initial-scale=1" />
        <meta name="robots" content="noindex" />
        <title>${title} – Samspill</title>
        <link rel="stylesheet" href="${PAGES}/style.css" />
        ${scripts}
      </head>
      <body>
        <main>
          <p class="product">Samspill</p>
          <h1>${title}</h1>
          ${body}
        </main>
      </body>
    </html>`.text;
}

/** What a form cannot do as it was sent; read out as soon as the page is there. */
export function faults(sentences: readonly string[]): Html | string {
  if (sentences.length === 0) return '';
  return html`<div class="faults" role="alert">
    ${sentences.map((sentence) => html`<p>${sentence}</p>`)}
  </div>`;
}

/**
 * Headers of every page: nothing is kept, nothing is told to others, nothing of others runs.
 * @param formTargets origins besides ours that a form's answer may lead to: browsers hold redirects after a form to it
 */
export function pageHeaders(formTargets: readonly string[] = []): Readonly<Record<string, string>> {
  return {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-frame-options': 'DENY',
    'x-content-type-options': 'nosniff',
    'content-security-policy': [
      "default-src 'none'",
      "style-src 'self'",
      "script-src 'self'",
      "connect-src 'self'",
      ["form-action 'self'", ...formTargets].join(' '),
      "frame-ancestors 'none'",
      "base-uri 'none'",
    ].join('; '),
  };
}
