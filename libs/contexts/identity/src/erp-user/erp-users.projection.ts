import { ERP_NUMBER_MAX_LENGTH, erpUserEvents, topics, type ErpUserEvent } from '@samspill/contracts';
import { defineProjection, type Row } from '@samspill/kernel';
import { numberOfStream } from './erp-user-streams.js';

/** A user of a company's business system, as lists show them. */
export interface ErpUsersRow extends Row {
  readonly company: string;
  readonly number: string;
  readonly user_name: string;
  readonly first_name: string;
  readonly last_name: string;
  /** The employee that the business system says they are. */
  readonly erp_employee: string | null;
  /** The employee that an administrator says they are; counts before the other. */
  readonly linked_employee: string | null;
  /** The user here that they have become. */
  readonly user_id: string | null;
  readonly changed_at: string;
  /** The order of lists: by number, where numbers are numbers. */
  readonly sort_number: string;
}

/** Users that companies' business systems have now. */
export const erpUsersProjection = defineProjection<ErpUsersRow, ErpUserEvent>({
  name: 'identity.erp-users',
  version: 1,
  fold: 'steps',
  topics: [topics.identity],
  reads: erpUserEvents.map((event) => event.type),
  table: {
    columns: {
      company: 'text',
      number: 'text',
      user_name: 'text',
      first_name: 'text',
      last_name: 'text',
      erp_employee: 'text',
      linked_employee: 'text',
      user_id: 'text',
      changed_at: 'timestamptz',
      sort_number: 'text',
    },
    key: ['company', 'number'],
    company: 'company',
    indexes: [{ name: 'sorted', definition: '(company, sort_number)' }],
  },
  key: ({ meta }) => ({ company: meta.key, number: numberOfStream(meta.stream) }),
  project(row, event) {
    const { key, stream, time } = event.meta;
    switch (event.type) {
      case 'identity.erp-user.changed': {
        const { userName, firstName, lastName, employee } = event.data;
        const number = numberOfStream(stream);
        return {
          company: key,
          number,
          user_name: userName,
          first_name: firstName,
          last_name: lastName,
          erp_employee: employee ?? null,
          linked_employee: row?.linked_employee ?? null,
          user_id: row?.user_id ?? null,
          changed_at: time,
          sort_number: sortNumber(number),
        };
      }
      case 'identity.erp-user.employee-linked':
        return row && { ...row, linked_employee: event.data.employee, changed_at: time };
      case 'identity.erp-user.employee-unlinked':
        return row && { ...row, linked_employee: null, changed_at: time };
      case 'identity.erp-user.registered':
        return row && { ...row, user_id: event.data.user, changed_at: time };
      case 'identity.erp-user.removed':
      case 'identity.erp-user.forgotten':
      case 'identity.erp-user.forgetting-lifted':
        return undefined;
    }
  },
});

/** Puts 2 before 10. */
export function sortNumber(number: string): string {
  return number.padStart(ERP_NUMBER_MAX_LENGTH, '0');
}
