import { Module, type DynamicModule } from '@nestjs/common';
import type { CallLog } from '@samspill/connector';
import {
  PostgresProjectionStore,
  type Database,
  type Logger,
  type OutsideLimits,
  type Outsides,
} from '@samspill/eventlog';
import { keepsNoPersons, type ContextDefinition, type ContextDependencies } from '@samspill/platform';
import { DataSource } from 'typeorm';
import { RegisteredCompanies } from './company/registered-companies.js';
import { AccountChanges } from './connection/account-changes.js';
import { AddDeliveredAccount1766450000000 } from './connection/add-delivered-account.migration.js';
import { AddSettledRevision1766800000000 } from './connection/add-settled-revision.migration.js';
import { ConnectedCrms, type Simulators } from './connection/connected-crms.js';
import { ConnectionDesk } from './connection/connection-desk.js';
import { VENDORS } from './connection/connection-form.js';
import { ConnectionController } from './connection/connection.http.js';
import { ConnectionStore } from './connection/connection-store.js';
import { CreateConnection1766400000000 } from './connection/create-connection.migration.js';
import { UnfinishedChanges, type UnfinishedTimes } from './connection/unfinished-changes.js';
import type { Crms } from './crm/crm.js';
import { crmManifest } from './crm.manifest.js';
import { crmOutside } from './delivery/crm-outside.js';
import { CustomersInCrm } from './delivery/customers-in-crm.js';
import { deliverCustomers } from './delivery/deliver-customers.reactor.js';
import { deliverOrders } from './delivery/deliver-orders.reactor.js';
import { deliverPersons } from './delivery/deliver-persons.reactor.js';
import { ReadyCrms } from './delivery/ready-crms.js';
import { LinkDesk } from './link/link-desk.js';
import { LinkEntry } from './link/link.entity.js';
import { LinkController } from './link/link.http.js';
import { LinkOverviews } from './link/link-overview.js';
import { Links } from './link/links.js';
import { Rewinds } from './link/rewinds.js';
import { Undelivered } from './link/undelivered.js';
import { OrderIntake } from './order/order-intake.js';
import { OrdersController } from './order/orders.http.js';
import { RejectedOrder } from './order/rejected-order.entity.js';

type Opening = Omit<ContextDependencies, 'eventLog'>;

@Module({})
class CrmModule {}

/** What companies are connected to, and where that is kept. */
export interface Connecting {
  readonly crms: Crms;
  /** Absent where the service has no master keys to seal secrets with: then no company can be connected. */
  readonly store: ConnectionStore | undefined;
  /** Waits other than those that suit CRMs; of tests, which have no time. */
  readonly limits?: Partial<OutsideLimits>;
  /** As `limits`, of what a process has died over. */
  readonly unfinished?: UnfinishedTimes;
}

function crmModule(
  { eventLog, dataSource, database, logger }: ContextDependencies,
  { crms, store, unfinished: times }: Connecting,
): DynamicModule {
  const companies = new RegisteredCompanies(database);
  const overviews = new LinkOverviews(eventLog, dataSource, companies, crms);
  const accounts = new AccountChanges(database, crms, eventLog);
  const desk = new LinkDesk(eventLog, companies, crms);
  return {
    module: CrmModule,
    controllers: [ConnectionController, LinkController, OrdersController],
    providers: [
      { provide: DataSource, useValue: dataSource },
      { provide: RegisteredCompanies, useValue: companies },
      { provide: OrderIntake, useValue: new OrderIntake(eventLog, companies) },
      { provide: ConnectionDesk, useValue: new ConnectionDesk(store, companies, accounts, eventLog) },
      { provide: UnfinishedChanges, useValue: new UnfinishedChanges({ accounts, logger, times }) },
      { provide: LinkDesk, useValue: desk },
      { provide: LinkOverviews, useValue: overviews },
      { provide: Rewinds, useValue: new Rewinds(eventLog, overviews, desk) },
      { provide: Undelivered, useValue: new Undelivered(eventLog) },
    ],
  };
}

function crmOutsides({ database }: Opening, { crms, limits = {} }: Connecting): Outsides {
  const links = new Links(database);
  const ready = new ReadyCrms();
  const customers = new CustomersInCrm(new PostgresProjectionStore(database).deliveries);
  return {
    [deliverCustomers.name]: crmOutside({ switchedBy: 'customers', links, crms, ready, limits }),
    [deliverPersons.name]: crmOutside({ switchedBy: 'customers', links, crms, ready, customers, limits }),
    [deliverOrders.name]: crmOutside({ switchedBy: 'orders', links, crms, ready, customers, limits }),
  };
}

const NONE: Crms = { of: () => Promise.resolve(undefined), among: () => Promise.resolve(new Map()) };

/** The vendors, or the simulators that the service was given in their place. */
function connected({ database, masterKeys, simulators, logger }: Opening): Connecting {
  if (!masterKeys) return { crms: NONE, store: undefined };
  const store = new ConnectionStore(database, masterKeys);
  void resealConnections(store, logger);
  const log: CallLog = (line) => logger.warn('a call to a CRM came to nothing', line);
  return { crms: new ConnectedCrms({ store, log, simulators: simulatorsOf(simulators) }), store };
}

/** After the master key was changed: what a former one has sealed is sealed with the one that seals now. */
async function resealConnections(store: ConnectionStore, logger: Logger): Promise<void> {
  try {
    const left = await store.reseal();
    if (left > 0) logger.warn('secrets of connections do not open: connect these companies again', { left });
  } catch (error) {
    logger.warn('secrets of connections were not sealed anew; it is tried again at the next start', {
      error,
    });
  }
}

function simulatorsOf(simulators: Opening['simulators']): Simulators {
  return Object.fromEntries(
    VENDORS.flatMap((vendor) => {
      const origin = simulators?.get(vendor);
      return origin === undefined ? [] : [[vendor, origin] as const];
    }),
  );
}

/** The context over CRMs of one's own. @param open once for each running context */
export function crmContextWith(open: (dependencies: Opening) => Connecting): ContextDefinition {
  // Reactors and routes are made one after the other, and must share what keeps to a vendor's limits.
  const opened = new WeakMap<Database, Connecting>();
  const connecting = (dependencies: Opening): Connecting => {
    const known = opened.get(dependencies.database) ?? open(dependencies);
    opened.set(dependencies.database, known);
    return known;
  };
  return {
    manifest: crmManifest,
    module: (dependencies) => crmModule(dependencies, connecting(dependencies)),
    outsides: (dependencies) => crmOutsides(dependencies, connecting(dependencies)),
    persons: () =>
      keepsNoPersons('crm', [
        {
          what: 'Customers and contact persons in the company’s own CRM',
          note: 'As contacts has them. Whoever is forgotten there is emptied and archived in the CRM, unless the link’s settings say otherwise; what people at the CRM have added themselves is theirs to erase.',
        },
        {
          what: 'Orders: number, customer’s number, dates, amounts, lines; and rejected ones as they were sent',
          note: 'No fields about people. They are not searched.',
        },
      ]),
    entities: [LinkEntry, RejectedOrder],
    migrations: [
      CreateConnection1766400000000,
      AddDeliveredAccount1766450000000,
      AddSettledRevision1766800000000,
    ],
  };
}

/** The context as a host runs it. */
export const crmContext: ContextDefinition = crmContextWith(connected);
