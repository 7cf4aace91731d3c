import type { CommandContext, EventLog, Unit } from '@samspill/eventlog';
import {
  isRejection,
  type CompanyId,
  type Decider,
  type DomainEvent,
  type Rejection,
} from '@samspill/kernel';
import { loadCompany } from '../company/company-history.js';
import { gatewayNotFound } from '../gateway/gateway.decider.js';
import { loadPairedGateways } from '../gateway/gateway-streams.js';
import { employeeDecider } from './employee.decider.js';
import { readErpSnapshot } from './erp-snapshot.js';
import { erpUserDecider } from './erp-user.decider.js';
import {
  employeeStream,
  erpUserStream,
  loadEmployees,
  loadErpUsers,
  type Loaded,
} from './erp-user-streams.js';

/** What a list that came in did to what was known. */
export interface TakenIn {
  readonly created: number;
  readonly changed: number;
  readonly removed: number;
  readonly unchanged: number;
  /** Left out, since they were forgotten. */
  readonly forgotten: number;
}

export interface ErpTakenIn {
  readonly users: TakenIn;
  readonly employees: TakenIn;
}

interface Kind<State extends { readonly kind: string }, Details, Event extends DomainEvent> {
  readonly decider: Decider<
    State,
    { readonly kind: 'put'; readonly details: Details } | { readonly kind: 'remove' },
    Event
  >;
  readonly stream: (company: CompanyId, number: string) => string;
}

/** Takes in who works in a company's business system, as its gateway reads them: always all of them, so that again is harmless. */
export class ErpIntake {
  constructor(private readonly eventLog: Pick<EventLog, 'transact'>) {}

  /** @param input all users and employees, as they were sent. @returns every fault of them in one refusal, or what has changed */
  async take(
    company: string,
    gateway: string,
    input: unknown,
    context: CommandContext,
  ): Promise<ErpTakenIn | Rejection> {
    return await this.eventLog.transact(context, async (unit) => {
      const loaded = await loadCompany(unit, company);
      if (isRejection(loaded)) return loaded;
      const paired = await loadPairedGateways(unit, loaded.id);
      if (!paired.some(({ id }) => id === gateway)) return gatewayNotFound();
      const snapshot = readErpSnapshot(input, loaded.state.details.country);
      if (isRejection(snapshot)) return snapshot;
      const { id } = loaded;
      const users = { decider: erpUserDecider, stream: erpUserStream };
      const employees = { decider: employeeDecider, stream: employeeStream };
      return {
        users: takeIn(unit, id, users, await loadErpUsers(unit, id), snapshot.users),
        employees: takeIn(unit, id, employees, await loadEmployees(unit, id), snapshot.employees),
      };
    });
  }
}

function takeIn<State extends { readonly kind: string }, Details, Event extends DomainEvent>(
  unit: Unit,
  company: CompanyId,
  { decider, stream }: Kind<State, Details, Event>,
  known: ReadonlyMap<string, Loaded<State>>,
  sent: ReadonlyMap<string, Details>,
): TakenIn {
  const counts = { created: 0, changed: 0, removed: 0, unchanged: 0, forgotten: 0 };
  const decide = (
    number: string,
    command: Parameters<typeof decider.decide>[0],
  ): { readonly isChanged: boolean; readonly before: string } => {
    const { version, state } = known.get(number) ?? { version: 0, state: decider.initial() };
    const events = decider.decide(command, state);
    if (isRejection(events)) throw new TypeError(`${command.kind} is refused by no rule, but ${events.code}`);
    unit.append({ stream: stream(company, number), key: company }, version, events);
    return { isChanged: events.length > 0, before: state.kind };
  };
  for (const [number, details] of sent) {
    const { isChanged, before } = decide(number, { kind: 'put', details });
    if (before === 'forgotten') counts.forgotten += 1;
    else if (!isChanged) counts.unchanged += 1;
    else if (before === 'known') counts.changed += 1;
    else counts.created += 1;
  }
  for (const number of known.keys())
    if (!sent.has(number) && decide(number, { kind: 'remove' }).isChanged) counts.removed += 1;
  return counts;
}
