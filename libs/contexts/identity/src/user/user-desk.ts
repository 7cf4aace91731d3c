import { USER_REASON_MAX_LENGTH, type LinkPurpose, type UserEvent } from '@samspill/contracts';
import {
  ReservationTakenError,
  uuidv7,
  type CommandContext,
  type EventLog,
  type SqlStatement,
  type Unit,
} from '@samspill/eventlog';
import { decideOn, fold, isRejection, reject, type Recorded, type Rejection } from '@samspill/kernel';
import { emailKey } from './email-key.js';
import { isLocked } from './is-locked.js';
import { readUserForm } from './user-form.js';
import { isUserEvent, isUserId, userOfStream, userStream } from './user-stream.js';
import {
  userDecider,
  userNotFound,
  type KnownUser,
  type UserCommand,
  type UserDetails,
} from './user.decider.js';
import type { User } from './user.js';

/** The scope in which e-mail addresses are reserved. */
export const EMAIL_SCOPE = 'user-email';
/** How long a link of a mail can be used (W26): over a night, and not much longer than people remember why they got it. */
export const LINK_VALID_MS = 24 * 60 * 60_000;

/** A user, and whether this call made them; somebody who is known by the address is linked and not made again (W24). */
export interface RegisteredUser {
  readonly user: User;
  readonly isNew: boolean;
}

/** A link as it was issued; the mail with it is on its way. */
export interface SentLink {
  readonly user: string;
  readonly link: string;
}

interface LoadedUser {
  readonly id: string;
  readonly history: readonly Recorded<UserEvent>[];
  readonly state: KnownUser;
}

/** What a command goes with: statements that commit or fail with its events, made when it is known what they are. */
type Alongside = (events: readonly UserEvent[]) => readonly SqlStatement[];

/** Commands and questions about users, from their streams: what was written is seen by the next call. */
export class UserDesk {
  constructor(private readonly eventLog: Pick<EventLog, 'transact' | 'holderOf'>) {}

  /**
   * Registers a person and sends them the mail that activates (C16, W25), or finds who is registered with the address (W24).
   * @param input the form as it was sent
   */
  async register(input: unknown, context: CommandContext): Promise<RegisteredUser | Rejection> {
    const details = readUserForm(input);
    return isRejection(details) ? details : await this.registerDetails(details, context);
  }

  async registerDetails(details: UserDetails, context: CommandContext): Promise<RegisteredUser | Rejection> {
    const known = await this.#existing(details.email, context);
    if (known) return { user: known, isNew: false };
    const id = uuidv7(context.now.getTime());
    try {
      return await this.eventLog.transact(context, async (unit) => {
        const user = await decide(unit, id, [
          { kind: 'register', details },
          linkCommand('activation', context),
        ]);
        return isRejection(user) ? user : { user: describe(user, context), isNew: true };
      });
    } catch (error) {
      if (!(error instanceof ReservationTakenError)) throw error;
      const other = await this.#existing(details.email, context);
      return other ? { user: other, isNew: false } : emailTaken();
    }
  }

  async get(id: string, context: CommandContext): Promise<User | Rejection> {
    const user = await this.#load(id, context);
    return isRejection(user) ? user : describe(user, context);
  }

  /** The user as their stream says; undefined where there is none, or they are forgotten. */
  async state(id: string, context: CommandContext): Promise<KnownUser | undefined> {
    const user = await this.#load(id, context);
    return isRejection(user) ? undefined : user.state;
  }

  /** The id of whoever has an e-mail address as user name. */
  async idOf(email: string): Promise<string | undefined> {
    const stream = await this.eventLog.holderOf(EMAIL_SCOPE, emailKey(email));
    return stream === undefined ? undefined : userOfStream(stream);
  }

  /** Issues a link, which a reactor sends; the last one of a purpose counts. */
  async sendLink(
    id: string,
    purpose: LinkPurpose,
    context: CommandContext,
    email?: string,
  ): Promise<SentLink | Rejection> {
    const command = linkCommand(purpose, context, email);
    const state = await this.command(id, command, context);
    return isRejection(state) ? state : { user: id, link: command.link };
  }

  /** The address is theirs; the next mail is on its way, and with its link a password can be set (W26, W27). */
  async activate(id: string, link: string, context: CommandContext): Promise<SentLink | Rejection> {
    const next = linkCommand('password', context);
    const commands = [{ kind: 'activate', link, at: context.now.toISOString() } as const, next];
    const done = await this.eventLog.transact(context, (unit) => decide(unit, id, commands));
    return isRejection(done) ? done : { user: id, link: next.link };
  }

