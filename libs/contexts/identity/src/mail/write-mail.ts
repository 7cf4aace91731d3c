import type { UserLanguage } from '@samspill/contracts';
import { html, type Html } from '../pages/html.js';
import { GREETINGS, type MailText } from './mail-texts.js';

export interface WrittenMail {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** @param address of the link; undefined where there is none */
export function writeMail(
  words: MailText,
  { firstName, language }: { readonly firstName: string; readonly language: UserLanguage },
  address: string | undefined,
): WrittenMail {
  const greeting = `${GREETINGS[language]} ${firstName},`;
  const linked: Html | string =
    address === undefined
      ? ''
      : html`<p><a href="${address}" style="font-size:1.2em">${words.click}</a></p>
          <p><small>${address}</small></p>`;
  const page = html`<!doctype html>
    <html lang="${language}">
      <head>
        <meta charset="utf-8" />
        <title>${words.subject}</title>
      </head>
      <body style="font-family:sans-serif;max-width:36em">
        <p>${greeting}</p>
        <p>${words.before}</p>
        ${linked}
        <p>${words.after}</p>
      </body>
    </html>`;
  const lines = [
    greeting,
    words.before,
    ...(address === undefined ? [] : [`${words.click}: ${address}`]),
    words.after,
  ];
  return { subject: words.subject, text: `${lines.join('\n\n')}\n`, html: page.text };
}
