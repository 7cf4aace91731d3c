import { describe, expect, it } from '@jest/globals';
import { isRejection, type Rejection } from '@samspill/kernel';
import {
  readContactsCsv,
  type ContactsCsv,
  type ContactsCsvOptions,
  type ContactsRow,
} from './contacts-csv.js';
import { csvMapping, planColumns } from './mapping.js';
import { rejectedRowsCsv, type RejectedRow } from './rejected-rows.js';

async function* bytesOf(text: string): AsyncGenerator<Uint8Array, void, undefined> {
  yield Promise.resolve(Buffer.from(text));
}

async function open(text: string, options?: ContactsCsvOptions): Promise<ContactsCsv> {
  const csv = await readContactsCsv(bytesOf(text), options);
  if (isRejection(csv)) throw new Error(csv.detail);
  return csv;
}

/** What the expectations name: the cells of a good row are those of the text. */
type ReadRow = Exclude<ContactsRow, { kind: 'good' }> | Omit<Extract<ContactsRow, { kind: 'good' }>, 'cells'>;

async function read(
  text: string,
  options?: ContactsCsvOptions,
): Promise<{ csv: ContactsCsv; rows: ReadRow[] }> {
  const csv = await open(text, options);
  const rows: ReadRow[] = [];
  for await (const row of csv.rows) {
    rows.push(row.kind === 'good' ? { kind: row.kind, line: row.line, records: row.records } : row);
  }
  return { csv, rows };
}

async function rejected(csv: ContactsCsv, rows: readonly ReadRow[]): Promise<string> {
  const bad: RejectedRow[] = rows.flatMap((row) => (row.kind === 'bad' ? [row] : []));
  let text = '';
  for await (const part of rejectedRowsCsv(csv, bad)) text += part;
  return text;
}

