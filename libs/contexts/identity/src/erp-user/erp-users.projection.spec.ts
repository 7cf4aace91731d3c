import { describe, expect, it } from '@jest/globals';
import type { EmployeeEvent, ErpUserEvent } from '@samspill/contracts';
import { fold } from '@samspill/kernel';
import fc from 'fast-check';
import { employeesProjection, type EmployeesRow } from './employees.projection.js';
import { erpUserDecider } from './erp-user.decider.js';
import { erpUsersProjection, sortNumber, type ErpUsersRow } from './erp-users.projection.js';

const COMPANY = '0193b5c0-7a10-7000-8000-00000000cafe';
const USER = '0193b5c0-7a10-7000-8000-0000000000aa';

const metaOf = (kind: string) => {
  const ids = { id: '', key: COMPANY, correlationId: '', causationId: '', actor: 'user:x' as const };
  return { ...ids, stream: `identity.${kind}/${COMPANY}/7`, version: 1, time: '2026-05-01T00:00:00.000Z' };
};

function rowAfter(events: readonly ErpUserEvent[]): ErpUsersRow | undefined {
  let row: ErpUsersRow | undefined;
  for (const event of events) row = erpUsersProjection.project(row, { ...event, meta: metaOf('erp-user') });
  return row;
}

const event: fc.Arbitrary<ErpUserEvent> = fc.oneof(
  fc.record({ userName: fc.string(), firstName: fc.string(), lastName: fc.string() }).map((data) => {
    return { type: 'identity.erp-user.changed' as const, data: { ...data, employee: '7' } };
  }),
  fc.constant({ type: 'identity.erp-user.removed' as const, data: {} }),
  fc.constantFrom('7', '12').map((employee) => {
    return { type: 'identity.erp-user.employee-linked' as const, data: { employee } };
  }),
  fc.constant({ type: 'identity.erp-user.employee-unlinked' as const, data: {} }),
  fc.constant({ type: 'identity.erp-user.registered' as const, data: { user: USER } }),
  fc.constant({ type: 'identity.erp-user.forgotten' as const, data: { reason: 'x' } }),
  fc.constant({ type: 'identity.erp-user.forgetting-lifted' as const, data: { reason: 'x' } }),
);

describe('the rows of users of business systems', () => {
  it('C19 say of any history what the stream itself says', () => {
    fc.assert(
      fc.property(fc.array(event), (events) => {
        const state = fold(erpUserDecider, events);
        const row = rowAfter(events);
        if (state.kind !== 'known') expect(row).toBeUndefined();
        else
          expect(row).toMatchObject({
            user_name: state.details.userName,
            erp_employee: state.details.employee,
            linked_employee: state.linkedEmployee ?? null,
            user_id: state.user ?? null,
          });
      }),
    );
  });

  it('are in the order of their numbers', () => {
    const sorted = ['10', '9', 'A1', '1'].toSorted((a, b) => (sortNumber(a) < sortNumber(b) ? -1 : 1));
    expect(sorted).toEqual(['1', '9', '10', 'A1']);
  });
});

describe('the rows of employees', () => {
  it('are what the business system last had, and nothing of who is gone or forgotten', () => {
    const rowOf = (employee: EmployeeEvent): EmployeesRow | undefined =>
      employeesProjection.project(undefined, { ...employee, meta: metaOf('employee') });
    const data = { firstName: 'Åse', lastName: 'Kjær', email: 'ase@example.com' };
    expect(rowOf({ type: 'identity.employee.changed', data })).toMatchObject({
      number: '7',
      last_name: 'Kjær',
      email: 'ase@example.com',
      phone: null,
      sort_name: 'kjaer ase',
    });
    expect(rowOf({ type: 'identity.employee.removed', data: {} })).toBeUndefined();
    expect(rowOf({ type: 'identity.employee.forgotten', data: { reason: 'x' } })).toBeUndefined();
  });
});
