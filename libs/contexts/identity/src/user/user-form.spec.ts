import { describe, expect, it } from '@jest/globals';
import { emailKey } from './email-key.js';
import { readUserForm } from './user-form.js';

describe('the form of a user', () => {
  it('C13 C16 names every missing and wrong field at once', () => {
    const form = { firstName: ' ', email: 'kari', language: 'tlh', role: 'admin' };
    expect(readUserForm(form)).toMatchObject({
      code: 'user.invalid',
      faults: [
        { pointer: '/role', code: 'field.unknown' },
        { pointer: '/firstName', code: 'firstName.missing' },
        { pointer: '/lastName', code: 'lastName.missing' },
        { pointer: '/email', code: 'email.invalid' },
        { pointer: '/language', code: 'language.unknown' },
      ],
    });
    expect(readUserForm('x')).toMatchObject({ faults: [{ code: 'object.expected' }] });
    expect(readUserForm({ firstName: 'Kari', lastName: 'Nordmann' })).toMatchObject({
      faults: [{ pointer: '/email', code: 'email.missing' }],
    });
  });

  it('C18 keeps the address as it was typed, trimmed', () => {
    expect(readUserForm({ firstName: 'Kari', lastName: 'Nordmann', email: ' Kari@Example.com ' })).toEqual({
      firstName: 'Kari',
      lastName: 'Nordmann',
      email: 'Kari@Example.com',
      language: 'nb',
    });
  });

  it('W24 knows an address whatever its case, and a domain in letters or as DNS has it', () => {
    expect(emailKey(' KARI@Blåbær.no')).toBe(emailKey('kari@xn--blbr-roah.no'));
    expect(emailKey('kari@example.com')).not.toBe(emailKey('kari@example.org'));
  });
});
