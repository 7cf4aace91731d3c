import { html, type Html } from './html.js';
import type { Say } from './words.js';

export interface PasskeyForm {
  readonly how: 'create' | 'get';
  /** As `parseCreationOptionsFromJSON` or `parseRequestOptionsFromJSON` of a browser reads them. */
  readonly options: object;
  readonly action?: string;
  /** Fields that go with it. */
  readonly fields: Readonly<Record<string, string>>;
}

/** A button that asks for a passkey and sends what it says in the field `passkey`; shown by the script of passkeys, where they can be used. */
export function passkeyForm(say: Say, { how, options, action, fields }: PasskeyForm): Html {
  const hidden = Object.entries(fields).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`,
  );
  const where = action === undefined ? html`` : html` action="${action}"`;
  return html`<form
    method="post"
    ${where}
    data-passkey="${how}"
    data-options="${JSON.stringify(options)}"
    hidden
  >
    ${hidden}<input type="hidden" name="passkey" value="" />
    <p class="faults" role="alert" data-failed hidden>${say('passkeyFailed')}</p>
    <button type="button" class="other">${say(how === 'create' ? 'passkeyCreate' : 'passkeySignIn')}</button>
  </form>`;
}
