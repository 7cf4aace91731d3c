import type { CommandContext, SqlStatement } from '@samspill/eventlog';
import { isRejection, type Rejection } from '@samspill/kernel';
import {
  BY_ACCOUNT,
  BY_ADDRESS,
  BY_CODE,
  BY_DEVICE,
  MAILS_BY_ACCOUNT,
  TELL_AFTER_FAILURES,
  type Attempted,
  type Attempts,
} from '../credentials/attempts.js';
import type { LinkTokens } from '../credentials/link-tokens.js';
import { strengthOf, type PasswordFault } from '../credentials/password-policy.js';
import type { Passwords } from '../credentials/passwords.js';
import { endSessions } from '../credentials/remove-credentials.js';
import type { SecondFactors, TotpEnrolment } from '../credentials/second-factors.js';
import { NOBODY, type ShownFactor, type SignInAttempts } from '../credentials/sign-in-attempts.js';
import { emailKey } from '../user/email-key.js';
import { isLocked, isLockedForGood } from '../user/is-locked.js';
import type { SentLink, UserDesk } from '../user/user-desk.js';
import { linkUnusable, usableLink, type KnownUser } from '../user/user.decider.js';
import type { DeviceCookies } from './device-cookies.js';

/** Goes up when the terms say something else: everybody accepts them anew then, at their next sign-in (W30). */
export const TERMS_VERSION = '2026-01';

export type Checked =
  | { readonly kind: 'right'; readonly user: string }
  | { readonly kind: 'wrong' }
  | { readonly kind: 'blocked'; readonly until: Date };

/** What showing the first code of a new second factor came to. */
export type ConfirmedFactor =
  | { readonly kind: 'confirmed'; readonly codes: readonly string[] }
  | Exclude<Checked, { readonly kind: 'right' }>;

export type SetPassword =
  | { readonly kind: 'set'; readonly user: string }
  | { readonly kind: 'faulty'; readonly faults: readonly PasswordFault[] }
  | { readonly kind: 'unusable' };

export interface SignInDeskDependencies {
  readonly users: UserDesk;
  readonly passwords: Passwords;
  readonly factors: SecondFactors;
  readonly attempts: Attempts;
  readonly signInAttempts: SignInAttempts;
  readonly tokens: LinkTokens;
  readonly devices: DeviceCookies;
}

/** What somebody shows, and whom it is counted for. */
export interface Proof {
  readonly attempted: readonly Attempted[];
  /** Whom it is tried for; nobody where that is not known before it is right. */
  readonly user: string;
  readonly shown: ShownFactor;
}

/** Where a password is typed. */
export interface TypedAt {
  /** Of the machine that asks. */
  readonly address: string;
  /** The browser's cookie of a sign-in before; empty where there is none. */
  readonly device: string;
}

/** What people do to sign in, and to what they sign in with. Nothing here tells whether an address is somebody's. */
export class SignInDesk {
  constructor(private readonly dependencies: SignInDeskDependencies) {}

  /** Where the user has signed in before in the browser, wrong passwords from elsewhere do not hold them up. */
  async checkPassword(
    email: string,
    password: string,
    { address, device }: TypedAt,
    context: CommandContext,
  ): Promise<Checked> {
    const { users, passwords, devices } = this.dependencies;
    const id = (await users.idOf(email)) ?? NOBODY;
    const known = await devices.deviceOf(device, id, context.now);
    const attempted =
      known === undefined ? attemptsOf(emailKey(email), address) : attemptsOf(known, address, BY_DEVICE);
    return await this.counting({ attempted, user: id, shown: 'password' }, context, async () => {
      const user = await users.state(id, context);
      const isRight = await passwords.isRight(id, password);
      if (!isRight || user?.stage !== 'ready') return undefined;
      const isKeptOut = known === undefined ? isLocked(user, context.now) : isLockedForGood(user);
      return isKeptOut ? undefined : id;
    });
  }

  /** A time-based code, or a recovery code, which is used up then. */
  async checkCode(user: string, code: string, address: string, context: CommandContext): Promise<Checked> {
    const { factors, users } = this.dependencies;
    const attempted = attemptsOf(user, address, BY_CODE);
    return await this.counting({ attempted, user, shown: 'code' }, context, async () => {
      if (await factors.use(user, code, context.now, 'confirmed')) return user;
      if (!(await factors.useRecoveryCode(user, code))) return undefined;
      await users.command(
        user,
        { kind: 'change-second-factor', factor: 'recovery-codes', change: 'used-up' },
        context,
      );
      return user;
    });
  }

  /** A new secret for an app. Undefined where one counts already. */
  async startTotp(user: string, context: CommandContext): Promise<TotpEnrolment | undefined> {
    const state = await this.dependencies.users.state(user, context);
    return state && (await this.dependencies.factors.start(user, state.email));
  }

  /** Makes the secret count that was started last; @returns new recovery codes where the code is right */
  async confirmTotp(
    user: string,
    code: string,
    address: string,
    context: CommandContext,
  ): Promise<ConfirmedFactor> {
    const { factors, users } = this.dependencies;
    // Apart from codes of a factor that counts: whoever sets one up could otherwise clear what is held against guesses at the other.
    const attempted = attemptsOf(`new ${user}`, address, BY_CODE);
    const checked = await this.counting({ attempted, user, shown: 'code' }, context, async () =>
      (await factors.use(user, code, context.now, 'started')) ? user : undefined,
    );
    if (checked.kind !== 'right') return checked;
    const { codes, statements } = factors.confirming(user, context.now);
    const command = { kind: 'change-second-factor', factor: 'totp', change: 'added' } as const;
    await users.command(user, command, asUser(user, context), () => statements);
    return { kind: 'confirmed', codes };
  }

