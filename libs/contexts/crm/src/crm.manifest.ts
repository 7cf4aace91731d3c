import {
  accessEvents,
  companyRegistered,
  linkEvents,
  orderEvents,
  orderIntakeEvents,
  recordEvents,
  topics,
} from '@samspill/contracts';
import type { LogManifest } from '@samspill/eventlog';
import { grantsProjection } from '@samspill/platform';
import { companyProjection } from './company/company.projection.js';
import { deliverCustomers } from './delivery/deliver-customers.reactor.js';
import { deliverOrders } from './delivery/deliver-orders.reactor.js';
import { deliverPersons } from './delivery/deliver-persons.reactor.js';
import { linkProjection } from './link/link.projection.js';
import { rejectedOrdersProjection } from './order/rejected-orders.projection.js';

/** What crm has on the log. */
export const crmManifest: LogManifest = {
  name: 'crm',
  source: 'crm-link',
  topic: topics.crm,
  events: [
    ...linkEvents,
    ...orderEvents,
    ...orderIntakeEvents,
    ...recordEvents,
    companyRegistered,
    ...accessEvents,
  ],
  projections: [companyProjection, linkProjection, rejectedOrdersProjection, grantsProjection('crm')],
  reservations: [],
  reactors: [deliverCustomers, deliverPersons, deliverOrders],
};
