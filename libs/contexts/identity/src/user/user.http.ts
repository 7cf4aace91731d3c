import { Body, Controller, Get, HttpCode, Inject, Param, Post, Put, Query, Res } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiCreatedResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import type { CommandContext } from '@samspill/eventlog';
import {
  accepted,
  commandContext,
  operator,
  Permissions,
  someAdministrator,
  userThemself,
} from '@samspill/platform';
import type { z } from 'zod';
import { endSessions } from '../credentials/remove-credentials.js';
import { SeenUsers } from '../role/seen-users.js';
import { MailLimits, tooManyMails } from './mail-limits.js';
import { UserDesk } from './user-desk.js';
import { UserList } from './user-list.js';
import { userNotFound } from './user.decider.js';
import * as schemas from './user.schemas.js';
import type { User } from './user.js';

const PATH = 'api/identity/v1/users';

/** What is used of the answer: the status and headers that depend on the outcome. */
interface Reply {
  code(status: number): unknown;
  header(name: string, value: string): unknown;
}

@ApiTags('identity: users')
@Permissions(operator('user'))
@Controller(PATH)
export class UserController {
  constructor(
    @Inject(UserDesk) private readonly desk: UserDesk,
    @Inject(UserList) private readonly list: UserList,
    @Inject(MailLimits) private readonly mails: MailLimits,
    @Inject(SeenUsers) private readonly seen: SeenUsers,
  ) {}

  @Permissions(someAdministrator, operator('admin'))
  @Post()
  @ApiOperation({
    summary: 'Register a user, who gets a mail with a link',
    description:
      'Every missing or invalid field is named in one answer. Somebody who is registered with this address already is not made again. Administrators get the user’s id, whether they are new or not, and give them a role by it; who it is, is answered only where the user has a role in a company that the caller administers, and to operators. 429 with Retry-After after very many in an hour.',
  })
  @ApiCreatedResponse({
    standardSchema: schemas.registeredUser,
    description: 'Registered; the mail is on its way. For operators, who may know that the user is new',
  })
  @ApiOkResponse({
    standardSchema: schemas.registeredUser,
    description: 'There is a user with this address now; one who was there before is as they were',
  })
  async register(
    @Body({ schema: schemas.userForm }) form: unknown,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<z.infer<typeof schemas.registeredUser>> {
    const context = commandContext();
    await this.#countMail(reply, context.now);
    const registered = accepted(await this.desk.register(form, context));
    const { status, user, message } = await this.seen.registration(registered, context);
    reply.code(status);
    reply.header('location', `/${PATH}/${user.id}`);
    return { ...user, message };
  }

  @Get()
  @ApiOperation({
    summary: 'List users, or find them by the beginning of a last name or an e-mail address',
    description: 'In the order of their names. A user appears here a moment after they were registered.',
  })
  @ApiOkResponse({ standardSchema: schemas.userPage })
  async page(
    @Query({ schema: schemas.usersQuery }) { q, limit, after }: z.output<typeof schemas.usersQuery>,
  ): Promise<z.infer<typeof schemas.userPage>> {
    const context = commandContext();
    const last = after === undefined ? undefined : accepted(await this.desk.get(after, context));
    return { users: await this.list.page(q, limit, last, context.now) };
  }

  @Permissions(userThemself, someAdministrator, operator('user'))
  @Get(':user')
  @ApiOperation({
    summary: 'A user as they are now',
    description:
      'For the user, for administrators of companies in which the user has a role, and for operators; 404 for everybody else, as for a user whom there is not.',
  })
  @ApiOkResponse({ standardSchema: schemas.user })
  async get(@Param('user') id: string): Promise<User> {
    return await this.#get(id, commandContext());
  }

  @Permissions(someAdministrator, operator('admin'))
  @Post(':user/activation-link')
  @HttpCode(202)
  @ApiOperation({
    summary: 'Send the mail with the link again to somebody who has not followed it',
    description:
      'For those who may see the user. The link of an earlier mail cannot be used any more. 429 with Retry-After where several were asked for already.',
  })
  @ApiAcceptedResponse({ description: 'The mail is on its way' })
  async sendActivationLink(
    @Param('user') id: string,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<void> {
    const context = commandContext();
    const { email, stage } = await this.#get(id, context);
    // Nobody else is sent one.
    if (stage === 'invited') await this.#countMail(reply, context.now, email);
    accepted(await this.desk.sendLink(id, 'activation', context));
  }

  @Permissions(operator('admin'))
  @Put(':user/lock')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Keep somebody from signing in, or let them in again',
    description: 'Who is locked is signed out everywhere.',
  })
  @ApiOkResponse({ standardSchema: schemas.user })
  async lock(
    @Param('user') id: string,
    @Body({ schema: schemas.lockForm }) { locked, reason }: z.infer<typeof schemas.lockForm>,
  ): Promise<User> {
    const context = commandContext();
    const command = { kind: locked ? 'lock' : 'unlock', reason } as const;
    // Unlocking must not bring back what somebody was signed in to before.
    accepted(await this.desk.command(id, command, context, () => (locked ? [endSessions(id)] : [])));
    return accepted(await this.desk.get(id, context));
  }

  async #get(id: string, context: CommandContext): Promise<User> {
    const user = accepted(await this.desk.get(id, context));
    return accepted((await this.seen.isSeen(user.id, context)) ? user : userNotFound());
  }

  async #countMail(reply: Reply, now: Date, email?: string): Promise<void> {
    const waitSeconds = await this.mails.waitSeconds(now, email);
    if (waitSeconds === undefined) return;
    reply.header('retry-after', String(waitSeconds));
    throw tooManyMails(waitSeconds);
  }
}
