import type { CommandContext, EventLog } from '@samspill/eventlog';
import { currentAccess, currentCaller, type Access } from '@samspill/platform';
import { registrationMessage } from '../user/registration-message.js';
import type { RegisteredUser } from '../user/user-desk.js';
import type { User } from '../user/user.js';
import { isRoleEvent, rolesAfter, roleTarget } from './role-streams.js';

/** A user as far as the caller may know them: the id, by which roles are given, and the rest of those who are theirs. */
export type SeenUser = Pick<User, 'id'> & Partial<User>;

/** What a registration came to, as far as the caller may know it. */
export interface SeenRegistration {
  /** 201 only where the caller may know that the user is new. */
  readonly status: 200 | 201;
  readonly user: SeenUser;
  /** C23. */
  readonly message: string;
}

/** Streams that are read at a time; a bureau may administer thousands of companies. */
const PAGE = 200;

/**
 * Who the caller of a request may know of. One account serves all companies, so anybody's address or id can be tried by any administrator:
 * they are told who it is once the user has a role in a company of theirs, which is on the log.
 */
export class SeenUsers {
  constructor(private readonly eventLog: Pick<EventLog, 'transact'>) {}

  async isSeen(user: string, context: CommandContext): Promise<boolean> {
    const access = currentAccess();
    // Without sign-in, and by the break-glass credential.
    if (access === undefined || access.operator !== undefined) return true;
    const caller = currentCaller();
    if (caller?.kind === 'user' && caller.id === user) return true;
    return await this.#hasRoleIn(administeredBy(access), user, context);
  }

  /** The same for somebody who is new and for somebody who is registered already, unless the caller may know who it is. */
  async registration(registered: RegisteredUser, context: CommandContext): Promise<SeenRegistration> {
    const { user, isNew } = registered;
    if (await this.isSeen(user.id, context))
      return { status: isNew ? 201 : 200, user, message: registrationMessage(registered) };
    const message =
      'Somebody has this address as their user name now. If they are new, a mail is on its way to them. Give them a role next: then you see who they are.';
    return { status: 200, user: { id: user.id }, message };
  }

  /** From the streams: a role that was just given counts. */
  async #hasRoleIn(companies: readonly string[], user: string, context: CommandContext): Promise<boolean> {
    return await this.eventLog.transact(context, async (unit) => {
      for (let from = 0; from < companies.length; from += PAGE) {
        const targets = companies
          .slice(from, from + PAGE)
          .map((company) => roleTarget({ company, user, product: 'administration' }).stream);
        for (const history of (await unit.histories(targets)).values())
          if (rolesAfter(history.filter(isRoleEvent)).size > 0) return true;
      }
      return false;
    });
  }
}

function administeredBy({ companies }: Access): readonly string[] {
  return [...companies]
    .filter(([, { roles }]) => roles.get('administration') === 'admin')
    .map(([company]) => company);
}
