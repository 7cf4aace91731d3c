import type { AccessLevel, AccessProduct } from '@samspill/contracts';
import type { CommandContext, EventLog, Unit } from '@samspill/eventlog';
import { fold, isRejection, reject, type CompanyId, type Recorded, type Rejection } from '@samspill/kernel';
import { decideOnCompany, loadCompany, type LoadedCompany } from '../company/company-history.js';
import { isUserEvent, isUserId, userStream } from '../user/user-stream.js';
import { userDecider, userNotFound } from '../user/user.decider.js';
import { roleDecider, type RoleCommand, type RoleSubject } from './role.decider.js';
import { isRoleEvent, roleHistories, roleTarget, type RoleHistory } from './role-streams.js';

/** A role that counts now, who gave it, and when (C24). */
export interface EffectiveRole {
  readonly product: string;
  readonly level: AccessLevel;
  readonly grantedBy: string;
  /** RFC 3339 in UTC. */
  readonly grantedAt: string;
}

export interface UserRoles {
  readonly user: string;
  readonly roles: readonly EffectiveRole[];
}

/** As an administrator reads it; without a name where the user has been forgotten. */
export interface NamedUserRoles extends UserRoles {
  readonly firstName?: string;
  readonly lastName?: string;
  readonly email?: string;
}

/** Roles of users, per company and product. */
export class RoleDesk {
  constructor(private readonly eventLog: EventLog) {}

  /** Acts at once (C22). Another level takes the place of the one before; the same again does nothing. */
  async grant(
    company: string,
    user: string,
    product: AccessProduct,
    level: AccessLevel,
    context: CommandContext,
  ): Promise<UserRoles | Rejection> {
    const of: RoleSubject = { company, user, product };
    return await this.#decide({ kind: 'grant', of, level }, context);
  }

  /** Acts at once (C22). The last administrator of a company stays one. */
  async revoke(
    company: string,
    user: string,
    product: AccessProduct,
    context: CommandContext,
  ): Promise<UserRoles | Rejection> {
    const of: RoleSubject = { company, user, product };
    return await this.#decide({ kind: 'revoke', of }, context);
  }

  /**
   * Makes a user the administrator of a company that nobody administers: one that was registered while nobody signed in, or whose last
   * administrator has been forgotten. Refused with `role.administrator-exists` where somebody does. On record with the reason.
   */
  async appoint(
    company: string,
    user: string,
    reason: string,
    context: CommandContext,
  ): Promise<UserRoles | Rejection> {
    const of: RoleSubject = { company, user, product: 'administration' };
    const command: RoleCommand = { kind: 'grant', of, level: 'admin' };
    return await this.#inCompany(command, context, async (unit, { id, state: { administrators } }) => {
      const isOne = administrators.includes(user);
      if (!isOne && (await areAnyRegistered(unit, administrators)))
        return reject(
          'role.administrator-exists',
          'Somebody administers this company. Whoever does gives others their roles.',
        );
      const roles = await decideInCompany(unit, id, command);
      if (!isRejection(roles) && !isOne) {
        const scope = { company: id, user };
        await this.eventLog.audit.within(unit, { kind: 'appointment', step: 'finished', scope, reason });
      }
      return roles;
    });
  }

  /** Lets a user look after all services. The first one is made by a command. */
  async grantOperator(
    user: string,
    level: AccessLevel,
    context: CommandContext,
  ): Promise<UserRoles | Rejection> {
    const of: RoleSubject = { company: 'platform', user, product: 'operations' };
    return await this.#operator(of, { kind: 'grant', of, level }, context);
  }

  async revokeOperator(user: string, context: CommandContext): Promise<UserRoles | Rejection> {
    const of: RoleSubject = { company: 'platform', user, product: 'operations' };
    return await this.#operator(of, { kind: 'revoke', of }, context);
  }

  /** Everyone who has a role for a company. */
  async ofCompany(company: string, context: CommandContext): Promise<readonly NamedUserRoles[] | Rejection> {
    return await this.eventLog.transact(context, async (unit) => {
      const loaded = await loadCompany(unit, company);
      if (isRejection(loaded)) return loaded;
      const users: NamedUserRoles[] = [];
      for await (const page of roleHistories(unit, loaded.id)) {
        const holders = page.map(effectiveRoles).filter(({ roles }) => roles.length > 0);
        users.push(...(await named(unit, holders)));
      }
      return users;
    });
  }

  async #decide(command: RoleCommand, context: CommandContext): Promise<UserRoles | Rejection> {
    return await this.#inCompany(command, context, (unit, { id }) => decideInCompany(unit, id, command));
  }

  /** Where there are the company and the user that the command is about. */
  async #inCompany(
    command: RoleCommand,
    context: CommandContext,
    work: (unit: Unit, company: LoadedCompany) => Promise<UserRoles | Rejection>,
  ): Promise<UserRoles | Rejection> {
    return await this.eventLog.transact(context, async (unit) => {
      const company = await loadCompany(unit, command.of.company);
      if (isRejection(company)) return company;
      return (await isKnown(unit, command)) ? await work(unit, company) : userNotFound();
    });
  }

  async #operator(
    of: RoleSubject,
    command: RoleCommand,
    context: CommandContext,
  ): Promise<UserRoles | Rejection> {
    return await this.eventLog.transact(context, async (unit) =>
      (await isKnown(unit, command)) ? await decide(unit, command) : userNotFound(),
    );
  }
}

