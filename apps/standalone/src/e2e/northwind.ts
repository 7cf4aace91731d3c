import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from '@jest/globals';

/** A record as the directory shows it. */
export interface ExpectedRecord {
  readonly kind: 'customer' | 'supplier' | 'contact-person';
  readonly number: string;
  readonly name: string;
  readonly [field: string]: unknown;
}

/** One of the sample's files, and what somebody who reads it expects in the directory; made without the product's own code. */
export interface NorthwindFile {
  readonly kind: 'customer' | 'supplier';
  readonly name: string;
  /** As it stands, with commas in texts that are not quoted. */
  readonly text: string;
  /** The same with every such text quoted. */
  readonly mended: string;
  /** Lines with more cells than the heading, which is line 1; the numbers of their records; those rows alone, mended, with heading. */
  readonly bad: {
    readonly lines: readonly number[];
    readonly numbers: readonly string[];
    readonly mended: string;
  };
  /** Of all rows: each row's customer or supplier and its contact person. */
  readonly records: readonly ExpectedRecord[];
  /** Of the rows that can be read as they stand. */
  readonly goodRecords: readonly ExpectedRecord[];
}

/** The sample's folder. */
export const NORTHWIND =
  process.env['SAMSPILL_NORTHWIND'] ?? join(import.meta.dirname, '../../../../../shared/data/northwind');
const MISSING = `the Northwind files are not in ${NORTHWIND}: name their folder in SAMSPILL_NORTHWIND`;

/** A suite over the sample; without it the suite is skipped and says so, and with `CI=true` it fails. */
export function describeWithNorthwind(title: string, suite: (read: typeof readNorthwind) => void): void {
  if (existsSync(join(NORTHWIND, 'customers.csv'))) {
    describe(title, () => suite(readNorthwind));
  } else if (process.env['CI'] === 'true') {
    describe(title, () => {
      it('has its data', () => {
        throw new Error(MISSING);
      });
    });
  } else {
    describe.skip(title, () => it(`is skipped: ${MISSING}`, () => undefined));
  }
}

/** Texts that a person knows to be one cell although a comma stands in them, beside addresses. */
const NAMES_WITH_A_COMMA = ['Pavlova, Ltd.', 'Specialty Biscuits, Ltd.', "G'day, Mate"];

const LAYOUTS = {
  customer: { file: 'customers.csv', cellsAfterAddress: 6 },
  supplier: { file: 'suppliers.csv', cellsAfterAddress: 7 },
} as const;
/** Number, name, person, title. */
const CELLS_BEFORE_ADDRESS = 4;

function readNorthwind(kind: 'customer' | 'supplier'): NorthwindFile {
  const { file, cellsAfterAddress } = LAYOUTS[kind];
  const text = readFileSync(join(NORTHWIND, file), 'utf8');
  const [heading = '', ...lines] = text.split(/\r?\n/).filter((line) => line !== '');
  const width = heading.split(',').length;
  const rows = lines.map((line, index) => ({
    line: index + 2,
    isBad: line.split(',').length !== width,
    cells: readRow(line, cellsAfterAddress),
  }));
  const bad = rows.filter((row) => row.isBad);
  const csv = (some: typeof rows): string =>
    [heading, ...some.map(({ cells }) => writeRow(cells))].join('\n') + '\n';
  return {
    kind,
    name: file,
    text,
    mended: csv(rows),
    bad: {
      lines: bad.map((row) => row.line),
      numbers: bad.map((row) => row.cells[0] ?? ''),
      mended: csv(bad),
    },
    records: rows.flatMap(({ cells }) => recordsOf(kind, cells)),
    goodRecords: rows.filter((row) => !row.isBad).flatMap(({ cells }) => recordsOf(kind, cells)),
  };
}

/** No cell is quoted; what stands too much between the cells at either end belongs to the address, but for the names above. */
function readRow(line: string, cellsAfterAddress: number): readonly string[] {
  const name = NAMES_WITH_A_COMMA.find((candidate) => line.includes(`,${candidate},`));
  const cells = (name === undefined ? line : line.replace(name, 'NAME')).split(',');
  const end = cells.length - cellsAfterAddress;
  const before = cells
    .slice(0, CELLS_BEFORE_ADDRESS)
    .map((cell) => (cell === 'NAME' ? (name ?? cell) : cell));
  return [...before, cells.slice(CELLS_BEFORE_ADDRESS, end).join(','), ...cells.slice(end)];
}

function writeRow(cells: readonly string[]): string {
  return cells.map((cell) => (cell.includes(',') ? `"${cell}"` : cell)).join(',');
}

function recordsOf(kind: NorthwindFile['kind'], cells: readonly string[]): readonly ExpectedRecord[] {
  const text = (at: number): string | undefined => (cells[at] === 'NULL' ? undefined : cells[at]?.trim());
  const [number = '', name = '', person = ''] = cells;
  const country = COUNTRY_CODES[text(8) ?? ''];
  if (country === undefined)
    throw new Error(`${number} is in a country that this test does not know: ${text(8) ?? ''}`);
  const address = present({
    lines: [text(4)],
    town: text(5),
    region: text(6),
    postcode: postcodeOf(country, text(7)),
  });
  const reach = present({ phone: text(9), fax: text(10), website: text(11) });
  return [
    { kind, number, name, country, address, ...reach },
    {
      kind: 'contact-person',
      number: `${number}-${kind === 'customer' ? '1' : 'L1'}`,
      name: person,
      title: text(3),
      parent: { kind, number },
    },
  ];
}

/** Sweden's are written `S-958 22` in the file; stored are the digits. */
function postcodeOf(country: string, text: string | undefined): string | undefined {
  return country === 'SE' ? text?.replaceAll(/\D/g, '') : text;
}

function present(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

const COUNTRY_CODES: Readonly<Record<string, string>> = {
  Argentina: 'AR',
  Australia: 'AU',
  Austria: 'AT',
  Belgium: 'BE',
  Brazil: 'BR',
  Canada: 'CA',
  Denmark: 'DK',
  Finland: 'FI',
  France: 'FR',
  Germany: 'DE',
  Ireland: 'IE',
  Italy: 'IT',
  Japan: 'JP',
  Mexico: 'MX',
  Netherlands: 'NL',
  Norway: 'NO',
  Poland: 'PL',
  Portugal: 'PT',
  Singapore: 'SG',
  Spain: 'ES',
  Sweden: 'SE',
  Switzerland: 'CH',
  UK: 'GB',
  USA: 'US',
  Venezuela: 'VE',
};
