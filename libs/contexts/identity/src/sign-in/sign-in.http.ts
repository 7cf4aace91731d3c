import { Body, Controller, Get, Inject, Param, Post, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { anyone, commandContext, Permissions, TakesForm, TWO_FACTORS } from '@samspill/platform';
import type { Provider } from 'oidc-provider';
import { RequiredFactors } from '../credentials/required-factors.js';
import type { SecondFactors } from '../credentials/second-factors.js';
import { OpenidProvider } from '../oidc/openid-provider.js';
import { underPublicOrigin } from '../oidc/to-provider.js';
import { SEVERAL_FACTORS } from '../oidc/sign-in-policy.js';
import { html } from '../pages/html.js';
import { SIGN_IN } from '../pages/page-paths.js';
import type { Say } from '../pages/words.js';
import { DeviceCookies, deviceCookie } from './device-cookies.js';
import { PasskeyDesk } from './passkey-desk.js';
import { asUser, SignInDesk, type Checked } from './sign-in-desk.js';
import {
  field,
  languageAsked,
  minutesUntil,
  showPage,
  type PageReply,
  type PageRequest,
} from './page-request.js';
import {
  factorForm,
  newCodesForm,
  passwordForm,
  requiredFactorAgain,
  requiredFactorForm,
  type Asked,
} from './sign-in-forms.js';
import { StepTokens, type Step } from './step-tokens.js';

export const SIGN_IN_ORIGIN = Symbol('public origin');
export const SECOND_FACTORS = Symbol('SecondFactors');

interface Interaction {
  readonly provider: Provider;
  readonly uid: string;
  /** Where the client wants people back: a form's answer may lead there. */
  readonly target: readonly string[];
}

/** The provider's interaction: address and password, a second factor where there is one, the terms once (W1, W28, W30). */
@ApiExcludeController()
@Permissions(anyone('it is where people sign in'))
@Controller(SIGN_IN.slice(1))
export class SignInController {
  constructor(
    @Inject(OpenidProvider) private readonly openid: OpenidProvider,
    @Inject(SignInDesk) private readonly desk: SignInDesk,
    @Inject(PasskeyDesk) private readonly passkeys: PasskeyDesk,
    @Inject(SECOND_FACTORS) private readonly factors: SecondFactors,
    @Inject(RequiredFactors) private readonly required: RequiredFactors,
    @Inject(StepTokens) private readonly steps: StepTokens,
    @Inject(DeviceCookies) private readonly devices: DeviceCookies,
    @Inject(SIGN_IN_ORIGIN) private readonly publicOrigin: string,
  ) {}

  @Get(':uid')
  async show(@Param('uid') uid: string, @Req() request: PageRequest, @Res() reply: PageReply): Promise<void> {
    const interaction = await this.#interaction(uid, request, reply);
    if (interaction) await this.#askPassword(request, reply, interaction, '', () => []);
  }

  @Post(':uid')
  @TakesForm()
  async signIn(
    @Param('uid') uid: string,
    @Body() form: unknown,
    @Req() request: PageRequest,
    @Res() reply: PageReply,
  ): Promise<void> {
    const interaction = await this.#interaction(uid, request, reply);
    if (!interaction) return;
    const context = commandContext();
    const token = field(form, 'step');
    if (token !== '') {
      const step = await this.steps.read(token, uid, context.now);
      if (!step) {
        tooOld(request, reply);
        return;
      }
      await this.#goOn(step, form, interaction, request, reply);
      return;
    }
    const passkey = field(form, 'passkey');
    if (passkey !== '') {
      await this.#byPasskey(passkey, interaction, request, reply);
      return;
    }
    const email = field(form, 'email');
    const at = { address: request.ip, device: deviceCookie(request) };
    const checked = await this.desk.checkPassword(email, field(form, 'password'), at, context);
    if (checked.kind === 'right')
      await this.#passed({ uid, user: checked.user, amr: ['pwd'] }, interaction, request, reply);
    else
      await this.#askPassword(request, reply, interaction, email, (say) =>
        notRight(say, checked, context.now, 'wrong'),
      );
  }

  async #goOn(
    step: Step,
    form: unknown,
    interaction: Interaction,
    request: PageRequest,
    reply: PageReply,
  ): Promise<void> {
    const context = commandContext();
    const lacking = await this.#lackingFactor(step);
    if (lacking === 'shown') {
      const passkey = field(form, 'passkey');
      const checked =
        passkey === ''
          ? await this.desk.checkCode(step.user, field(form, 'code'), request.ip, context)
          : await this.passkeys.check(step, passkey, request.ip, context);
      if (checked.kind === 'right')
        await this.#passed(withFactor(step, passkey === '' ? 'otp' : 'pop'), interaction, request, reply);
      else
        await this.#askFactor(step, interaction, request, reply, (say) =>
          notRight(say, checked, context.now, passkey === '' ? 'wrongCode' : 'passkeyFailed'),
        );
      return;
    }
    if (lacking === 'enrolled') {
      await this.#enrol(step, form, interaction, request, reply);
      return;
    }
    if (field(form, 'terms') === 'yes') await this.desk.acceptTerms(step.user, asUser(step.user, context));
    await this.#passed(step, interaction, request, reply);
  }

  /** Asks for what is still missing, or is done. */
  async #passed(step: Step, interaction: Interaction, request: PageRequest, reply: PageReply): Promise<void> {
    const context = commandContext();
    const lacking = await this.#lackingFactor(step);
    if (lacking === 'shown') await this.#askFactor(step, interaction, request, reply, () => []);
    else if (lacking === 'enrolled') {
      const token = await this.steps.write(step, context.now);
      const enrolment = await this.desk.startTotp(step.user, context);
      if (enrolment)
        this.#ask(request, reply, interaction, (say) => requiredFactorForm(say, token, enrolment));
      else tooOld(request, reply);
    } else if (await this.desk.mustAcceptTerms(step.user, context)) {
      const token = await this.steps.write(step, context.now);
      this.#ask(request, reply, interaction, (say) => termsForm(say, token));
    } else {
      const { user: accountId, amr } = step;
      const login = { accountId, amr, remember: true, ...(isSure(step) && { acr: TWO_FACTORS }) };
      const raw = underPublicOrigin(request.raw, this.publicOrigin);
      reply.raw.appendHeader('set-cookie', await this.devices.headerFor(accountId, context.now));
      reply.hijack();
      await interaction.provider.interactionFinished(
        raw,
        reply.raw,
        { login },
        { mergeWithLastSubmission: false },
      );
    }
  }

  /** What is still to be done about a second factor: to be shown where there is one, to be enrolled where one is required. */
  async #lackingFactor(step: Step): Promise<'shown' | 'enrolled' | undefined> {
    if (isSure(step)) return undefined;
    if (await this.factors.isEnrolled(step.user)) return 'shown';
    return (await this.required.areRequiredOf(step.user)) ? 'enrolled' : undefined;
  }

  /** Signs in by a passkey alone: it knows whose it is, and has looked who uses it. */
  async #byPasskey(
    answer: string,
    interaction: Interaction,
    request: PageRequest,
    reply: PageReply,
  ): Promise<void> {
    const context = commandContext();
    const { uid } = interaction;
    const checked = await this.passkeys.check({ uid }, answer, request.ip, context);
    if (checked.kind === 'right') {
      const step = { uid, user: checked.user, amr: ['pop', 'user', SEVERAL_FACTORS] };
      await this.#passed(step, interaction, request, reply);
    } else
      await this.#askPassword(request, reply, interaction, '', (say) =>
        notRight(say, checked, context.now, 'passkeyFailed'),
      );
  }

  async #askPassword(
    request: PageRequest,
    reply: PageReply,
    interaction: Interaction,
    email: string,
    wrong: (say: Say) => readonly string[],
  ): Promise<void> {
    const options = await this.passkeys.options({ uid: interaction.uid }, commandContext());
    this.#ask(request, reply, interaction, (say) => passwordForm(say, email, options, wrong(say)));
  }

  async #askFactor(
    step: Step,
    interaction: Interaction,
    request: PageRequest,
    reply: PageReply,
    wrong: (say: Say) => readonly string[],
  ): Promise<void> {
    const context = commandContext();
    const token = await this.steps.write(step, context.now);
    const kinds = await this.factors.kindsOf(step.user);
    const options = kinds.passkeys ? await this.passkeys.options(step, context) : undefined;
    this.#ask(request, reply, interaction, (say) => factorForm(say, token, kinds, options, wrong(say)));
  }

  /** Somebody who must have a second factor shows the first code of theirs. */
  async #enrol(
    step: Step,
    form: unknown,
    interaction: Interaction,
    request: PageRequest,
    reply: PageReply,
  ): Promise<void> {
    const context = commandContext();
    const shown = await this.desk.confirmTotp(step.user, field(form, 'code'), request.ip, context);
    const isDone = shown.kind === 'confirmed';
    const token = await this.steps.write(isDone ? withFactor(step, 'otp') : step, context.now);
    this.#ask(request, reply, interaction, (say) =>
      shown.kind === 'confirmed'
        ? newCodesForm(say, token, shown.codes)
        : requiredFactorAgain(say, token, notRight(say, shown, context.now, 'wrongCode')),
    );
  }

  #ask(request: PageRequest, reply: PageReply, { target }: Interaction, asked: (say: Say) => Asked): void {
    const language = languageAsked(request);
    showPage(reply, { language, page: asked, formTargets: target });
  }

  /** Undefined where there is none (any more) in this browser; that has been said then. */
  async #interaction(uid: string, request: PageRequest, reply: PageReply): Promise<Interaction | undefined> {
    const provider = await this.openid.current();
    try {
      const raw = underPublicOrigin(request.raw, this.publicOrigin);
      const details = await provider.interactionDetails(raw, reply.raw);
      const wanted = details.params['redirect_uri'];
      const target = typeof wanted === 'string' && URL.canParse(wanted) ? [new URL(wanted).origin] : [];
      if (details.uid === uid) return { provider, uid, target };
    } catch (error) {
      if (!(error instanceof Error && error.name === 'SessionNotFound')) throw error;
    }
    tooOld(request, reply);
    return undefined;
  }
}

