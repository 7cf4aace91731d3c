import { Body, Controller, Get, Inject, Post, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { EMAIL_MAX_LENGTH, parseEmail } from '@samspill/contracts';
import { anyone, commandContext, Permissions, TakesForm } from '@samspill/platform';
import { Passkeys } from '../credentials/passkeys.js';
import { RequiredFactors } from '../credentials/required-factors.js';
import type { SecondFactors } from '../credentials/second-factors.js';
import { SignInAttempts } from '../credentials/sign-in-attempts.js';
import { OidcStore } from '../oidc/oidc-store.js';
import { userHistory } from '../persons/user-history.js';
import { PAGES } from '../pages/page-paths.js';
import { UserDesk } from '../user/user-desk.js';
import { codesPage, enrolPage } from './account-pages.js';
import { faultWords } from './link-pages.http.js';
import { OwnAccount } from './own-account.js';
import { field, minutesUntil, seeOther, showPage, type PageReply, type PageRequest } from './page-request.js';
import { SECOND_FACTORS } from './sign-in.http.js';
import { asUser, SignInDesk } from './sign-in-desk.js';

/** What people do to their own user: password, address, second factor, sessions, and all that is known of them as a file. */
@ApiExcludeController()
@Permissions(anyone('pages look for the session of the browser by themselves'))
@Controller(PAGES.slice(1))
export class AccountController {
  constructor(
    @Inject(OwnAccount) private readonly account: OwnAccount,
    @Inject(SignInDesk) private readonly desk: SignInDesk,
    @Inject(UserDesk) private readonly users: UserDesk,
    @Inject(OidcStore) private readonly store: OidcStore,
    @Inject(SECOND_FACTORS) private readonly factors: SecondFactors,
    @Inject(Passkeys) private readonly passkeys: Passkeys,
    @Inject(RequiredFactors) private readonly required: RequiredFactors,
    @Inject(SignInAttempts) private readonly attempts: SignInAttempts,
  ) {}

  @Get()
  async show(@Req() request: PageRequest, @Res() reply: PageReply): Promise<void> {
    const own = await this.account.own(request, reply);
    if (own) await this.account.show(own, reply, []);
  }

  /** Where signing in for these pages comes back to. */
  @Get('signed-in')
  signedIn(@Res() reply: PageReply): void {
    seeOther(reply, PAGES);
  }

  @Post('change-password')
  @TakesForm()
  async changePassword(
    @Body() form: unknown,
    @Req() request: PageRequest,
    @Res() reply: PageReply,
  ): Promise<void> {
    const own = await this.account.confirmed(form, request, reply);
    if (!own) return;
    const set = await this.desk.changePassword(own.user, field(form, 'new-password'), commandContext());
    if (set.kind === 'faulty') await this.account.show(own, reply, (say) => faultWords(say, set.faults));
    else seeOther(reply, PAGES);
  }

  @Post('change-email')
  @TakesForm()
  async changeEmail(
    @Body() form: unknown,
    @Req() request: PageRequest,
    @Res() reply: PageReply,
  ): Promise<void> {
    const own = await this.account.confirmed(form, request, reply);
    if (!own) return;
    const parsed = parseEmail(field(form, 'email').slice(0, EMAIL_MAX_LENGTH + 1));
    if (!parsed.ok) {
      await this.account.show(own, reply, [['emailInvalid']]);
      return;
    }
    await this.users.sendLink(own.user, 'email', asUser(own.user, commandContext()), parsed.value);
    await this.account.show(own, reply, [], [['linkSent']]);
  }

  @Post('second-factor')
  @TakesForm()
  async startFactor(
    @Body() form: unknown,
    @Req() request: PageRequest,
    @Res() reply: PageReply,
  ): Promise<void> {
    const own = await this.account.confirmed(form, request, reply);
    if (!own) return;
    const { language } = own.state;
    const enrolment = await this.desk.startTotp(own.user, commandContext());
    if (!enrolment) {
      seeOther(reply, PAGES);
      return;
    }
    showPage(reply, { language, page: (say) => enrolPage(say, enrolment, []) });
  }

  @Post('second-factor-code')
  @TakesForm()
  async confirmFactor(
    @Body() form: unknown,
    @Req() request: PageRequest,
    @Res() reply: PageReply,
  ): Promise<void> {
    const own = await this.account.own(request, reply);
    if (!own) return;
    const context = commandContext();
    const shown = await this.desk.confirmTotp(own.user, field(form, 'code'), request.ip, context);
    if (shown.kind !== 'confirmed') {
      const isBlocked = shown.kind === 'blocked';
      await this.account.show(own, reply, [
        isBlocked ? ['blocked', minutesUntil(shown.until, context.now)] : ['wrongCode'],
      ]);
      return;
    }
    showPage(reply, { language: own.state.language, page: (say) => codesPage(say, shown.codes) });
  }

  @Post('second-factor-off')
  @TakesForm()
  async stopFactor(
    @Body() form: unknown,
    @Req() request: PageRequest,
    @Res() reply: PageReply,
  ): Promise<void> {
    const own = await this.account.confirmed(form, request, reply);
    if (!own) return;
    const { passkeys } = await this.factors.kindsOf(own.user);
    if (!passkeys && (await this.required.areRequiredOf(own.user))) {
      await this.account.show(own, reply, [['factorNeeded']]);
      return;
    }
    const statements = this.factors.removing(own.user);
    const command = { kind: 'change-second-factor', factor: 'totp', change: 'removed' } as const;
    await this.users.command(own.user, command, asUser(own.user, commandContext()), () => statements);
    seeOther(reply, PAGES);
  }

  @Post('end-session')
  @TakesForm()
  async endSession(
    @Body() form: unknown,
    @Req() request: PageRequest,
    @Res() reply: PageReply,
  ): Promise<void> {
    const own = await this.account.own(request, reply);
    if (!own) return;
    await this.store.endSession(own.user, field(form, 'session'));
    seeOther(reply, PAGES);
  }

  /** Everything that is known of the person, as JSON. */
  @Get('my-data.json')
  async ownData(@Req() request: PageRequest, @Res() reply: PageReply): Promise<void> {
    const own = await this.account.own(request, reply);
    if (!own) return;
    const events = await this.users.history(own.user, commandContext());
    const { fields, former } = userHistory(events);
    const data = {
      user: own.user,
      fields,
      former,
      sessions: await this.store.sessionsOf(own.user),
      secondFactor: await this.factors.isEnrolled(own.user),
      passkeys: (await this.passkeys.list(own.user)).map(({ id: _id, ...passkey }) => passkey),
      signInAttempts: await this.attempts.of(own.user),
      events: events.map(({ type, data: said, meta: { time, actor } }) => ({ time, type, by: actor, said })),
    };
    reply
      .header('content-type', 'application/json; charset=utf-8')
      .header('content-disposition', 'attachment; filename="samspill-my-data.json"')
      .header('cache-control', 'no-store')
      .send(`${JSON.stringify(data, undefined, 2)}\n`);
  }
}
