import {
  accessEvents,
  companyEvents,
  companySetUpEvents,
  employeeEvents,
  erpUserEvents,
  topics,
  userEvents,
} from '@samspill/contracts';
import type { LogManifest, ReservationRule } from '@samspill/eventlog';
import { grantsProjection } from '@samspill/platform';
import { companiesProjection } from './company/companies.projection.js';
import { identityReverting } from './company/company.revert.js';
import { isCompanyEvent } from './company/company-stream.js';
import { employeesProjection } from './erp-user/employees.projection.js';
import { erpUsersProjection } from './erp-user/erp-users.projection.js';
import { licencesProjection } from './licence/licences.projection.js';
import { reservedName } from './company/organisation-number-key.js';
import { sendMail } from './mail/send-mail.reactor.js';
import { userNames } from './user/user-names.js';
import { usersProjection } from './user/users.projection.js';

/** An organisation number is unique among the registered companies of its country (C12). It cannot change, so none is given back. */
const organisationNumbers: ReservationRule = {
  scope: 'organisation-number',
  effects: {
    'identity.company.registered': {
      take: (event) =>
        isCompanyEvent(event) && event.type === 'identity.company.registered'
          ? [reservedName(event.data)]
          : [],
    },
  },
};

/** What identity has on the log. */
export const identityManifest: LogManifest = {
  name: 'identity',
  source: 'identity-registration',
  topic: topics.identity,
  events: [
    ...companyEvents,
    ...companySetUpEvents,
    // Locks of users are events of users and of access.
    ...new Set([...accessEvents, ...userEvents]),
    ...erpUserEvents,
    ...employeeEvents,
  ],
  projections: [
    companiesProjection,
    usersProjection,
    licencesProjection,
    erpUsersProjection,
    employeesProjection,
    grantsProjection('identity'),
  ],
  reactors: [sendMail],
  reservations: [organisationNumbers, userNames],
  reverting: identityReverting,
};
