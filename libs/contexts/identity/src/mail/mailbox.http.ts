import { Controller, Get, Inject, Param, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { anyone, HttpProblem, Permissions } from '@samspill/platform';
import { Html, html } from '../pages/html.js';
import { MAILBOX } from '../pages/page-paths.js';
import { languageAsked, showPage, type PageReply, type PageRequest } from '../sign-in/page-request.js';
import { Mailbox } from './mailbox.js';

/** The mails that would have gone out, where none leaves the machine (`npm start`). */
@ApiExcludeController()
@Permissions(anyone('it is there only where mails stay on the machine, on loopback'))
@Controller(MAILBOX.slice(1))
export class MailboxController {
  constructor(@Inject(Mailbox) private readonly mailbox: Mailbox) {}

  @Get()
  list(@Req() request: PageRequest, @Res() reply: PageReply): void {
    const lines = this.mailbox.mails.map(
      ({ to, subject, at }, index) =>
        html`<li>
          <a href="${MAILBOX}/${index}">${subject}</a><br />${to}, ${at.toISOString().slice(11, 19)}
        </li>`,
    );
    const page = {
      title: 'Mailbox',
      body: html`<p>Mails of this machine, newest first. None of them leaves it.</p>
        <ul>
          ${lines}
        </ul>`,
    };
    showPage(reply, { language: languageAsked(request), page: () => page });
  }

  @Get(':index')
  mail(@Param('index') index: string, @Req() request: PageRequest, @Res() reply: PageReply): void {
    const mail = this.mailbox.mails[Number(index)];
    if (!mail) throw new HttpProblem(404, 'mail.not-found', 'There is no such mail here (any more).');
    const body = /<body[^>]*>([\s\S]*)<\/body>/.exec(mail.html)?.[1] ?? '';
    const page = {
      title: mail.subject,
      body: html`<p class="hint">${mail.to}</p>
        ${new Html(body)}`,
    };
    showPage(reply, { language: languageAsked(request), page: () => page });
  }
}
