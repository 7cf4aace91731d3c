import { Module, type DynamicModule } from '@nestjs/common';
import { PostgresProjectionStore, type Outsides } from '@samspill/eventlog';
import { keepsNoPersons, type ContextDefinition, type ContextDependencies } from '@samspill/platform';
import { DataSource } from 'typeorm';
import { RegisteredCompanies } from './company/registered-companies.js';
import type { Crms } from './crm/crm.js';
import { crmManifest } from './crm.manifest.js';
import { crmOutside } from './delivery/crm-outside.js';
import { CustomersInCrm } from './delivery/customers-in-crm.js';
import { deliverCustomers } from './delivery/deliver-customers.reactor.js';
import { deliverOrders } from './delivery/deliver-orders.reactor.js';
import { deliverPersons } from './delivery/deliver-persons.reactor.js';
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

function crmModule({ eventLog, dataSource, database }: ContextDependencies, crms: Crms): DynamicModule {
  const companies = new RegisteredCompanies(database);
  const overviews = new LinkOverviews(eventLog, dataSource, companies, crms);
  const desk = new LinkDesk(eventLog, companies, crms);
  return {
    module: CrmModule,
    controllers: [LinkController, OrdersController],
    providers: [
      { provide: DataSource, useValue: dataSource },
      { provide: RegisteredCompanies, useValue: companies },
      { provide: OrderIntake, useValue: new OrderIntake(eventLog, companies) },
      { provide: LinkDesk, useValue: desk },
      { provide: LinkOverviews, useValue: overviews },
      { provide: Rewinds, useValue: new Rewinds(eventLog, overviews, desk) },
      { provide: Undelivered, useValue: new Undelivered(eventLog) },
    ],
  };
}

function crmOutsides({ database }: Opening, crms: Crms): Outsides {
  const links = new Links(database);
  const customers = new CustomersInCrm(new PostgresProjectionStore(database).deliveries);
  return {
    [deliverCustomers.name]: crmOutside({ switchedBy: 'customers', links, crms }),
    [deliverPersons.name]: crmOutside({ switchedBy: 'customers', links, crms, customers }),
    [deliverOrders.name]: crmOutside({ switchedBy: 'orders', links, crms, customers }),
  };
}

/**
 * The context as a host runs it.
 * @param crmsOf the CRMs that companies are connected to
 */
export function crmContextWith(crmsOf: (dependencies: Opening) => Crms): ContextDefinition {
  return {
    manifest: crmManifest,
    module: (dependencies) => crmModule(dependencies, crmsOf(dependencies)),
    outsides: (dependencies) => crmOutsides(dependencies, crmsOf(dependencies)),
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
  };
}
