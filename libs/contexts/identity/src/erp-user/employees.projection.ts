import { employeeEvents, foldText, topics, type EmployeeEvent } from '@samspill/contracts';
import { defineProjection, type Row } from '@samspill/kernel';
import { numberOfStream } from './erp-user-streams.js';

/** An index entry must stay well under a third of a page. */
const SORT_NAME_MAX_LENGTH = 100;

/** An employee of a company, as lists show and find them. */
export interface EmployeesRow extends Row {
  readonly company: string;
  readonly number: string;
  readonly first_name: string;
  readonly last_name: string;
  readonly email: string | null;
  readonly phone: string | null;
  readonly changed_at: string;
  /** Folded, last name first: the order of lists, and what a search matches from its start. */
  readonly sort_name: string;
}

/** Employees that companies' business systems have now. */
export const employeesProjection = defineProjection<EmployeesRow, EmployeeEvent>({
  name: 'identity.employees',
  version: 1,
  fold: 'state',
  topics: [topics.identity],
  reads: employeeEvents.map((event) => event.type),
  table: {
    columns: {
      company: 'text',
      number: 'text',
      first_name: 'text',
      last_name: 'text',
      email: 'text',
      phone: 'text',
      changed_at: 'timestamptz',
      sort_name: 'text',
    },
    key: ['company', 'number'],
    company: 'company',
    indexes: [{ name: 'sorted', definition: '(company, sort_name, number)' }],
  },
  key: ({ meta }) => ({ company: meta.key, number: numberOfStream(meta.stream) }),
  project(_row, event) {
    if (event.type !== 'identity.employee.changed') return undefined;
    const { firstName, lastName, email, phone } = event.data;
    const { key, stream, time } = event.meta;
    return {
      company: key,
      number: numberOfStream(stream),
      first_name: firstName,
      last_name: lastName,
      email: email ?? null,
      phone: phone ?? null,
      changed_at: time,
      sort_name: foldText(`${lastName} ${firstName}`.trim()).slice(0, SORT_NAME_MAX_LENGTH),
    };
  },
});
