import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseRecord } from './parse-record.js';
import { CONTACT_KINDS, contactRecord, RECORD_LIMITS } from './record.js';

const customer = {
  number: '10001',
  name: 'Bjørnstad Rør AS',
  organisationNumber: 'NO 923 609 016 MVA',
  country: 'Norge',
  address: { lines: ['Storgata 1', ''], postcode: 'N-0150', town: ' Oslo ', region: '' },
  phone: '22 33 44 55',
  email: 'post@bjornstad.no',
  website: null,
};

describe('A record', () => {
  it('is accepted in its canonical form: trimmed, blanks left out, codes for countries, digits for numbers', () => {
    expect(parseRecord('customer', customer)).toEqual({
      ok: true,
      record: {
        kind: 'customer',
        number: '10001',
        name: 'Bjørnstad Rør AS',
        organisationNumber: '923609016',
        country: 'NO',
        address: { lines: ['Storgata 1'], postcode: '0150', town: 'Oslo' },
        phone: '22 33 44 55',
        email: 'post@bjornstad.no',
      },
    });
  });

  it('has its keys in one order, whatever order they came in', () => {
    const reversed = Object.fromEntries(Object.entries(customer).reverse());
    expect(JSON.stringify(parseRecord('customer', reversed))).toBe(
      JSON.stringify(parseRecord('customer', customer)),
    );
  });

  it('C13 with several faults is refused with every one of them at once', () => {
    const outcome = parseRecord('customer', {
      name: 'x'.repeat(RECORD_LIMITS.nameMaxLength + 1),
      organisationNumber: '923609017',
      country: 'NO',
      address: { postcode: '150', country: 'Atlantis', floor: 2 },
      email: 'post@',
      'fa/x': '1',
    });
    expect(outcome.ok ? [] : outcome.faults.map(({ pointer, code }) => [pointer, code])).toEqual([
      ['/fa~1x', 'field.unknown'],
      ['/number', 'number.missing'],
      ['/name', 'text.too-long'],
      ['/address/floor', 'field.unknown'],
      ['/address/country', 'country.unknown'],
      ['/address/postcode', 'postcode.format'],
      ['/organisationNumber', 'organisation-number.check-digit'],
      ['/email', 'email.invalid'],
    ]);
  });

  it('is never refused for what its phones say', () => {
    const phones = { phone: 'Ring Kari', mobile: '12', fax: '+++', number: '1', name: 'A' };
    expect(parseRecord('supplier', phones)).toMatchObject({
      ok: true,
      record: { phone: 'Ring Kari', mobile: '12' },
    });
  });

  it('of a contact person belongs to a customer or supplier', () => {
    const person = { number: 'ALFKI-1', name: 'Maria Anders' };
    expect(parseRecord('contact-person', person)).toMatchObject({
      ok: false,
      faults: [{ pointer: '/parent', code: 'parent.missing' }],
    });
    expect(parseRecord('contact-person', { ...person, parent: { kind: 'bank', number: '1' } })).toMatchObject(
      {
        ok: false,
        faults: [{ pointer: '/parent/kind', code: 'parent.kind' }],
      },
    );
    expect(
      parseRecord('contact-person', { ...person, parent: { kind: 'customer', number: 'ALFKI' } }),
    ).toEqual({
      ok: true,
      record: { kind: 'contact-person', ...person, parent: { kind: 'customer', number: 'ALFKI' } },
    });
    expect(parseRecord('customer', { ...person, parent: { kind: 'customer', number: '1' } })).toMatchObject({
      faults: [{ pointer: '/parent', code: 'field.unknown' }],
    });
  });

  it('is checked by its own country, its address by the address’s', () => {
    const abroad = { number: '1', name: 'A', country: 'NO', address: { postcode: 'EC1 4SD', country: 'GB' } };
    expect(parseRecord('customer', abroad)).toMatchObject({ ok: true });
    expect(parseRecord('customer', { ...abroad, address: { postcode: 'EC1 4SD' } })).toMatchObject({
      ok: false,
      faults: [{ pointer: '/address/postcode' }],
    });
    expect(
      parseRecord('customer', {
        number: '1',
        name: 'A',
        organisationNumber: '1',
        address: { country: 'NO' },
      }),
    ).toMatchObject({ ok: false, faults: [{ pointer: '/organisationNumber' }] });
  });

  it('may hold line breaks in notes, gets them as spaces elsewhere, and none in a number', () => {
    const outcome = parseRecord('customer', { number: '1', name: 'A\r\nB', notes: 'one\r\ntwo' });
    expect(outcome).toMatchObject({ ok: true, record: { name: 'A B', notes: 'one\ntwo' } });
    for (const number of ['1\n2', '1\u00002', '1\ud800']) {
      expect(parseRecord('customer', { number, name: 'A' })).toMatchObject({
        ok: false,
        faults: [{ pointer: '/number', code: 'text.control-characters' }],
      });
    }
    expect(parseRecord('customer', { number: '1', name: 'Smil 😀 AS' })).toMatchObject({ ok: true });
  });

  it.each([[null], ['text'], [[]], [7]])('that is not an object (%j) is refused', (input) => {
    expect(parseRecord('customer', input)).toMatchObject({
      ok: false,
      faults: [{ code: 'object.expected' }],
    });
  });

  it('sent as one kind that says it is another is refused', () => {
    expect(parseRecord('customer', { kind: 'supplier', number: '1', name: 'A' })).toMatchObject({
      ok: false,
      faults: [{ pointer: '/kind', code: 'kind.mismatch' }],
    });
  });

  it('accepted from any input fits the schema of stored records and is its own canonical form', () => {
    const words = fc.oneof(
      fc.constantFrom('NO', 'Sverige', '0150', '958 22', 'a@b.no', ' x ', '', 'A\nB', '923609016'),
      fc.string({ unit: 'grapheme', maxLength: 60 }),
    );
    const optional = fc.option(words, { nil: undefined });
    const input = fc.record({
      number: words,
      name: words,
      country: fc.option(fc.constantFrom('NO', 'se', 'Germany', ''), { nil: undefined }),
      address: fc.option(
        fc.record({ lines: fc.array(words, { maxLength: 4 }), town: optional, postcode: optional }),
      ),
      organisationNumber: fc.option(fc.constantFrom('923609016', 'HRB 1', '5560125790')),
      phone: optional,
      email: fc.option(fc.constantFrom('a@b.no', ' c@d.se ')),
      notes: optional,
    });
    const accepted = new Set<string>();
    fc.assert(
      fc.property(fc.constantFrom(...CONTACT_KINDS), input, (kind, { organisationNumber, ...rest }) => {
        const parent = { kind: 'supplier', number: rest.number };
        const outcome = parseRecord(
          kind,
          kind === 'contact-person' ? { ...rest, parent } : { ...rest, organisationNumber },
        );
        if (!outcome.ok) return;
        accepted.add(kind);
        expect(contactRecord.parse(outcome.record)).toEqual(outcome.record);
        expect(JSON.stringify(parseRecord(kind, JSON.parse(JSON.stringify(outcome.record))))).toBe(
          JSON.stringify(outcome),
        );
      }),
      { numRuns: 1000 },
    );
    expect(accepted.size).toBe(CONTACT_KINDS.length);
  });
});
