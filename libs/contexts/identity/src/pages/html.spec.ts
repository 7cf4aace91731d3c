import { describe, expect, it } from '@jest/globals';
import { userLanguage } from '@samspill/contracts';
import fc from 'fast-check';
import { writeMail } from '../mail/write-mail.js';
import { LINK_TEXTS, NOTICE_TEXTS } from '../mail/mail-texts.js';
import { html } from './html.js';
import { languageOf } from './words.js';

describe('markup', () => {
  it('takes whatever is put into it as text', () => {
    expect(html`<p title="${'"><script>'}">${'<b>&'}</p>`.text).toBe(
      '<p title="&#34;&#62;&#60;script&#62;">&#60;b&#62;&#38;</p>',
    );
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(html`${text}`.text).not.toMatch(/[<>"'`]/);
      }),
    );
  });

  it('takes markup and lists of markup as they are', () => {
    const items = ['a', '<'].map((item) => html`<b>${item}</b>`);
    expect(html`<p>${items}</p>`.text).toBe('<p><b>a</b><b>&#60;</b></p>');
  });
});

describe('mails', () => {
  it('W25 W27 say «Klikk her» in the user’s language, as text and as HTML, and nothing that a name smuggles in', () => {
    const address = 'https://samspill.example.com/x?link=abc';
    for (const language of userLanguage.options) {
      for (const words of [
        ...Object.values(LINK_TEXTS[language]),
        ...Object.values(NOTICE_TEXTS[language]),
      ]) {
        const mail = writeMail(words, { firstName: '<img src=x>', language }, address);
        expect(mail.html).not.toContain('<img');
        expect(mail.html).toContain(`lang="${language}"`);
        expect(mail.text).toContain(address);
      }
    }
    expect(
      writeMail(LINK_TEXTS.nb.activation, { firstName: 'Kari', language: 'nb' }, address).text,
    ).toContain(`Klikk her: ${address}`);
  });
});

describe('the language of a page', () => {
  it('is the first that the browser wants and there are words in, else Norwegian', () => {
    expect(
      ['sv-SE,sv;q=0.9,en;q=0.8', 'fi,en;q=0.5,sv;q=0.7', 'nn', 'tlh', undefined].map(languageOf),
    ).toEqual(['sv', 'sv', 'nb', 'nb', 'nb']);
  });
});
