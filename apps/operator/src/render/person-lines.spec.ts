import { describe, expect, it } from '@jest/globals';
import type { EraseReport, FindReport } from '../person-report.js';
import { eraseLines, findLines } from './person-lines.js';

const report = { company: 'c', at: '2026-03-01T12:00:00.000Z', notThere: ['crm'], isComplete: false };
const silent = {
  service: 'identity',
  url: 'http://i',
  answered: false,
  why: 'it cannot be reached',
} as const;

describe('the report about a person', () => {
  it('says what was found, since when, and that a service has not answered', () => {
    const find: FindReport = {
      ...report,
      kind: 'find',
      clues: { name: 'Kari' },
      services: [
        silent,
        {
          service: 'contacts',
          url: 'http://c',
          answered: true,
          answer: {
            keeps: [],
            isCut: false,
            found: [
              {
                kind: 'customer',
                reference: '10',
                state: 'kept',
                matches: [{ by: 'name', isExact: true, field: '/name' }],
                fields: [
                  { field: '/name', value: 'Kari\nN', since: '2026-01-01T00:00:00.000Z', from: 'agent:a' },
                ],
                former: [],
                elsewhere: [{ place: 'Line 7 of import 1', fields: [] }],
                related: [{ kind: 'contact-person', reference: '10-1', how: 'a contact person of it' }],
              },
            ],
          },
        },
      ],
    };
    expect(findLines(find)).toEqual([
      'identity  http://i',
      '  HAS NOT ANSWERED: it cannot be reached',
      'contacts  http://c',
      '  customer/10  kept  name in /name (exact)',
      '    FIELD  VALUE   SINCE                     UNTIL  FROM',
      '    /name  Kari N  2026-01-01T00:00:00.000Z         agent:a',
      '    Line 7 of import 1:',
      '    contact-person/10-1: a contact person of it',
      'crm does not run behind this address, and was not asked.',
      '1 record found.',
      'THIS IS NOT ALL: nothing is known of identity. Run it again when it answers.',
    ]);
  });

  it('says what was forgotten, what is left, and what remains', () => {
    const erase: EraseReport = {
      ...report,
      kind: 'erase',
      reason: 'case 17',
      isDryRun: false,
      services: [
        {
          service: 'contacts',
          url: 'http://c',
          answered: true,
          answer: {
            records: [{ kind: 'customer', reference: '10', outcome: 'forgotten' }],
            remains: [{ what: 'Its number', why: 'It is refused by it.' }],
            waitsFor: 'projections',
            stillFound: [{ kind: 'customer', reference: '11', isExact: false }],
          },
        },
        silent,
      ],
    };
    expect(eraseLines(erase)).toEqual([
      'contacts  http://c',
      '  customer/10  forgotten',
      '  not yet gone from what people see: projections',
      '  still found: customer/11, as a mention or by name',
      '  remains: Its number. It is refused by it.',
      'identity  http://i',
      '  HAS NOT ANSWERED: it cannot be reached',
      'crm does not run behind this address, and was not asked.',
      '1 record forgotten.',
      'THIS IS NOT ALL: nothing is known of identity. Run it again when it answers.',
    ]);
  });
});
