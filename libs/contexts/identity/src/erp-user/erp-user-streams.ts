import { employeeEvents, erpUserEvents, type EmployeeEvent, type ErpUserEvent } from '@samspill/contracts';
import type { Unit } from '@samspill/eventlog';
import { fold, parseStream, streamName, type CompanyId, type DomainEvent } from '@samspill/kernel';
import { employeeDecider, type EmployeeState } from './employee.decider.js';
import { erpUserDecider, type ErpUserState } from './erp-user.decider.js';
import type { SetUpFacts } from '../set-up/set-up.js';
import { erpStandingOf } from './erp-standing.js';
import { employeeOf } from './erp-user.decider.js';

/** Streams that are read at a time: a few events each. */
const PAGE = 500;

const ERP_USER = 'identity.erp-user';
const EMPLOYEE = 'identity.employee';
const ERP_USER_TYPES: ReadonlySet<string> = new Set(erpUserEvents.map(({ type }) => type));
const EMPLOYEE_TYPES: ReadonlySet<string> = new Set(employeeEvents.map(({ type }) => type));

/** One of a company's users or employees as its stream says. */
export interface Loaded<State> {
  readonly stream: string;
  /** What the next append has to expect. */
  readonly version: number;
  readonly state: State;
}

export function erpUserStream(company: CompanyId, number: string): string {
  return streamName(ERP_USER, company, number);
}

export function employeeStream(company: CompanyId, number: string): string {
  return streamName(EMPLOYEE, company, number);
}

/** The number that the stream of an ERP user or an employee is named for. */
export function numberOfStream(stream: string): string {
  return parseStream(stream).parts[1] ?? '';
}

/** By its type; its data has been checked against the schema of that type where it was decoded. */
export function isErpUserEvent<Event extends DomainEvent>(event: Event): event is Event & ErpUserEvent {
  return ERP_USER_TYPES.has(event.type);
}

/** As {@link isErpUserEvent}. */
export function isEmployeeEvent<Event extends DomainEvent>(event: Event): event is Event & EmployeeEvent {
  return EMPLOYEE_TYPES.has(event.type);
}

/** Every user that the company's business system ever had, by number. */
export async function loadErpUsers(
  unit: Unit,
  company: CompanyId,
): Promise<ReadonlyMap<string, Loaded<ErpUserState>>> {
  return await loadAll(unit, `${ERP_USER}/${company}`, (events) =>
    fold(erpUserDecider, events.filter(isErpUserEvent)),
  );
}

/** Every employee that the company's business system ever had, by number. */
export async function loadEmployees(
  unit: Unit,
  company: CompanyId,
): Promise<ReadonlyMap<string, Loaded<EmployeeState>>> {
  return await loadAll(unit, `${EMPLOYEE}/${company}`, (events) =>
    fold(employeeDecider, events.filter(isEmployeeEvent)),
  );
}

export async function loadErpUser(unit: Unit, company: CompanyId, number: string): Promise<ErpUserState> {
  const events = await unit.load(erpUserStream(company, number));
  return fold(erpUserDecider, events.filter(isErpUserEvent));
}

export async function loadEmployee(unit: Unit, company: CompanyId, number: string): Promise<EmployeeState> {
  const events = await unit.load(employeeStream(company, number));
  return fold(employeeDecider, events.filter(isEmployeeEvent));
}

/** How many users the business system has reported, and how many of them can be, or are, users here. */
export async function loadErpUserCounts(unit: Unit, company: CompanyId): Promise<SetUpFacts['erpUsers']> {
  const users = [...(await loadErpUsers(unit, company)).values()].flatMap(({ state }) =>
    state.kind === 'known' ? [state] : [],
  );
  const numbers = new Set(users.map(employeeOf).filter((number) => number !== undefined));
  const emails = new Map<string, { readonly email: string | undefined }>();
  const streams = [...numbers].map((number) => employeeStream(company, number));
  for (let from = 0; from < streams.length; from += PAGE) {
    const histories = await unit.histories(streams.slice(from, from + PAGE));
    for (const [stream, events] of histories) {
      const state = fold(employeeDecider, events.filter(isEmployeeEvent));
      if (state.kind === 'known') emails.set(numberOfStream(stream), { email: state.details.email });
    }
  }
  const standings = users.map((user) => {
    const employee = employeeOf(user);
    return erpStandingOf(user.user, employee === undefined ? undefined : emails.get(employee));
  });
  const count = (...wanted: readonly string[]): number =>
    standings.filter((standing) => wanted.includes(standing)).length;
  return {
    reported: users.length,
    linked: count('linked', 'registered'),
    unlinked: count('unlinked', 'no-email'),
  };
}

async function loadAll<State>(
  unit: Unit,
  under: string,
  stateOf: (events: readonly DomainEvent[]) => State,
): Promise<ReadonlyMap<string, Loaded<State>>> {
  const loaded = new Map<string, Loaded<State>>();
  let after: string | undefined;
  do {
    const streams = await unit.streamsUnder(under, after, PAGE);
    for (const [stream, events] of await unit.histories(streams))
      loaded.set(numberOfStream(stream), { stream, version: events.length, state: stateOf(events) });
    after = streams.length < PAGE ? undefined : streams.at(-1);
  } while (after !== undefined);
  return loaded;
}