describe('A file of contacts', () => {
  it.each([
    ['Norwegian', 'Kundenr;Navn;Adresse;Postnr;Poststed;Land;Telefon;Mobil;E-post;Org.nr'],
    [
      'Swedish',
      'Kundnummer;Namn;Adress;Postnummer;Ort;Land;Telefon;Mobiltelefon;E-postadress;Organisationsnummer',
    ],
    ['English', 'customerID;companyName;address;postalCode;city;country;phone;mobile;email;Org. number'],
    ['shouting', 'KUNDE NR;NAVN;ADRESSE 1;POST NR;POSTSTED;LANDKODE;TLF;MOBIL NR;EPOST;ORG NR'],
  ])('of customers is understood by its %s headings', async (_language, headings) => {
    const row = '10001;Rør AS;Storgata 1;0150;Oslo;NO;22 33 44 55;46587451;post@ror.no;923 609 016';
    const { csv, rows } = await read(`${headings}\n${row}\n`);
    expect(csv).toMatchObject({ kind: 'customer', kinds: ['customer'], unused: [] });
    expect(rows).toEqual([
      {
        kind: 'good',
        line: 2,
        records: [
          {
            kind: 'customer',
            number: '10001',
            name: 'Rør AS',
            organisationNumber: '923609016',
            country: 'NO',
            address: { lines: ['Storgata 1'], postcode: '0150', town: 'Oslo' },
            phone: '22 33 44 55',
            mobile: '46587451',
            email: 'post@ror.no',
          },
        ],
      },
    ]);
  });

  it('of suppliers yields each row’s contact person as a record under the supplier', async () => {
    const { csv, rows } = await read(
      'supplierID,companyName,contactName,contactTitle,address,city,region,postalCode,country,phone,fax,homePage\n' +
        '9,PB Knäckebröd AB,Lars Peterson,Sales Agent,Kaloadagatan 13,Göteborg,NULL,S-345 67,Sweden,031-987 65 43,NULL,NULL\n' +
        '10,Alene AS,NULL,,,,,,Norway,,,\n',
    );
    expect(csv).toMatchObject({ kind: 'supplier', kinds: ['supplier', 'contact-person'], unused: [] });
    expect(rows).toEqual([
      {
        kind: 'good',
        line: 2,
        records: [
          {
            kind: 'supplier',
            number: '9',
            name: 'PB Knäckebröd AB',
            country: 'SE',
            address: { lines: ['Kaloadagatan 13'], postcode: '34567', town: 'Göteborg' },
            phone: '031-987 65 43',
          },
          {
            kind: 'contact-person',
            number: '9-L1',
            name: 'Lars Peterson',
            parent: { kind: 'supplier', number: '9' },
            title: 'Sales Agent',
          },
        ],
      },
      {
        kind: 'good',
        line: 3,
        records: [{ kind: 'supplier', number: '10', name: 'Alene AS', country: 'NO' }],
      },
    ]);
  });

  it('of contact persons names the parent’s number, of a customer or a supplier', async () => {
    const { rows } = await read(
      'Kontaktnr;Kontaktperson;Kundenr;Leverandørnr;Tittel;Avdeling;E-post;Firma\n' +
        'P1;Kari;1001;;Sjef;Innkjøp;kari@x.no;Rør AS\nP2;Ola;;2001;;;;\nP3;Per;1001;2001;;;;\n',
    );
    expect(rows).toMatchObject([
      { records: [{ parent: { kind: 'customer', number: '1001' }, title: 'Sjef', department: 'Innkjøp' }] },
      { records: [{ parent: { kind: 'supplier', number: '2001' } }] },
      { kind: 'bad', line: 4, faults: [{ pointer: '/parent', code: 'parent.missing', column: 'Kundenr' }] },
    ]);
  });

  it('reports a bad row by line and column, with every fault, and what is good in it', async () => {
    const { rows } = await read(
      'Kundenr;Navn;Postnr;Land;E-post;Kontaktperson;Kontakt e-post\n' +
        '1;Rør AS;150;NO;post@;Kari;kari@x.no\n2;Bra AS;0150;NO;;Ola;ola\n3;For; mange;0150;NO;;;x\n',
    );
    expect(rows).toMatchObject([
      {
        kind: 'bad',
        line: 2,
        faults: [
          { column: 'Postnr', code: 'postcode.format' },
          { column: 'E-post', code: 'email.invalid' },
        ],
        records: [{ kind: 'contact-person', number: '1-1' }],
        refused: [{ kind: 'customer', number: '1' }],
      },
      {
        kind: 'bad',
        line: 3,
        faults: [{ column: 'Kontakt e-post', code: 'email.invalid' }],
        records: [{ kind: 'customer', number: '2' }],
        refused: [{ kind: 'contact-person', number: '2-1' }],
      },
      {
        kind: 'bad',
        line: 4,
        faults: [{ pointer: '', code: 'csv.columns' }],
        records: [],
        refused: [
          { kind: 'customer', number: '3' },
          { kind: 'contact-person', number: '3-1' },
        ],
      },
    ]);
  });

  it('tells that it is broken off rather than shorter', async () => {
    const { rows } = await read('Kundenr;Navn\n1;A\n"2;B\n3;C\n');
    expect(rows.map((row) => row.kind)).toEqual(['good', 'broken-off']);
  });

  it('may hold an address of several lines in one cell', async () => {
    const { rows } = await read('Kundenr;Navn;Adresse\n1;A;"c/o Kari\nStorgata 1"\n');
    expect(rows).toMatchObject([{ records: [{ address: { lines: ['c/o Kari', 'Storgata 1'] } }] }]);
  });

  it('with headings that nobody knows says which, and imports the rest', async () => {
    const { csv } = await read('Kundenr;Navn;Rabattgruppe;Telefon;Tlf;\n1;A;X;1;2;\n');
    expect(csv.unused).toEqual(['Rabattgruppe', 'Tlf']);
  });
});

