import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { FORGOTTEN_FAULT } from '../record/forgotten-record.js';
import { ForgottenRecords } from './forgotten-records.js';
import type { StagedEntry } from './staged-entry.js';

const line = (entries: readonly Partial<StagedEntry>[]): readonly StagedEntry[] =>
  entries.map((entry, part) => ({
    line: 3,
    part,
    kind: 'customer',
    number: '10',
    reference: '10',
    record: undefined,
    faults: undefined,
    sent: undefined,
    cells: part === 0 ? ['10', 'Fjord', 'Kari'] : undefined,
    protects: undefined,
    ...entry,
  }));
const customer = { record: { kind: 'customer', number: '10', name: 'Fjord' } } as const;
const person = {
  kind: 'contact-person',
  number: '10-1',
  reference: '10-1',
  record: {
    kind: 'contact-person',
    number: '10-1',
    name: 'Kari',
    parent: { kind: 'customer', number: '10' },
  },
} as const;

describe('a line of a file about someone who has been forgotten', () => {
  it('says nothing of them any more, and the rest of what it says', () => {
    const forgotten = new ForgottenRecords([{ kind: 'contact-person', number: '10-1' }]);
    const [first, second] = forgotten.leftOut(line([customer, person]));
    expect(first).toMatchObject({ ...customer, cells: undefined, faults: undefined });
    expect(second).toMatchObject({ number: '10-1', record: undefined, faults: [FORGOTTEN_FAULT] });
    expect(JSON.stringify([first, second])).not.toContain('Kari');
  });

  it('is not kept either where it cannot be taken apart but has their number in a cell', () => {
    const forgotten = new ForgottenRecords([{ kind: 'customer', number: '10' }]);
    const unreadable = line([
      { number: undefined, reference: '~1', sent: { row: '10;Fjord;Kari' }, protects: ['10', 'Fjord'] },
    ]);
    expect(JSON.stringify(forgotten.leftOut(unreadable))).not.toMatch(/Kari|cells/);
  });

  it('changes no other line', () => {
    const number = fc.stringMatching(/^[1-9]{1,3}$/);
    fc.assert(
      fc.property(fc.array(number), number, (numbers, other) => {
        fc.pre(!numbers.includes(other));
        const forgotten = new ForgottenRecords(numbers.map((one) => ({ kind: 'customer', number: one })));
        const entries = line([{ ...customer, number: other, reference: other }]);
        expect(forgotten.leftOut(entries)).toBe(entries);
      }),
    );
  });
});
