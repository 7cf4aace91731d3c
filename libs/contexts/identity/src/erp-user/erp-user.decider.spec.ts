import { describe, expect, it } from '@jest/globals';
import type { Employee, EmployeeEvent, ErpUser, ErpUserEvent } from '@samspill/contracts';
import { fold } from '@samspill/kernel';
import { specificationOf } from '@samspill/testing';
import { employeeDecider } from './employee.decider.js';
import { erpStandingOf } from './erp-standing.js';
import { employeeOf, erpUserDecider } from './erp-user.decider.js';

const given = specificationOf(erpUserDecider);
const kari: ErpUser = { userName: 'kari', firstName: 'Kari', lastName: 'Nordmann', employee: '7' };
const user = '0193b5c0-7a10-7000-8000-00000000cafe';
const changed: ErpUserEvent = { type: 'identity.erp-user.changed', data: kari };
const linked: ErpUserEvent = { type: 'identity.erp-user.employee-linked', data: { employee: '12' } };
const unlinked: ErpUserEvent = { type: 'identity.erp-user.employee-unlinked', data: {} };
const registered: ErpUserEvent = { type: 'identity.erp-user.registered', data: { user } };
const removed: ErpUserEvent = { type: 'identity.erp-user.removed', data: {} };
const forgotten: ErpUserEvent = { type: 'identity.erp-user.forgotten', data: { reason: 'case 1' } };
const lifted: ErpUserEvent = { type: 'identity.erp-user.forgetting-lifted', data: { reason: 'case 2' } };

describe('a user of the business system', () => {
  it('is said again only when something is new', () => {
    given().when({ kind: 'put', details: kari }).then(changed);
    given(changed)
      .when({ kind: 'put', details: { ...kari } })
      .then();
    const { employee: _none, ...alone } = kari;
    given(changed)
      .when({ kind: 'put', details: alone })
      .then({ type: 'identity.erp-user.changed', data: alone });
  });

  it('C17 is linked to an employee by an administrator, before what the business system says, until that is taken back', () => {
    given(changed).when({ kind: 'link', employee: '12' }).then(linked);
    given(changed, linked).when({ kind: 'link', employee: '12' }).then();
    given(changed, linked).when({ kind: 'unlink' }).then(unlinked);
    given(changed).when({ kind: 'unlink' }).then();
    given().when({ kind: 'link', employee: '12' }).thenRejected('erp-user.not-found');
    const employeeAfter = (...events: readonly ErpUserEvent[]): string | undefined => {
      const state = fold(erpUserDecider, events);
      return state.kind === 'known' ? employeeOf(state) : undefined;
    };
    expect(employeeAfter(changed)).toBe('7');
    expect(employeeAfter(changed, linked, changed)).toBe('12');
    expect(employeeAfter(changed, linked, unlinked)).toBe('7');
  });

  it('C19 is a user here once they are registered, and says so once', () => {
    given(changed).when({ kind: 'note-user', user }).then(registered);
    given(changed, registered).when({ kind: 'note-user', user }).then();
    given(changed, removed).when({ kind: 'note-user', user }).thenRejected('erp-user.not-found');
  });

  it('is nobody’s any more when it is gone: the next with its number is somebody else', () => {
    given(changed, linked, registered).when({ kind: 'remove' }).then(removed);
    given(changed, removed).when({ kind: 'remove' }).then();
    const again = fold<ReturnType<typeof erpUserDecider.initial>, ErpUserEvent>(erpUserDecider, [
      changed,
      linked,
      registered,
      removed,
      changed,
    ]);
    expect(again).toMatchObject({ linkedEmployee: undefined, user: undefined });
  });

  it('stays forgotten until that is lifted', () => {
    given(changed).when({ kind: 'forget', reason: 'case 1' }).then(forgotten);
    given(changed, forgotten).when({ kind: 'put', details: kari }).then();
    given(changed, forgotten).when({ kind: 'forget', reason: 'case 1' }).then();
    given(changed, forgotten).when({ kind: 'lift', reason: 'case 2' }).then(lifted);
    given(changed, forgotten, lifted).when({ kind: 'put', details: kari }).then(changed);
    given(changed).when({ kind: 'lift', reason: 'case 2' }).then();
  });
});

describe('an employee', () => {
  const ofEmployees = specificationOf(employeeDecider);
  const ase: Employee = { firstName: 'Åse', lastName: 'Kjær', email: 'ase@example.com' };
  const put: EmployeeEvent = { type: 'identity.employee.changed', data: ase };
  const gone: EmployeeEvent = { type: 'identity.employee.removed', data: {} };
  const erased: EmployeeEvent = { type: 'identity.employee.forgotten', data: { reason: 'case 1' } };

  it('comes, changes, goes, and stays forgotten', () => {
    ofEmployees().when({ kind: 'put', details: ase }).then(put);
    ofEmployees(put)
      .when({ kind: 'put', details: { ...ase } })
      .then();
    ofEmployees(put).when({ kind: 'remove' }).then(gone);
    ofEmployees(put, gone).when({ kind: 'remove' }).then();
    ofEmployees(put).when({ kind: 'forget', reason: 'case 1' }).then(erased);
    ofEmployees(put, erased).when({ kind: 'put', details: ase }).then();
  });
});

describe('how far a user of the business system has come', () => {
  it('C17 follows from the employee, whose address is used where it is one', () => {
    expect(erpStandingOf(undefined, undefined)).toBe('unlinked');
    expect(erpStandingOf(undefined, {})).toBe('no-email');
    expect(erpStandingOf(undefined, { email: 'see above' })).toBe('no-email');
    expect(erpStandingOf(undefined, { email: 'kari@example.com' })).toBe('linked');
    expect(erpStandingOf(user, undefined)).toBe('registered');
  });
});
