import { describe, expect, it } from '@jest/globals';
import { entriesOf } from './staged-entry.js';

const file = { kind: 'customer', kinds: ['customer', 'contact-person'], separator: ';' } as const;
const fault = { pointer: '', code: 'csv.columns', detail: 'The row has 3 fields.' };

describe('a row of a file, as it is staged', () => {
  it('is one entry a record, the good ones first, with the cells of the line in the first', () => {
    const cells = ['1', 'Rør AS', 'Kari', 'feil'];
    const entries = entriesOf(
      {
        kind: 'bad',
        line: 7,
        cells,
        faults: [fault],
        records: [{ kind: 'customer', number: '1', name: 'Rør AS' }],
        refused: [
          { kind: 'contact-person', number: '1-1', input: { number: '1-1', email: 'feil' }, faults: [fault] },
        ],
      },
      file,
    );
    expect(entries).toMatchObject([
      { line: 7, part: 0, kind: 'customer', number: '1', reference: '1', cells, faults: undefined },
      { line: 7, part: 1, kind: 'contact-person', number: '1-1', cells: undefined, record: undefined },
    ]);
  });

  it('C35 protects every record that it may be about when it cannot be taken apart', () => {
    const row = {
      kind: 'bad',
      line: 3,
      cells: ['Skjev', ' 12 ', ''],
      faults: [fault],
      records: [],
      refused: [],
    } as const;
    const [entry] = entriesOf(row, file);
    expect(entry).toMatchObject({
      kind: 'customer',
      number: undefined,
      protects: ['Skjev', '12', 'Skjev-1', '12-1'],
    });
    expect(entry?.reference).toMatch(/^~[0-9a-f]+$/);
    expect(entriesOf(row, file)[0]?.reference).toBe(entry?.reference);
  });

  it('holds no text that a database or a topic would not take, however long or broken the row is', () => {
    const broken = `\0\ud800${'x'.repeat(200_000)}`;
    for (const row of [
      {
        refused: [
          {
            kind: 'customer',
            number: '1',
            input: { number: '1', name: broken },
            faults: [{ ...fault, detail: broken }],
          },
        ],
      },
      { refused: [] },
    ] as const) {
      const [entry] = entriesOf(
        { kind: 'bad', line: 2, cells: ['1', broken], faults: [fault], records: [], ...row },
        file,
      );
      const text = JSON.stringify([entry?.sent, entry?.faults]);
      expect(text.length).toBeLessThan(20_000);
      expect(text).not.toMatch(/\\u0000|\\ud800/);
    }
  });
});