describe('The rejected rows of a file', () => {
  const text =
    'Kundenr;Navn;E-post\n1;Rør AS;post@\n2;Bra AS;a@b.no\n3;"Semi; ""kolon"" AS";x\n4;For;mange;kolonner\n5;For få\n';

  it('are a file that can be mended and sent again: the column of faults is ignored', async () => {
    const first = await read(text);
    const file = await rejected(first.csv, first.rows);
    expect(file.startsWith('\ufeffKundenr;Navn;E-post;Feil/Error\r\n1;Rør AS;post@;')).toBe(true);
    expect(file).toContain('Line 2: E-post: “post@” is not an e-mail address');
    const mended = file
      .replace('post@;', 'post@ror.no;')
      .replace('AS";x;', 'AS";x@y.no;')
      .replace('4;For;mange;kolonner', '4;For mange;');
    const second = await read(mended);
    expect(second.csv).toMatchObject({ kind: 'customer', unused: [] });
    expect(second.rows).toMatchObject([
      { kind: 'good', records: [{ number: '1', email: 'post@ror.no' }] },
      { kind: 'good', records: [{ number: '3', name: 'Semi; "kolon" AS', email: 'x@y.no' }] },
      { kind: 'good', records: [{ number: '4' }] },
      { kind: 'bad', faults: [{ code: 'csv.columns' }] },
    ]);
  });

  it('sent again unmended are rejected again, with their faults told once', async () => {
    const first = await read(text);
    const file = await rejected(first.csv, first.rows);
    const again = await read(file);
    expect(again.rows.map((row) => row.kind)).toEqual(['bad', 'bad', 'bad', 'bad']);
    const renumbered = (csv: string): string =>
      csv.replaceAll(/Line \d+: /g, '').replaceAll(/has \d fields, the heading \d/g, '');
    expect(renumbered(await rejected(again.csv, again.rows))).toBe(renumbered(file));
  });
});

describe('The columns of a file', () => {
  const rejection = (headings: string, options?: ContactsCsvOptions): Rejection => {
    const plan = planColumns(headings.split(';'), options);
    if (!isRejection(plan)) throw new Error('was accepted');
    return plan;
  };

  it('that are mandatory and missing are named all in one answer', () => {
    expect(rejection('Kontaktnr;E-post')).toMatchObject({
      code: 'csv.columns-missing',
      faults: [{ pointer: '/columns/name' }, { pointer: '/columns/parent' }],
    });
    expect(rejection('Telefon;Land', { kind: 'customer' })).toMatchObject({
      detail: expect.stringMatching(/number .*name/),
      faults: [{ pointer: '/columns/number' }, { pointer: '/columns/name' }],
    });
  });

  it.each(['Nr;Navn', 'Kundenr;Leverandørnr;Navn', 'employeeID;lastName'])(
    'that do not say what the rows are (%s) are refused, unless the kind is given',
    (headings) => {
      expect(rejection(headings).code).toBe('csv.kind-unknown');
    },
  );

  it('in none at all are refused as an empty file', () => {
    expect(rejection('').code).toBe('csv.empty');
  });

  it('are what a mapping file says first, and known headings for the rest', async () => {
    const mapping = csvMapping.parse({
      kind: 'customer',
      columns: { Kode: 'number', 'kallenavn ': 'name', Navn: 'ignore', Merknad: 'address.line1' },
    });
    const { csv, rows } = await read('Kode;Kallenavn;Navn;Merknad;Poststed\n7;Rør;Rør AS;Storgata 1;Oslo\n', {
      mapping,
    });
    expect(csv.unused).toEqual([]);
    expect(rows).toMatchObject([
      { records: [{ number: '7', name: 'Rør', address: { lines: ['Storgata 1'], town: 'Oslo' } }] },
    ]);
  });

  it('that a mapping file fills with what the kind has not, or twice, are refused by heading', () => {
    const columns = { A: 'parent.customer', 'B/C': 'name', D: 'name' } as const;
    expect(rejection('Kundenr;A;B/C;D', { mapping: { kind: 'customer', columns } })).toMatchObject({
      code: 'csv.mapping',
      faults: [{ pointer: '/columns/A' }, { pointer: '/columns/D' }],
    });
    expect(csvMapping.safeParse({ columns: { A: 'shoeSize' } }).success).toBe(false);
    expect(csvMapping.safeParse({ column: {} }).success).toBe(false);
  });
});
