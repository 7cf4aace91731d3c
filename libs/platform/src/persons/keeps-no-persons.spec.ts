import { describe, expect, it } from '@jest/globals';
import { keepsNoPersons } from './keeps-no-persons.js';
import { personClues, personEraseRequest } from './person.answers.js';

const context = { actor: 'user:local', correlationId: 'c', now: new Date(0) } as const;

describe('a context that keeps nothing about people', () => {
  const keeps = [{ what: 'Notes', note: 'Nobody is named in them.' }];
  const requests = keepsNoPersons('tiny', keeps);

  it('finds nobody, and says what it keeps', async () => {
    expect(await requests.find('c', { name: 'Kari' }, context)).toEqual({ keeps, found: [], isCut: false });
  });

  it('names every record that it is asked to forget as none of its own', async () => {
    const records = [
      { kind: 'customer', reference: '1' },
      { kind: 'invoice', reference: '2' },
    ];
    const selection = { records, reason: 'case 17', isDryRun: false };
    expect(await requests.erase('c', selection, context)).toMatchObject({
      code: 'person.kind-unknown',
      faults: [{ pointer: '/records/0/kind' }, { pointer: '/records/1/kind' }],
    });
    expect(await requests.lift('c', selection, context)).toMatchObject({ code: 'person.kind-unknown' });
  });
});

describe('what is asked for a person', () => {
  it('has at least one clue, and records and a reason where somebody is to be forgotten', () => {
    expect(personClues.safeParse({}).success).toBe(false);
    expect(personClues.safeParse({ email: ' ' }).success).toBe(false);
    expect(personClues.safeParse({ records: [{ kind: 'customer', reference: '1\u0000' }] }).success).toBe(
      false,
    );
    expect(personClues.parse({ name: ' Kari ' })).toEqual({ name: 'Kari' });
    const records = [{ kind: 'customer', reference: '1' }];
    expect(personEraseRequest.safeParse({ records, reason: '' }).success).toBe(false);
    expect(personEraseRequest.parse({ records, reason: 'case 17' })).toEqual({
      records,
      reason: 'case 17',
      dryRun: false,
    });
  });
});
