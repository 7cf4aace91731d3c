import type { CommandContext, EventLog, Unit } from '@samspill/eventlog';
import { isRejection, reject, type CompanyId, type Rejection } from '@samspill/kernel';
import { loadCompany } from '../company/company-history.js';
import { delegationDecider, type DelegatedProduct, type DelegationCommand } from './delegation.decider.js';
import { delegationStream, loadDelegations } from './delegation-streams.js';

/** What a bureau may do for a company, as the company sees it. */
export interface Delegation {
  readonly bureau: string;
  readonly bureauName: string;
  readonly products: readonly DelegatedProduct[];
  readonly givenBy: string;
  /** RFC 3339 in UTC. */
  readonly givenAt: string;
}

/** Bureaus that act for companies. */
export class DelegationDesk {
  constructor(private readonly eventLog: EventLog) {}

  /** All that the bureau may do from now on: it takes the place of what it might before. Acts at once. */
  async give(
    client: string,
    bureau: string,
    products: readonly DelegatedProduct[],
    context: CommandContext,
  ): Promise<readonly Delegation[] | Rejection> {
    return await this.eventLog.transact(context, async (unit) => {
      const company = await loadCompany(unit, client);
      if (isRejection(company)) return company;
      const other = await loadCompany(unit, bureau);
      if (isRejection(other)) return bureauNotFound();
      return await decide(unit, company.id, { kind: 'give', client: company.id, bureau: other.id, products });
    });
  }

  /** Acts at once; where there is nothing to end, nothing happens. */
  async end(
    client: string,
    bureau: string,
    context: CommandContext,
  ): Promise<readonly Delegation[] | Rejection> {
    return await this.eventLog.transact(context, async (unit) => {
      const company = await loadCompany(unit, client);
      if (isRejection(company)) return company;
      return await decide(unit, company.id, { kind: 'end', client: company.id, bureau });
    });
  }

  /** Who may act for a company now. */
  async ofClient(client: string, context: CommandContext): Promise<readonly Delegation[] | Rejection> {
    return await this.eventLog.transact(context, async (unit) => {
      const company = await loadCompany(unit, client);
      return isRejection(company) ? company : await delegationsOf(unit, company.id);
    });
  }
}

async function decide(
  unit: Unit,
  client: CompanyId,
  command: DelegationCommand,
): Promise<readonly Delegation[] | Rejection> {
  const target = { stream: delegationStream(client, command.bureau), key: client };
  const outcome = await unit.decide(delegationDecider, target, command);
  if (isRejection(outcome)) return outcome;
  const others = (await delegationsOf(unit, client)).filter(({ bureau }) => bureau !== command.bureau);
  if (outcome.state.length === 0) return others;
  const { actor, now } = unit.context;
  const bureauName = await nameOf(unit, command.bureau);
  const given = { bureau: command.bureau, bureauName, products: outcome.state };
  return [...others, { ...given, givenBy: actor, givenAt: now.toISOString() }];
}

async function delegationsOf(unit: Unit, client: CompanyId): Promise<readonly Delegation[]> {
  const delegations: Delegation[] = [];
  for (const { bureau, products, history } of await loadDelegations(unit, client)) {
    const given = history.at(-1);
    if (products.length === 0 || !given) continue;
    const { actor: givenBy, time: givenAt } = given.meta;
    delegations.push({ bureau, bureauName: await nameOf(unit, bureau), products, givenBy, givenAt });
  }
  return delegations;
}

async function nameOf(unit: Unit, company: string): Promise<string> {
  const loaded = await loadCompany(unit, company);
  return isRejection(loaded) ? '' : loaded.state.details.name;
}

function bureauNotFound(): Rejection {
  return reject('bureau.not-found', 'There is no company with the bureau’s id. It has to be registered.');
}
