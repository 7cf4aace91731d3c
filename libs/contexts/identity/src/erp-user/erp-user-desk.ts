import type { Employee, UserLanguage } from '@samspill/contracts';
import type { CommandContext, EventLog } from '@samspill/eventlog';
import { isRejection, reject, type Rejection } from '@samspill/kernel';
import { loadCompany } from '../company/company-history.js';
import type { RegisteredUser, UserDesk } from '../user/user-desk.js';
import { erpStandingOf } from './erp-standing.js';
import {
  employeeOf,
  erpUserDecider,
  erpUserNotFound,
  type ErpUserCommand,
  type KnownErpUser,
} from './erp-user.decider.js';
import { erpUserStream, loadEmployee, loadErpUser } from './erp-user-streams.js';

/** What may be said of a person whom a business system knows by one name, or by none. The address is never said here (C17, C18). */
export interface RegistrationWords {
  readonly firstName?: string | undefined;
  readonly lastName?: string | undefined;
  readonly language?: UserLanguage | undefined;
}

interface Person {
  readonly user: KnownErpUser;
  readonly employee: Employee | undefined;
}

/** Users of companies' business systems: linked to employees, and registered with their addresses. */
export class ErpUserDesk {
  constructor(
    private readonly eventLog: Pick<EventLog, 'transact'>,
    private readonly users: UserDesk,
  ) {}

  /** Says which employee a user of the business system is, whatever that itself says. */
  async link(
    company: string,
    number: string,
    employee: string,
    context: CommandContext,
  ): Promise<Rejection | undefined> {
    return await this.#decide(company, number, { kind: 'link', employee }, context);
  }

  /** Takes that back: what the business system says counts again. */
  async unlink(company: string, number: string, context: CommandContext): Promise<Rejection | undefined> {
    return await this.#decide(company, number, { kind: 'unlink' }, context);
  }

  /**
   * «Registrer bruker» (C19): registers them with their employee's address, or finds who is registered with it (W24). They get no
   * access by that (C21). Again is harmless.
   */
  async register(
    company: string,
    number: string,
    words: RegistrationWords,
    context: CommandContext,
  ): Promise<RegisteredUser | Rejection> {
    const person = await this.#person(company, number, context);
    if (isRejection(person)) return person;
    const { user, employee } = person;
    const before = user.user === undefined ? undefined : await this.users.get(user.user, context);
    if (before && !isRejection(before)) return { user: before, isNew: false };
    const standing = erpStandingOf(undefined, employee);
    if (!employee || standing === 'unlinked') return unlinked();
    if (standing === 'no-email') return withoutEmail();
    const form = {
      firstName: words.firstName ?? (employee.firstName || user.details.firstName),
      lastName: words.lastName ?? (employee.lastName || user.details.lastName),
      email: employee.email,
      ...(words.language && { language: words.language }),
    };
    const registered = await this.users.register(form, context);
    if (isRejection(registered)) return registered;
    const noted: ErpUserCommand = { kind: 'note-user', user: registered.user.id };
    return (await this.#decide(company, number, noted, context)) ?? registered;
  }

  async #person(company: string, number: string, context: CommandContext): Promise<Person | Rejection> {
    return await this.eventLog.transact(context, async (unit) => {
      const loaded = await loadCompany(unit, company);
      if (isRejection(loaded)) return loaded;
      const user = await loadErpUser(unit, loaded.id, number);
      if (user.kind !== 'known') return erpUserNotFound();
      const linked = employeeOf(user);
      const employee = linked === undefined ? undefined : await loadEmployee(unit, loaded.id, linked);
      return { user, employee: employee?.kind === 'known' ? employee.details : undefined };
    });
  }

  async #decide(
    company: string,
    number: string,
    command: ErpUserCommand,
    context: CommandContext,
  ): Promise<Rejection | undefined> {
    return await this.eventLog.transact(context, async (unit) => {
      const loaded = await loadCompany(unit, company);
      if (isRejection(loaded)) return loaded;
      if (command.kind === 'link') {
        const employee = await loadEmployee(unit, loaded.id, command.employee);
        if (employee.kind !== 'known') return noSuchEmployee();
      }
      const target = { stream: erpUserStream(loaded.id, number), key: loaded.id };
      const outcome = await unit.decide(erpUserDecider, target, command);
      return isRejection(outcome) ? outcome : undefined;
    });
  }
}

function noSuchEmployee(): Rejection {
  const detail = 'The business system of the company has no employee with this number.';
  return reject('employee.unknown', detail, [{ pointer: '/employee', code: 'employee.unknown', detail }]);
}

function unlinked(): Rejection {
  const detail = 'Users of a business system have no e-mail address: link this one to an employee first.';
  return reject('erp-user.unlinked', detail, [{ pointer: '/employee', code: 'employee.missing', detail }]);
}

function withoutEmail(): Rejection {
  const detail =
    'The employee has no e-mail address, or one that is none: mend it in the business system, or link the user to another.';
  return reject('erp-user.no-email', detail, [{ pointer: '/email', code: 'email.missing', detail }]);
}