function isSure({ amr }: Step): boolean {
  return amr.includes(SEVERAL_FACTORS);
}

/** @param factor as RFC 8176 names it: a code, or that a key is theirs */
function withFactor(step: Step, factor: 'otp' | 'pop'): Step {
  return { ...step, amr: [...step.amr, factor, SEVERAL_FACTORS] };
}

function termsForm(say: Say, step: string): Asked {
  return {
    title: say('terms'),
    body: html`<p>${say('termsText')}</p>
      <form method="post">
        <input type="hidden" name="step" value="${step}" />
        <label class="check"
          ><input type="checkbox" name="terms" value="yes" required /> ${say('acceptTerms')}</label
        >
        <button>${say('next')}</button>
      </form>`,
  };
}

function notRight(
  say: Say,
  checked: Exclude<Checked, { kind: 'right' }>,
  now: Date,
  wrong: 'wrong' | 'wrongCode' | 'passkeyFailed',
): readonly string[] {
  return [checked.kind === 'blocked' ? say('blocked', minutesUntil(checked.until, now)) : say(wrong)];
}

function tooOld(request: PageRequest, reply: PageReply): void {
  showPage(reply, {
    language: languageAsked(request),
    status: 400,
    page: (say) => ({ title: say('signIn'), body: html`<p>${say('tooOld')}</p>` }),
  });
}
