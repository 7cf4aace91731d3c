import {
  accessEvents,
  companyEvents,
  intakeEvents,
  recordEvents,
  rejectionEvents,
  topics,
} from '@samspill/contracts';
import type { LogManifest } from '@samspill/eventlog';
import { grantsProjection } from '@samspill/platform';
import { companyProjection } from './company/company.projection.js';
import { contactsReverting } from './contacts.reverting.js';
import { directoryProjection } from './directory/directory.projection.js';
import { forgottenProjection } from './record/forgotten.projection.js';
import { resyncProjection } from './resync/resync.projection.js';
import { syncReportProjection } from './sync/sync-report.projection.js';
import { syncStatusProjection } from './sync/sync-status.projection.js';

/** What contacts has on the log. */
export const contactsManifest: LogManifest = {
  name: 'contacts',
  source: 'contacts-sync',
  topic: topics.contacts,
  events: [...recordEvents, ...rejectionEvents, ...intakeEvents, ...companyEvents, ...accessEvents],
  projections: [
    companyProjection,
    directoryProjection,
    forgottenProjection,
    syncReportProjection,
    syncStatusProjection,
    resyncProjection,
    grantsProjection('contacts'),
  ],
  reservations: [],
  reverting: contactsReverting,
};