  async mustAcceptTerms(user: string, context: CommandContext): Promise<boolean> {
    return (await this.dependencies.users.state(user, context))?.terms.has(TERMS_VERSION) !== true;
  }

  async acceptTerms(user: string, context: CommandContext): Promise<void> {
    await this.dependencies.users.command(user, { kind: 'accept-terms', version: TERMS_VERSION }, context);
  }

  /** Sends whoever has the address the link that they need now; says nothing about it. */
  async sendLink(email: string, address: string, context: CommandContext): Promise<void> {
    const { users, attempts } = this.dependencies;
    const attempted = [
      { limit: MAILS_BY_ACCOUNT, subject: emailKey(email) },
      { limit: BY_ADDRESS, subject: `mail ${address}` },
    ];
    const isBlocked = (await attempts.begin(attempted, context.now)).kind === 'blocked';
    const id = await users.idOf(email);
    if (isBlocked || id === undefined) return;
    const user = await users.state(id, context);
    if (user) await users.sendLink(id, user.stage === 'invited' ? 'activation' : 'password', context);
  }

  /** The user and their state, where a link of a mail can be used now. */
  async openLink(
    token: string,
    purpose: 'activation' | 'password' | 'email',
    context: CommandContext,
  ): Promise<(SentLink & { readonly state: KnownUser }) | undefined> {
    const read = await this.dependencies.tokens.read(token);
    const state = read && (await this.dependencies.users.state(read.user, context));
    const at = context.now.toISOString();
    return read && state && usableLink(state, purpose, { link: read.link, at })
      ? { ...read, state }
      : undefined;
  }

  /** @returns the token with which the password is set; it is on its way by mail as well (W26, W27) */
  async activate(token: string, context: CommandContext): Promise<string | Rejection> {
    const { tokens, users } = this.dependencies;
    const read = await tokens.read(token);
    if (!read) return linkUnusable();
    const sent = await users.activate(read.user, read.link, asUser(read.user, context));
    return isRejection(sent) ? sent : await tokens.tokenOf(sent);
  }

  async setPassword(token: string, password: string, context: CommandContext): Promise<SetPassword> {
    const { users } = this.dependencies;
    const open = await this.openLink(token, 'password', context);
    if (!open) return { kind: 'unusable' };
    const faults = await this.faultsOf(open.user, open.state, password);
    if (faults.length > 0) return { kind: 'faulty', faults };
    const statements = await this.#setting(open.user, password, context);
    const command = { kind: 'set-password', link: open.link, at: context.now.toISOString() } as const;
    const set = await users.command(open.user, command, asUser(open.user, context), () => statements);
    if (isRejection(set)) return { kind: 'unusable' };
    await this.dependencies.attempts.clear({ limit: BY_ACCOUNT, subject: emailKey(open.state.email) });
    return { kind: 'set', user: open.user };
  }

  /** By somebody who is signed in and has said their present one. Other sessions end. */
  async changePassword(user: string, password: string, context: CommandContext): Promise<SetPassword> {
    const { users } = this.dependencies;
    const state = await users.state(user, context);
    if (!state) return { kind: 'unusable' };
    const faults = await this.faultsOf(user, state, password);
    if (faults.length > 0) return { kind: 'faulty', faults };
    const statements = await this.#setting(user, password, context);
    await users.command(user, { kind: 'change-password' }, asUser(user, context), () => statements);
    return { kind: 'set', user };
  }

  async faultsOf(user: string, state: KnownUser, password: string): Promise<readonly PasswordFault[]> {
    return strengthOf(password, aboutUser(state), await this.hasSecondFactor(user)).faults;
  }

  /** With one, a shorter password will do. */
  async hasSecondFactor(user: string): Promise<boolean> {
    return await this.dependencies.factors.isEnrolled(user);
  }

  async #setting(user: string, password: string, context: CommandContext): Promise<readonly SqlStatement[]> {
    const setting = await this.dependencies.passwords.setting(user, password, context.now);
    return [setting, endSessions(user)];
  }

  /**
   * Whether what somebody shows is right, where they may try at all; each attempt is noted, failures are counted, and a run of them locks
   * and is told.
   * @param prove whom it proves them to be, if anybody
   */
  async counting(
    { attempted, user, shown }: Proof,
    context: CommandContext,
    prove: () => Promise<string | undefined>,
  ): Promise<Checked> {
    const { attempts, signInAttempts, users } = this.dependencies;
    const begun = await attempts.begin(attempted, context.now);
    if (begun.kind === 'blocked') {
      signInAttempts.refused(user, shown);
      return begun;
    }
    const proved = await prove();
    await signInAttempts.tried(proved ?? user, shown, proved !== undefined, context);
    if (proved !== undefined) {
      await attempts.takeBack(attempted);
      return { kind: 'right', user: proved };
    }
    if (begun.failures === TELL_AFTER_FAILURES) {
      const end = new Date(context.now.getTime() + BY_ACCOUNT.longestBlockMs).toISOString();
      await users.command(user, { kind: 'lock', until: end, reason: 'too many attempts' }, context);
    }
    return { kind: 'wrong' };
  }
}

/** Words that a password must not be. */
export function aboutUser({ firstName, lastName, email }: KnownUser): readonly string[] {
  return [firstName, lastName, email, 'samspill'];
}

/** What somebody does by a link or a page of theirs is their own doing. */
export function asUser(user: string, context: CommandContext): CommandContext {
  return { ...context, actor: `user:${user}` };
}

/** What counts as attempts of an account, and of the machine that they come from. */
export function attemptsOf(account: string, address: string, limit = BY_ACCOUNT): readonly Attempted[] {
  return [
    { limit, subject: account },
    { limit: BY_ADDRESS, subject: address },
  ];
}
