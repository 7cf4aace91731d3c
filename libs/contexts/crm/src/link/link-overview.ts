import type { LinkSettings } from '@samspill/contracts';
import type { EventLog, KeyStatus } from '@samspill/eventlog';
import { isRejection, type CompanyId, type Rejection } from '@samspill/kernel';
import { readEntities } from '@samspill/platform';
import type { DataSource } from 'typeorm';
import type { RegisteredCompanies } from '../company/registered-companies.js';
import type { Crms } from '../crm/crm.js';
import { deliverCustomers } from '../delivery/deliver-customers.reactor.js';
import { deliverOrders } from '../delivery/deliver-orders.reactor.js';
import { deliverPersons } from '../delivery/deliver-persons.reactor.js';
import { DEFAULT_SETTINGS } from './link.decider.js';
import { LinkEntry } from './link.entity.js';
import { standingOf, type LinkStanding, type Transfer } from './link-status.js';

/** The reactor that transfers it. */
export const REACTOR_OF: Readonly<Record<Transfer, string>> = {
  customers: deliverCustomers.name,
  persons: deliverPersons.name,
  orders: deliverOrders.name,
};

export interface LinkOverview {
  readonly company: CompanyId;
  readonly standing: LinkStanding;
  readonly isConnected: boolean;
  readonly settings: LinkSettings;
  readonly entry: LinkEntry | undefined;
  readonly transfers: Readonly<Record<Transfer, KeyStatus>>;
}

/** How a company's link stands, at a glance. */
export class LinkOverviews {
  constructor(
    private readonly eventLog: Pick<EventLog, 'reactors'>,
    private readonly dataSource: DataSource,
    private readonly companies: RegisteredCompanies,
    private readonly crms: Crms,
  ) {}

  async of(text: string): Promise<LinkOverview | Rejection> {
    const company = await this.companies.find(text);
    if (isRejection(company)) return company;
    const [entry, crm, customers, persons, orders] = await Promise.all([
      readEntities(this.dataSource, company, (manager) =>
        manager.getRepository(LinkEntry).findOneBy({ company }),
      ),
      this.crms.of(company),
      this.#status('customers', company),
      this.#status('persons', company),
      this.#status('orders', company),
    ]);
    const transfers = { customers, persons, orders };
    const settings = entry?.settings ?? DEFAULT_SETTINGS;
    const link = {
      isOn: entry?.isOn ?? false,
      settings,
      diagnosis: entry?.diagnosis ?? undefined,
      diagnosedAt: entry?.diagnosedAt?.toISOString(),
    };
    const isConnected = crm !== undefined;
    const standing = standingOf(link, isConnected, transfers);
    return { company, standing, isConnected, settings, entry: entry ?? undefined, transfers };
  }

  async #status(transfer: Transfer, company: CompanyId): Promise<KeyStatus> {
    const status = await this.eventLog.reactors.statusOf(REACTOR_OF[transfer], company);
    if (isRejection(status)) throw new TypeError(status.detail); // the manifest lists them
    return status;
  }
}
