import type { KoaContextWithOIDC } from 'oidc-provider';
import { Html, html } from './html.js';
import { layout, pageHeaders, type Page } from './layout.js';
import { languageOf, sayIn, type Say } from './words.js';

/** Pages that the provider shows by itself: signing out, a device's code, and what did not work. */
export class ProviderPages {
  signOut(ctx: KoaContextWithOIDC, form: string): void {
    show(ctx, (say) => ({
      title: say('signOut'),
      body: html`<p>${say('signOutAsk')}</p>
        ${new Html(form)}
        <button type="submit" form="op.logoutForm" name="logout" value="yes">${say('signOut')}</button>
        <button type="submit" form="op.logoutForm" class="other">${say('stay')}</button>`,
    }));
  }

  signedOut(ctx: KoaContextWithOIDC): void {
    show(ctx, (say) => ({ title: say('signOut'), body: html`<p>${say('signedOut')}</p>` }));
  }

  userCode(ctx: KoaContextWithOIDC, form: string, isWrong: boolean): void {
    show(ctx, (say) => ({
      title: say('signIn'),
      body: html`${isWrong ? html`<div class="faults" role="alert"><p>${say('wrongCode')}</p></div>` : ''}
        <p>${say('deviceCode')}</p>
        ${new Html(form)}<button type="submit" form="op.deviceInputForm">${say('next')}</button>`,
    }));
  }

  confirmDevice(ctx: KoaContextWithOIDC, form: string, client: string, code: string): void {
    show(ctx, (say) => ({
      title: say('signIn'),
      body: html`<p>${say('deviceConfirm')}</p>
        <p><code>${code}</code> (${client})</p>
        ${new Html(form)}
        <button type="submit" form="op.deviceConfirmForm">${say('confirm')}</button>
        <button type="submit" form="op.deviceConfirmForm" name="abort" value="yes" class="other">
          ${say('stay')}
        </button>`,
    }));
  }

  deviceDone(ctx: KoaContextWithOIDC): void {
    show(ctx, (say) => ({ title: say('signIn'), body: html`<p>${say('deviceDone')}</p>` }));
  }

  /** Codes of the standard only: descriptions may quote what was sent. */
  failed(ctx: KoaContextWithOIDC, error: string): void {
    show(ctx, (say) => ({
      title: say('failed'),
      body: html`<p>${say('again')}</p>
        <p class="hint">${error}</p>`,
    }));
  }
}

function show(ctx: KoaContextWithOIDC, page: (say: Say) => Page): void {
  const language = languageOf(ctx.get('accept-language'));
  ctx.set({ ...pageHeaders() });
  ctx.body = layout(language, page(sayIn(language)));
}