  /** @returns the state after the command. @throws ReservationTakenError where it would take somebody else's address */
  async command(
    id: string,
    command: UserCommand,
    context: CommandContext,
    alongside?: Alongside,
  ): Promise<KnownUser | Rejection> {
    const done = await this.eventLog.transact(context, (unit) => decide(unit, id, [command], alongside));
    return isRejection(done) ? done : done.state;
  }

  /** As {@link command}, for forgetting: afterwards there is no user. */
  async forget(
    id: string,
    reason: string,
    context: CommandContext,
    alongside: readonly SqlStatement[],
  ): Promise<'forgotten' | 'forgotten-before' | Rejection> {
    if (!isUserId(id)) return userNotFound();
    if (reason.length > USER_REASON_MAX_LENGTH)
      return reject('user.reason-too-long', `A reason has at most ${USER_REASON_MAX_LENGTH} characters.`);
    return await this.eventLog.transact(context, async (unit) => {
      const history = await historyOf(unit, id);
      const events = decideOn(userDecider, history, { kind: 'forget', reason });
      if (isRejection(events)) return events;
      unit.append({ stream: userStream(id), key: id }, history.length, events);
      for (const { text, values } of alongside) unit.alongside(text, ...values);
      return events.length > 0 ? 'forgotten' : 'forgotten-before';
    });
  }

  async history(id: string, context: CommandContext): Promise<readonly Recorded<UserEvent>[]> {
    return isUserId(id) ? await this.eventLog.transact(context, (unit) => historyOf(unit, id)) : [];
  }

  async #existing(email: string, context: CommandContext): Promise<User | undefined> {
    const id = await this.idOf(email);
    const user = id === undefined ? undefined : await this.get(id, context);
    return user === undefined || isRejection(user) ? undefined : user;
  }

  async #load(id: string, context: CommandContext): Promise<LoadedUser | Rejection> {
    if (!isUserId(id)) return userNotFound();
    const history = await this.eventLog.transact(context, (unit) => historyOf(unit, id));
    const state = fold(userDecider, history);
    return state.kind === 'registered' ? { id, history, state } : userNotFound();
  }
}

/** Decides on several commands, one after the other: all of them happen or none. */
async function decide(
  unit: Unit,
  id: string,
  commands: readonly UserCommand[],
  alongside?: Alongside,
): Promise<LoadedUser | Rejection> {
  if (!isUserId(id)) return userNotFound();
  const history = await historyOf(unit, id);
  const all: UserEvent[] = [];
  for (const command of commands) {
    const events = decideOn(userDecider, [...history, ...all], command);
    if (isRejection(events)) return events;
    all.push(...events);
  }
  const state = fold<ReturnType<typeof userDecider.initial>, UserEvent>(userDecider, [...history, ...all]);
  if (state.kind !== 'registered') return userNotFound();
  unit.append({ stream: userStream(id), key: id }, history.length, all);
  for (const { text, values } of alongside?.(all) ?? []) unit.alongside(text, ...values);
  return { id, history, state };
}

async function historyOf(unit: Unit, id: string): Promise<readonly Recorded<UserEvent>[]> {
  return (await unit.load(userStream(id))).filter(isUserEvent);
}

function linkCommand(
  purpose: LinkPurpose,
  { now }: CommandContext,
  email?: string,
): Extract<UserCommand, { kind: 'issue-link' }> {
  return {
    kind: 'issue-link',
    link: uuidv7(now.getTime()),
    purpose,
    validUntil: new Date(now.getTime() + LINK_VALID_MS).toISOString(),
    ...(email !== undefined && { email }),
  };
}

function describe({ id, history, state }: LoadedUser, { now }: CommandContext): User {
  const { firstName, lastName, email, language, stage } = state;
  const registeredAt = history[0]?.meta.time ?? now.toISOString();
  return { id, firstName, lastName, email, language, stage, isLocked: isLocked(state, now), registeredAt };
}

function emailTaken(): Rejection {
  return reject('user.email-taken', 'Somebody else has this address as user name.', [
    { pointer: '/email', code: 'email.taken', detail: 'It belongs to a registered user.' },
  ]);
}
