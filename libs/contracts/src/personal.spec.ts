import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { contactPersonRecord, customerRecord } from './contacts/record.js';
import { personal, personalFields } from './personal.js';

describe('Personal fields', () => {
  it('are found in nested, optional and repeated fields, and validate as before', () => {
    const schema = z.strictObject({
      id: z.string(),
      name: personal(z.string().min(1)),
      contact: z.strictObject({ email: z.exactOptional(personal(z.email())) }).optional(),
      notes: z.array(z.strictObject({ text: personal(z.string()).nullable() })).readonly(),
    });
    expect(personalFields(schema)).toEqual(['/name', '/contact/email', '/notes/*/text']);
    expect(schema.safeParse({ id: '1', name: '', notes: [] }).success).toBe(false);
  });

  it('of a contact person are all but what identifies the record, where the person works, and the website', () => {
    const open = new Set(['kind', 'number', 'parent', 'country', 'website']);
    const fields = Object.keys(contactPersonRecord.shape).filter((field) => !open.has(field));
    expect([...personalFields(contactPersonRecord)].sort()).toEqual(
      fields.map((field) => `/${field}`).sort(),
    );
  });

  it('of a customer include name, phone and e-mail, since a customer may be a person', () => {
    expect(personalFields(customerRecord)).toEqual(
      expect.arrayContaining(['/name', '/phone', '/mobile', '/email', '/address', '/organisationNumber']),
    );
  });
});
