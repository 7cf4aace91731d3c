import type { CompanyProduct, Product } from '@samspill/contracts';
import { ReservationTakenError, uuidv7, type CommandContext, type EventLog } from '@samspill/eventlog';
import { isCompanyId, isRejection, reject, type CompanyId, type Rejection } from '@samspill/kernel';
import type { Licence } from '../licence/licences.js';
import { makeFirstAdministrator } from '../role/first-administrator.js';
import { loadSetUpFacts } from '../set-up/load-set-up-facts.js';
import { setUpOf, type SetUp } from '../set-up/set-up.js';
import { readDetailsChange, readRegistration, type Registration } from './company-form.js';
import { decideOnCompany, loadCompany, type DecidedCompany, type LoadedCompany } from './company-history.js';
import { companyNotFound, type CompanyCommand } from './company.decider.js';
import { COMPANY_PRODUCTS, synchronisationOf, type Company } from './company.js';

type Outcome = { readonly company: Company; readonly isChanged: boolean } | Rejection;

/** Commands and questions about one company. Ids come as they were sent; one that is no id is the id of no company. */
export class CompanyDesk {
  constructor(private readonly eventLog: EventLog) {}

  /**
   * Registers a company (C12); a signed-in user who does becomes its first administrator. With an id of the caller's own it can be sent
   * again: the same answer then, and nothing is done.
   * @param input the form as it was sent
   */
  async register(input: unknown, context: CommandContext): Promise<Outcome> {
    const registration = readRegistration(input);
    if (isRejection(registration)) return registration;
    const id = registration.id ?? newCompanyId(context);
    const command: CompanyCommand = { kind: 'register', details: registration.details };
    try {
      return await this.eventLog.transact(context, async (unit) => {
        const outcome = await decideOnCompany(unit, id, command);
        if (!isRejection(outcome) && outcome.isChanged) await makeFirstAdministrator(unit, id);
        return outcomeOf(outcome, context);
      });
    } catch (error) {
      if (error instanceof ReservationTakenError) return organisationNumberTaken(registration);
      throw error;
    }
  }

  async changeDetails(id: string, input: unknown, context: CommandContext): Promise<Outcome> {
    return await this.eventLog.transact(context, async (unit) => {
      const company = await loadCompany(unit, id);
      if (isRejection(company)) return company;
      const change = readDetailsChange(input, company.state.details);
      if (isRejection(change)) return change;
      return outcomeOf(
        await decideOnCompany(unit, company.id, { kind: 'change-details', ...change }),
        context,
      );
    });
  }

  /** Acts at once, without anything being restarted (C26, C28); not before every earlier step is done (C25). */
  async switchSynchronisation(
    id: string,
    product: Product,
    isOn: boolean,
    context: CommandContext,
  ): Promise<Outcome> {
    if (!isCompanyId(id)) return companyNotFound();
    return await this.eventLog.transact(context, async (unit) => {
      const facts = await loadSetUpFacts(unit, id);
      const command: CompanyCommand = { kind: 'switch-synchronisation', product, isOn, facts };
      return outcomeOf(await decideOnCompany(unit, id, command), context);
    });
  }

  async grantLicence(
    id: string,
    product: CompanyProduct,
    licence: Licence,
    context: CommandContext,
  ): Promise<Outcome> {
    return await this.#command(id, { kind: 'grant-licence', product, licence, now: context.now }, context);
  }

  /** Stops the synchronisation of the product as well. */
  async revokeLicence(id: string, product: CompanyProduct, context: CommandContext): Promise<Outcome> {
    return await this.#command(id, { kind: 'revoke-licence', product }, context);
  }

  /** Ends licences whose time is over, and the synchronisation of their products. */
  async expireLicences(id: string, context: CommandContext): Promise<Outcome> {
    return await this.#command(id, { kind: 'expire-licences', now: context.now }, context);
  }

  /** «Aktiver Visma.net integrasjon» (C7). */
  async activateIntegration(id: string, context: CommandContext): Promise<Outcome> {
    return await this.#command(id, { kind: 'activate-integration' }, context);
  }

  /** «Eksporter/oppdater bedrifter» for a product (W9); again is harmless. */
  async addProduct(id: string, product: CompanyProduct, context: CommandContext): Promise<Outcome> {
    return await this.#command(id, { kind: 'add-product', product }, context);
  }

  async get(id: string, context: CommandContext): Promise<Company | Rejection> {
    const company = await this.eventLog.transact(context, (unit) => loadCompany(unit, id));
    return isRejection(company) ? company : describe(company);
  }

  /** Each product's prerequisites, as they are now (C2, W10, W35). */
  async setUp(id: string, context: CommandContext): Promise<readonly SetUp[] | Rejection> {
    return await this.eventLog.transact(context, async (unit) => {
      const company = await loadCompany(unit, id);
      if (isRejection(company)) return company;
      const facts = await loadSetUpFacts(unit, company.id);
      return COMPANY_PRODUCTS.map((product) => setUpOf(product, company.state, facts));
    });
  }

  async #command(id: string, command: CompanyCommand, context: CommandContext): Promise<Outcome> {
    if (!isCompanyId(id)) return companyNotFound();
    return await this.eventLog.transact(context, async (unit) =>
      outcomeOf(await decideOnCompany(unit, id, command), context),
    );
  }
}

function outcomeOf(decided: DecidedCompany | Rejection, { now }: CommandContext): Outcome {
  if (isRejection(decided)) return decided;
  const { isChanged } = decided;
  return { company: describe(decided, isChanged ? now.toISOString() : undefined), isChanged };
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