/** Whoever administers a company is in its own history too, where the last one is kept. */
async function decideInCompany(
  unit: Unit,
  company: CompanyId,
  command: RoleCommand,
): Promise<UserRoles | Rejection> {
  const { product, user } = command.of;
  if (product === 'administration') {
    const isAdministrator = command.kind === 'grant' && command.level === 'admin';
    const kind = isAdministrator ? 'make-administrator' : 'remove-administrator';
    const decided = await decideOnCompany(unit, company, { kind, user });
    if (isRejection(decided)) return decided;
  }
  return await decide(unit, command);
}

async function decide(unit: Unit, command: RoleCommand): Promise<UserRoles | Rejection> {
  const target = roleTarget(command.of);
  const outcome = await unit.decide(roleDecider, target, command);
  if (isRejection(outcome)) return outcome;
  const history = await unit.load(target.stream);
  return effectiveRoles({ user: command.of.user, history: history.filter(isRoleEvent) });
}

/** A role for somebody who is not registered would wait for whoever gets that id. It can be taken from whoever has it. */
async function isKnown(unit: Unit, { kind, of }: RoleCommand): Promise<boolean> {
  if (!isUserId(of.user)) return false;
  if (kind === 'revoke') return true;
  return isRegistered(await unit.load(userStream(of.user)));
}

async function areAnyRegistered(unit: Unit, users: readonly string[]): Promise<boolean> {
  const histories = await unit.histories(users.map(userStream));
  return [...histories.values()].some(isRegistered);
}

function isRegistered(history: readonly Recorded[]): boolean {
  return fold(userDecider, history.filter(isUserEvent)).kind === 'registered';
}

async function named(unit: Unit, users: readonly UserRoles[]): Promise<readonly NamedUserRoles[]> {
  const histories = await unit.histories(users.map(({ user }) => userStream(user)));
  return users.map((roles) => {
    const state = fold(userDecider, (histories.get(userStream(roles.user)) ?? []).filter(isUserEvent));
    if (state.kind !== 'registered') return roles;
    const { firstName, lastName, email } = state;
    return { ...roles, firstName, lastName, email };
  });
}

function effectiveRoles({ user, history }: RoleHistory): UserRoles {
  const roles = new Map<string, EffectiveRole>();
  for (const { type, data, meta } of history) {
    roles.delete(data.product);
    if (type === 'identity.role.granted') {
      const { product, level } = data;
      roles.set(product, { product, level, grantedBy: meta.actor, grantedAt: meta.time });
    }
  }
  return { user, roles: [...roles.values()] };
}
