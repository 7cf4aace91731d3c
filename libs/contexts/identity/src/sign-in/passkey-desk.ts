import type { CommandContext } from '@samspill/eventlog';
import type {
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
} from '@simplewebauthn/server';
import { BY_CODE } from '../credentials/attempts.js';
import { readAuthentication, readRegistration } from '../credentials/passkey-answers.js';
import { MAX_PASSKEYS, PASSKEY_NAME_MAX_LENGTH, type Passkeys } from '../credentials/passkeys.js';
import type { SecondFactors } from '../credentials/second-factors.js';
import { NOBODY } from '../credentials/sign-in-attempts.js';
import { isLockedForGood } from '../user/is-locked.js';
import type { UserDesk } from '../user/user-desk.js';
import { asUser, attemptsOf, type Checked, type SignInDesk } from './sign-in-desk.js';

export type AddedPasskey =
  | { readonly kind: 'refused' }
  /** With recovery codes, shown this once, where there were none. */
  | { readonly kind: 'added'; readonly codes: readonly string[] };

export interface PasskeyDeskDependencies {
  readonly users: UserDesk;
  readonly desk: SignInDesk;
  readonly factors: SecondFactors;
  readonly passkeys: Passkeys;
}

/** A sign-in that has begun; and who it is, where a password has been shown. */
export interface BegunSignIn {
  readonly uid: string;
  readonly user?: string;
}

/** What people do with passkeys: make one, remove it, sign in with it. */
export class PasskeyDesk {
  constructor(private readonly dependencies: PasskeyDeskDependencies) {}

  /** Undefined where the user has as many as there may be. */
  async registrationOptions(
    user: string,
    context: CommandContext,
  ): Promise<PublicKeyCredentialCreationOptionsJSON | undefined> {
    const { users, passkeys } = this.dependencies;
    const state = await users.state(user, context);
    if (!state || (await passkeys.list(user)).length >= MAX_PASSKEYS) return undefined;
    const name = `${state.firstName} ${state.lastName}`;
    return await passkeys.registrationOptions(user, state.email, name, context.now);
  }

  /** @param answer what the browser says of the passkey that it has made */
  async add(user: string, name: string, answer: string, context: CommandContext): Promise<AddedPasskey> {
    const { users, passkeys, factors } = this.dependencies;
    const response = readRegistration(answer);
    const called = name.trim().slice(0, PASSKEY_NAME_MAX_LENGTH) || 'Passkey';
    const adding = response && (await passkeys.registering(user, called, response, context.now));
    if (!adding) return { kind: 'refused' };
    const { codes, statements } = (await factors.hasRecoveryCodes(user))
      ? { codes: [], statements: [] }
      : factors.newRecoveryCodes(user);
    const command = { kind: 'change-second-factor', factor: 'passkey', change: 'added' } as const;
    await users.command(user, command, asUser(user, context), () => [adding, ...statements]);
    return { kind: 'added', codes };
  }

  /** Whether without one of their passkeys they would have no second factor any more. */
  async isLastFactor(user: string): Promise<boolean> {
    const { passkeys, factors } = this.dependencies;
    return !(await factors.kindsOf(user)).app && (await passkeys.list(user)).length <= 1;
  }

  /** Again is harmless. */
  async remove(user: string, id: string, context: CommandContext): Promise<void> {
    const { users, passkeys, factors } = this.dependencies;
    if (!(await passkeys.list(user)).some((passkey) => passkey.id === id)) return;
    const statements = [passkeys.removing(user, id), factors.removingCodesWithoutFactor(user)];
    const command = { kind: 'change-second-factor', factor: 'passkey', change: 'removed' } as const;
    await users.command(user, command, asUser(user, context), () => statements);
  }

  async options(begun: BegunSignIn, context: CommandContext): Promise<PublicKeyCredentialRequestOptionsJSON> {
    return await this.dependencies.passkeys.options(askedOf(begun), context.now);
  }

  /** @param answer what a passkey has signed. @param address of the machine that asks */
  async check(
    begun: BegunSignIn,
    answer: string,
    address: string,
    context: CommandContext,
  ): Promise<Checked> {
    const { users, passkeys, desk } = this.dependencies;
    const response = readAuthentication(answer);
    const attempted = attemptsOf(begun.user ?? `passkey ${response?.id ?? ''}`, address, BY_CODE);
    const proof = { attempted, user: begun.user ?? NOBODY, shown: 'passkey' } as const;
    return await desk.counting(proof, context, async () => {
      const user = response && (await passkeys.check(response, askedOf(begun), context.now));
      if (user === undefined) return undefined;
      const state = await users.state(user, context);
      // A lock for a time comes from whoever guesses at a password, and a passkey cannot be guessed at.
      return state?.stage === 'ready' && !isLockedForGood(state) ? user : undefined;
    });
  }
}

/** Without a user the passkey itself says whose it is, and is all that is asked for. */
function askedOf({ uid, user }: BegunSignIn): Parameters<Passkeys['options']>[0] {
  return user === undefined
    ? { purpose: 'sign-in', subject: uid }
    : { purpose: 'second-factor', subject: uid, user };
}
