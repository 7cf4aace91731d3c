import { Body, Controller, Get, Header, Inject, Post, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { anyone, commandContext, Permissions, TakesForm } from '@samspill/platform';
import { RequiredFactors } from '../credentials/required-factors.js';
import { PAGES } from '../pages/page-paths.js';
import { PASSKEY_SCRIPT } from '../pages/passkey-script.js';
import { codesPage, newPasskeyPage } from './account-pages.js';
import { OwnAccount } from './own-account.js';
import { field, seeOther, showPage, type PageReply, type PageRequest } from './page-request.js';
import { PasskeyDesk } from './passkey-desk.js';

/** Passkeys of people's own user: made, named, removed. */
@ApiExcludeController()
@Permissions(anyone('pages look for the session of the browser by themselves'))
@Controller(PAGES.slice(1))
export class PasskeyController {
  constructor(
    @Inject(OwnAccount) private readonly account: OwnAccount,
    @Inject(PasskeyDesk) private readonly desk: PasskeyDesk,
    @Inject(RequiredFactors) private readonly required: RequiredFactors,
  ) {}

  @Get('passkeys.js')
  @Header('content-type', 'text/javascript; charset=utf-8')
  @Header('cache-control', 'public, max-age=3600')
  script(): string {
    return PASSKEY_SCRIPT;
  }

  /** Shows the page whose script has the browser make one. */
  @Post('passkey')
  @TakesForm()
  async start(@Body() form: unknown, @Req() request: PageRequest, @Res() reply: PageReply): Promise<void> {
    const own = await this.account.confirmed(form, request, reply);
    if (!own) return;
    const options = await this.desk.registrationOptions(own.user, commandContext());
    if (!options) {
      await this.account.show(own, reply, [['passkeysMany']]);
      return;
    }
    const name = field(form, 'name');
    showPage(reply, { language: own.state.language, page: (say) => newPasskeyPage(say, options, name) });
  }

  /** The challenge was issued to somebody who had said their password, and is signed once. */
  @Post('passkey-made')
  @TakesForm()
  async add(@Body() form: unknown, @Req() request: PageRequest, @Res() reply: PageReply): Promise<void> {
    const own = await this.account.own(request, reply);
    if (!own) return;
    const answer = field(form, 'passkey');
    const added = await this.desk.add(own.user, field(form, 'name'), answer, commandContext());
    if (added.kind === 'refused') await this.account.show(own, reply, [['passkeyFailed']]);
    else if (added.codes.length === 0) seeOther(reply, PAGES);
    else showPage(reply, { language: own.state.language, page: (say) => codesPage(say, added.codes) });
  }

  @Post('passkey-off')
  @TakesForm()
  async remove(@Body() form: unknown, @Req() request: PageRequest, @Res() reply: PageReply): Promise<void> {
    const own = await this.account.confirmed(form, request, reply);
    if (!own) return;
    const isLast = await this.desk.isLastFactor(own.user);
    if (isLast && (await this.required.areRequiredOf(own.user))) {
      await this.account.show(own, reply, [['factorNeeded']]);
      return;
    }
    await this.desk.remove(own.user, field(form, 'id'), commandContext());
    seeOther(reply, PAGES);
  }
}
