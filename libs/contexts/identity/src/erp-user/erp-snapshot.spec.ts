import { describe, expect, it } from '@jest/globals';
import { isRejection } from '@samspill/kernel';
import fc from 'fast-check';
import { MAX_ERP_USERS, readErpSnapshot } from './erp-snapshot.js';

const users = [{ number: '1', userName: 'kari', employee: ' 7 ' }];

function faults(input: unknown): readonly string[] {
  const read = readErpSnapshot(input, 'NO');
  return isRejection(read) ? read.faults.map(({ pointer, code }) => `${pointer} ${code}`) : [];
}

describe('what a gateway reports of the business system', () => {
  it('is read with names that may be missing, and phones in one form where they are numbers', () => {
    const employees = [
      { number: '7', firstName: 'Kari', lastName: 'Nordmann', email: 'none yet', phone: '46 58 74 51' },
      { number: '8', lastName: 'Åse Kjær', phone: 'ask Kari' },
    ];
    const read = readErpSnapshot({ users, employees }, 'NO');
    if (isRejection(read)) throw new TypeError(read.detail);
    expect(read.users.get('1')).toEqual({ userName: 'kari', firstName: '', lastName: '', employee: '7' });
    expect(read.employees.get('7')).toMatchObject({ email: 'none yet', phone: '+4746587451' });
    expect(read.employees.get('8')).toEqual({ firstName: '', lastName: 'Åse Kjær', phone: 'ask Kari' });
  });

  it('C13 is refused with every fault of every line, and never in part', () => {
    const input = {
      users: [...users, { number: '1', userName: '' }, 'x'],
      employees: [{ number: '', email: 'x'.repeat(300), salary: 1 }],
      more: [],
    };
    expect(faults(input)).toEqual([
      '/more field.unknown',
      '/users/1/number number.twice',
      '/users/1/userName userName.missing',
      '/users/2 object.expected',
      '/employees/0/number number.missing',
      '/employees/0/salary field.unknown',
      '/employees/0/email text.too-long',
    ]);
    expect(faults({ users: {}, employees: [] })).toEqual(['/users list.expected']);
    expect(faults({ users: new Array(MAX_ERP_USERS + 1).fill({}), employees: [] })).toEqual([
      '/users list.too-long',
    ]);
    expect(faults(undefined)).toEqual([' object.expected']);
  });

  it('is refused without any user: what could not be read must not remove everybody', () => {
    expect(faults({ users: [], employees: [] })).toEqual(['/users users.none']);
  });

  it('is answered whatever is sent', () => {
    fc.assert(fc.property(fc.anything(), (input) => void readErpSnapshot(input, 'NO')));
  });
});
