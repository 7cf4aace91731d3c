import { describe, expect, it } from '@jest/globals';
import {
  parseOrganisationNumber,
  parsePhone,
  parsePostcode,
  parseRecord,
  type ContactRecord,
} from '@samspill/contracts';
import { demoCompany } from './demo-company.js';
import { demoCsv } from './demo-csv.js';
import { demoRecords } from './demo-records.js';

const SIZES = { customers: 400, suppliers: 100, contactPersonsPerParent: 2 };

describe('Demo records', () => {
  const records = [...demoRecords(SIZES)];

  it('obey the rules of records and are in canonical form', () => {
    for (const record of records) {
      expect(JSON.stringify(parseRecord(record.kind, record))).toBe(JSON.stringify({ ok: true, record }));
    }
  });

  it('are as many of each kind as asked for, each with a number of its own', () => {
    const count = (kind: ContactRecord['kind']): number =>
      records.filter((record) => record.kind === kind).length;
    expect([count('customer'), count('supplier'), count('contact-person')]).toEqual([400, 100, 1000]);
    expect(new Set(records.map((record) => record.number)).size).toBe(records.length);
    const organisations = records.flatMap((record) =>
      record.kind === 'contact-person' ? [] : [record.organisationNumber],
    );
    expect(new Set(organisations).size).toBe(500);
  });

  it('have phones that can be called', () => {
    const phones = records.map((record) => parsePhone(record.phone ?? record.mobile ?? '', record.country));
    expect(phones.filter((phone) => phone === undefined)).toEqual([]);
  });

  it('come from all four countries, with names that differ', () => {
    expect(new Set(records.map((record) => record.country))).toEqual(new Set(['NO', 'SE', 'DK', 'FI']));
    expect(new Set(records.map((record) => record.name)).size).toBeGreaterThan(0.75 * records.length);
  });

  it('are the same for the same seed, others for another, and more of them begin with the same', () => {
    expect([...demoRecords(SIZES)]).toEqual(records);
    expect([...demoRecords({ ...SIZES, seed: 2 })]).not.toEqual(records);
    const more = demoRecords({ ...SIZES, customers: 1_000_000_000 });
    expect(Array.from({ length: 1200 }, () => more.next().value)).toEqual(records.slice(0, 1200));
  });

  it('send no mail to anyone', () => {
    expect(records.filter((record) => record.email?.endsWith('.example') === false)).toEqual([]);
  });
});

describe('A demo company', () => {
  it('can be registered, and differs from the next one', () => {
    const company = demoCompany(1);
    expect(parseOrganisationNumber('NO', company.organisationNumber)).toMatchObject({ ok: true });
    expect(parsePostcode('NO', company.address.postcode)).toMatchObject({ ok: true });
    expect(demoCompany(1)).toEqual(company);
    expect(demoCompany(2).organisationNumber).not.toBe(company.organisationNumber);
  });
});

describe('A demo file', () => {
  it('has Norwegian headings, one line a record of its kind, and nothing of other kinds', () => {
    const customers = [...demoCsv('customer', demoRecords(SIZES))].join('').split('\r\n');
    expect(customers).toHaveLength(402);
    expect(customers[0]).toBe(
      'Kundenr;Navn;Adresse;Postnr;Poststed;Land;Telefon;Mobil;E-post;Hjemmeside;Merknad;Org.nr',
    );
    const persons = [...demoCsv('contact-person', demoRecords(SIZES))].join('').split('\r\n');
    expect(persons).toHaveLength(1002);
    expect(persons[0]).toContain('Kontaktnr;Navn;');
    expect(persons[0]).toContain(';Kundenr;Leverandørnr;Tittel;Avdeling');
  });
});
