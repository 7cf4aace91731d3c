import type { CompanyEvent, Product } from '@samspill/contracts';
import {
  ReservationTakenError,
  uuidv7,
  type CommandContext,
  type EventLog,
  type Unit,
} from '@samspill/eventlog';
import {
  decideOn,
  fold,
  isCompanyId,
  isRejection,
  reject,
  type CompanyId,
  type Recorded,
  type Rejection,
} from '@samspill/kernel';
import { readDetailsChange, readRegistration, type Registration } from './company-form.js';
import { companyStream, isCompanyEvent } from './company-stream.js';
import {
  companyDecider,
  companyNotFound,
  type CompanyCommand,
  type CompanyState,
} from './company.decider.js';
import { PRODUCTS, synchronisationOf, type Company } from './company.js';
import { setUpOf, type SetUp } from './set-up.js';

type Registered = Extract<CompanyState, { kind: 'registered' }>;
type Outcome = { readonly company: Company; readonly isChanged: boolean } | Rejection;

/** A registered company as its stream says: what was written is seen by the next call. */
interface LoadedCompany {
  readonly id: CompanyId;
  readonly history: readonly Recorded<CompanyEvent>[];
  readonly state: Registered;
}

/** Commands and questions about one company. Ids come as they were sent; one that is no id is the id of no company. */
export class CompanyDesk {
  constructor(private readonly eventLog: EventLog) {}

  /**
   * Registers a company (C12). With an id of the caller's own it can be sent again: the same answer then, and nothing is done.
   * @param input the form as it was sent
   */
  async register(input: unknown, context: CommandContext): Promise<Outcome> {
    const registration = readRegistration(input);
    if (isRejection(registration)) return registration;
    const id = registration.id ?? newCompanyId(context);
    const command: CompanyCommand = { kind: 'register', details: registration.details };
    try {
      return await this.eventLog.transact(context, (unit) => decide(unit, id, command));
    } catch (error) {
      if (error instanceof ReservationTakenError) return organisationNumberTaken(registration);
      throw error;
    }
  }

  async changeDetails(id: string, input: unknown, context: CommandContext): Promise<Outcome> {
    return await this.eventLog.transact(context, async (unit) => {
      const company = await load(unit, id);
      if (isRejection(company)) return company;
      const change = readDetailsChange(input, company.state.details);
      return isRejection(change)
        ? change
        : await decide(unit, company.id, { kind: 'change-details', ...change });
    });
  }

  /** Acts at once, without anything being restarted (C26, C28). */
  async switchSynchronisation(
    id: string,
    product: Product,
    isOn: boolean,
    context: CommandContext,
  ): Promise<Outcome> {
    if (!isCompanyId(id)) return companyNotFound();
    const command: CompanyCommand = { kind: 'switch-synchronisation', product, isOn };
    return await this.eventLog.transact(context, (unit) => decide(unit, id, command));
  }

  async get(id: string, context: CommandContext): Promise<Company | Rejection> {
    const company = await this.eventLog.transact(context, (unit) => load(unit, id));
    return isRejection(company) ? company : describe(company);
  }

  async setUp(id: string, context: CommandContext): Promise<readonly SetUp[] | Rejection> {
    const company = await this.eventLog.transact(context, (unit) => load(unit, id));
    if (isRejection(company)) return company;
    return PRODUCTS.map((product) => setUpOf(company.id, company.state, product));
  }
}

async function load(unit: Unit, id: string): Promise<LoadedCompany | Rejection> {
  if (!isCompanyId(id)) return companyNotFound();
  const history = await historyOf(unit, id);
  const state = fold(companyDecider, history);
  return state.kind === 'registered' ? { id, history, state } : companyNotFound();
}

async function decide(unit: Unit, id: CompanyId, command: CompanyCommand): Promise<Outcome> {
  const history = await historyOf(unit, id);
  const events = decideOn(companyDecider, history, command);
  if (isRejection(events)) return events;
  unit.append({ stream: companyStream(id), key: id }, history.length, events);
  const state = fold(companyDecider, [...history, ...events]);
  if (state.kind === 'unregistered') return companyNotFound();
  const now = events.length > 0 ? unit.context.now.toISOString() : undefined;
  return { company: describe({ id, history, state }, now), isChanged: events.length > 0 };
}

async function historyOf(unit: Unit, id: CompanyId): Promise<readonly Recorded<CompanyEvent>[]> {
  const events = await unit.load(companyStream(id));
  return events.filter(isCompanyEvent);
}

/** @param now when it changes by what is being appended */
function describe({ id, history, state }: LoadedCompany, now?: string): Company {
  const registeredAt = history[0]?.meta.time ?? now ?? '';
  return {
    id,
    ...state.details,
    synchronisation: synchronisationOf(state.enabled),
    registeredAt,
    changedAt: now ?? history.at(-1)?.meta.time ?? registeredAt,
  };
}

function newCompanyId({ now }: CommandContext): CompanyId {
  const id = uuidv7(now.getTime());
  if (isCompanyId(id)) return id;
  throw new TypeError(`${id} is not a company id`);
}

function organisationNumberTaken({ details }: Registration): Rejection {
  const { organisationNumber, country } = details;
  return reject(
    'company.organisation-number-taken',
    `A company with organisation number ${organisationNumber} of ${country} is registered already. Look it up by its number, or check for a mistyped digit.`,
    [
      {
        pointer: '/organisationNumber',
        code: 'organisation-number.taken',
        detail: 'It belongs to a registered company.',
      },
    ],
  );
}
