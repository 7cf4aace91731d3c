import { Body, Controller, Get, Header, HttpCode, Inject, Post, Query, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { isRejection } from '@samspill/kernel';
import { ReservationTakenError } from '@samspill/eventlog';
import { anyone, commandContext, Permissions, TakesForm } from '@samspill/platform';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import {
  minLengthOf,
  PASSWORD_MAX_LENGTH,
  strengthOf,
  type PasswordFault,
} from '../credentials/password-policy.js';
import { html, type Html } from '../pages/html.js';
import { faults, STYLE, type Page } from '../pages/layout.js';
import { PAGES } from '../pages/page-paths.js';
import { STRENGTH_SCRIPT } from '../pages/strength-script.js';
import { sayIn, type Say } from '../pages/words.js';
import { UserDesk } from '../user/user-desk.js';
import { asUser, aboutUser, SignInDesk } from './sign-in-desk.js';
import {
  field,
  languageAsked,
  seeOther,
  showPage,
  type PageReply,
  type PageRequest,
} from './page-request.js';

/** An answer to who asks for a link takes this long, whether there is a user or not. */
const LINK_ANSWER_MS = 400;
const TOKEN_MAX_LENGTH = 200;
const EMAIL_FIELD_MAX_LENGTH = 254;

const linkQuery = z.object({ link: z.string().max(TOKEN_MAX_LENGTH).default('') });
const strengthForm = z.strictObject({
  password: z.string().max(2 * PASSWORD_MAX_LENGTH),
  link: z.string().max(TOKEN_MAX_LENGTH),
  /** As the page says it: what counts is asked when the password is set. */
  secondFactor: z.boolean().default(false),
});
type Link = z.output<typeof linkQuery>;

/** Pages that links of mails lead to. Mail programs follow links: opening one shows a page, and its button does what it is for (W26). */
@ApiExcludeController()
@Permissions(anyone('links of mails lead here; the secret in them is what counts'))
@Controller(PAGES.slice(1))
export class LinkPagesController {
  constructor(
    @Inject(SignInDesk) private readonly desk: SignInDesk,
    @Inject(UserDesk) private readonly users: UserDesk,
  ) {}

  @Get('style.css')
  @Header('content-type', 'text/css; charset=utf-8')
  @Header('cache-control', 'public, max-age=3600')
  style(): string {
    return STYLE;
  }

  @Get('strength.js')
  @Header('content-type', 'text/javascript; charset=utf-8')
  @Header('cache-control', 'public, max-age=3600')
  script(): string {
    return STRENGTH_SCRIPT;
  }

  /** What is typed is looked at and forgotten. */
  @Post('strength')
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  async strength(
    @Body({ schema: strengthForm }) { password, link, secondFactor }: z.output<typeof strengthForm>,
    @Req() request: PageRequest,
  ): Promise<{ readonly score: number; readonly words: readonly string[] }> {
    const open = await this.desk.openLink(link, 'password', commandContext());
    const strength = strengthOf(password, open ? aboutUser(open.state) : [], secondFactor);
    const say = sayIn(languageAsked(request));
    const words = strength.faults.length === 0 ? [say('strengthGood')] : faultWords(say, strength.faults);
    return { score: strength.score, words };
  }

  @Get('activate')
  async showActivation(
    @Query({ schema: linkQuery }) { link }: Link,
    @Req() request: PageRequest,
    @Res() reply: PageReply,
  ): Promise<void> {
    const open = await this.desk.openLink(link, 'activation', commandContext());
    if (!open) {
      unusable(request, reply);
      return;
    }
    showPage(reply, {
      language: open.state.language,
      page: (say) => button(say('activate'), say('activateHelp'), say('activate'), link),
    });
  }

  @Post('activate')
  @TakesForm()
  async activate(@Body() form: unknown, @Req() request: PageRequest, @Res() reply: PageReply): Promise<void> {
    const next = await this.desk.activate(field(form, 'link'), commandContext());
    if (isRejection(next)) unusable(request, reply);
    else seeOther(reply, `${PAGES}/password?link=${next}`);
  }

  @Get('password')
  async showPassword(
    @Query({ schema: linkQuery }) { link }: Link,
    @Req() request: PageRequest,
    @Res() reply: PageReply,
  ): Promise<void> {
    const open = await this.desk.openLink(link, 'password', commandContext());
    if (!open) {
      unusable(request, reply);
      return;
    }
    const whose = { link, hasSecondFactor: await this.desk.hasSecondFactor(open.user) };
    showPage(reply, { language: open.state.language, page: (say) => passwordPage(say, whose, []) });
  }

  @Post('password')
  @TakesForm()
  async setPassword(
    @Body() form: unknown,
    @Req() request: PageRequest,
    @Res() reply: PageReply,
  ): Promise<void> {
    const context = commandContext();
    const link = field(form, 'link');
    const open = await this.desk.openLink(link, 'password', context);
    const set = await this.desk.setPassword(link, field(form, 'password'), context);
    if (set.kind === 'unusable' || !open) {
      unusable(request, reply);
      return;
    }
    const { language } = open.state;
    if (set.kind === 'faulty') {
      const whose = { link, hasSecondFactor: await this.desk.hasSecondFactor(open.user) };
      showPage(reply, { language, status: 422, page: (say) => passwordPage(say, whose, set.faults) });
    } else
      showPage(reply, {
        language,
        page: (say) => ({
          title: say('passwordDone'),
          body: html`<p>${say('doneSignIn')} ${say('passwordHolds')}</p>
            <p><a href="${PAGES}">${say('signIn')}</a></p>`,
        }),
      });
  }

  @Get('forgotten')
  showForgotten(@Req() request: PageRequest, @Res() reply: PageReply): void {
    showPage(reply, { language: languageAsked(request), page: forgottenPage });
  }

  @Post('forgotten')
  @TakesForm()
  async sendLink(@Body() form: unknown, @Req() request: PageRequest, @Res() reply: PageReply): Promise<void> {
    const email = field(form, 'email').slice(0, EMAIL_FIELD_MAX_LENGTH);
    await Promise.all([this.desk.sendLink(email, request.ip, commandContext()), delay(LINK_ANSWER_MS)]);
    showPage(reply, {
      language: languageAsked(request),
      page: (say) => ({ title: say('forgotten'), body: html`<p>${say('linkSent')}</p>` }),
    });
  }

  @Get('confirm-email')
  async showEmail(
    @Query({ schema: linkQuery }) { link }: Link,
    @Req() request: PageRequest,
    @Res() reply: PageReply,
  ): Promise<void> {
    const open = await this.desk.openLink(link, 'email', commandContext());
    if (!open) {
      unusable(request, reply);
      return;
    }
    const address = open.state.links.get('email')?.email ?? '';
    showPage(reply, {
      language: open.state.language,
      page: (say) => button(say('confirmEmail'), address, say('confirm'), link),
    });
  }

  @Post('confirm-email')
  @TakesForm()
  async confirmEmail(
    @Body() form: unknown,
    @Req() request: PageRequest,
    @Res() reply: PageReply,
  ): Promise<void> {
    const context = commandContext();
    const open = await this.desk.openLink(field(form, 'link'), 'email', context);
    if (!open) {
      unusable(request, reply);
      return;
    }
    const { language } = open.state;
    try {
      const command = { kind: 'change-email', link: open.link, at: context.now.toISOString() } as const;
      const changed = await this.users.command(open.user, command, asUser(open.user, context));
      if (isRejection(changed)) {
        unusable(request, reply);
        return;
      }
      showPage(reply, { language, page: (say) => ({ title: say('emailDone'), body: html`` }) });
    } catch (error) {
      if (!(error instanceof ReservationTakenError)) throw error;
      showPage(reply, {
        language,
        status: 409,
        page: (say) => ({ title: say('confirmEmail'), body: html`${faults([say('emailTaken')])}` }),
      });
    }
  }
}

export function faultWords(say: Say, found: readonly PasswordFault[]): readonly string[] {
  return found.map((fault) => say(`fault.${fault}`));
}

/** Whose password it is: by the link of their mail, where they have come by one. */
interface Whose {
  readonly link: string;
  readonly hasSecondFactor: boolean;
}

/** The field of a new password with what is asked of it (W29), and what the script has to know to say more. */
export function passwordField(say: Say, name: string, label: string, { link, hasSecondFactor }: Whose): Html {
  return html`<label for="${name}">${label}</label>
    <input
      id="${name}"
      name="${name}"
      type="password"
      autocomplete="new-password"
      data-strength="${link}"
      data-second-factor="${String(hasSecondFactor)}"
      aria-describedby="policy told"
      required
    />
    <p class="hint" id="policy">${say('policy', minLengthOf(hasSecondFactor))}</p>
    <meter
      min="0"
      max="4"
      low="2"
      high="3"
      optimum="4"
      value="0"
      aria-label="${say('strength')}"
      hidden
    ></meter>
    <p class="hint" id="told" data-told aria-live="polite"></p>`;
}

function passwordPage(say: Say, whose: Whose, found: readonly PasswordFault[]): Page {
  return {
    title: say('choosePassword'),
    showsStrength: true,
    body: html`${faults(faultWords(say, found))}
      <p>${say('passwordHolds')}</p>
      <form method="post" action="${PAGES}/password">
        <input type="hidden" name="link" value="${whose.link}" />
        ${passwordField(say, 'password', say('newPassword'), whose)}<button>${say('save')}</button>
      </form>`,
  };
}

function forgottenPage(say: Say): Page {
  return {
    title: say('forgotten'),
    body: html`<p>${say('forgottenHelp')}</p>
      <form method="post">
        <label for="email">${say('email')}</label
        ><input id="email" name="email" type="email" autocomplete="username" required />
        <button>${say('sendLink')}</button>
      </form>`,
  };
}

function button(title: string, text: string, label: string, link: string): Page {
  return {
    title,
    body: html`<p>${text}</p>
      <form method="post">
        <input type="hidden" name="link" value="${link}" /><button>${label}</button>
      </form>`,
  };
}

function unusable(request: PageRequest, reply: PageReply): void {
  showPage(reply, {
    language: languageAsked(request),
    status: 410,
    page: (say) => ({
      title: say('failed'),
      body: html`<p>${say('linkUnusable')}</p>
        <p><a href="${PAGES}/forgotten">${say('askNewLink')}</a></p>`,
    }),
  });
}
