import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { openCsv, ROW_MAX_BYTES, type CsvFile, type CsvRow } from './csv-file.js';
import { ENCODING_SAMPLE_BYTES } from './utf8.js';

/** The bytes in chunks of a size, as a stream would hand them over. */
async function* chunked(bytes: Buffer, size = 7): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < bytes.length; at += size) yield Promise.resolve(bytes.subarray(at, at + size));
}

async function read(bytes: Buffer | string, size?: number): Promise<{ file: CsvFile; rows: CsvRow[] }> {
  const file = await openCsv(chunked(Buffer.from(bytes), size));
  const rows: CsvRow[] = [];
  for await (const row of file.rows) rows.push(row);
  return { file, rows };
}

const cellsOf = (rows: readonly CsvRow[]): (readonly string[])[] =>
  rows.map((row) => (row.kind === 'broken-off' ? [row.fault.code] : row.cells));

function windows1252(text: string): Buffer {
  return Buffer.from(text.replaceAll('€', '\x80').replaceAll('–', '\x96'), 'latin1');
}

describe('A CSV file', () => {
  it.each([
    [';', 'Kundenr;Navn, fullt\n1;A'],
    [',', 'customerID,companyName\n1,A'],
    ['\t', 'Kundnr\tNamn\n1\tA'],
    [';', '"Navn, a, b";"Kundenr, c"\nA;1'],
    [';', 'Kundenr\n1'],
  ])('has the separator “%s” when its heading says so', async (separator, text) => {
    const { file, rows } = await read(text);
    expect(file.separator).toBe(separator);
    expect(rows).toHaveLength(1);
  });

  it('is read whatever its encoding, with or without a byte-order mark', async () => {
    const text = 'Kundenr;Navn\r\n1;Bjørn – Åse €\r\n';
    const read1252 = await read(windows1252(text));
    const all = [
      await read(text),
      await read(`\ufeff${text}`),
      read1252,
      await read(Buffer.from(`\ufeff${text}`, 'utf16le')),
    ];
    for (const { file, rows } of all) {
      expect(file.headings).toEqual(['Kundenr', 'Navn']);
      expect(cellsOf(rows)).toEqual([['1', 'Bjørn – Åse €']]);
    }
    expect(all.map(({ file }) => file.encoding)).toEqual(['utf-8', 'utf-8', 'windows-1252', 'utf-16le']);
  });

  it('is Windows-1252 when its first special letter, however late, is', async () => {
    const lines = `${'1;Ola Nordmann\n'.repeat(2 * (ENCODING_SAMPLE_BYTES / 15))}2;Åse\n`;
    const { file, rows } = await read(windows1252(`Kundenr;Navn\n${lines}`), 1000);
    expect(file.encoding).toBe('windows-1252');
    expect(cellsOf(rows).at(-1)).toEqual(['2', 'Åse']);
  });

  it('pasted together from two encodings is read as what each part is', async () => {
    const start = Buffer.from(`Kundenr;Navn\n${'1;Bjørn\n'.repeat(ENCODING_SAMPLE_BYTES / 8)}`);
    const { file, rows } = await read(
      Buffer.concat([start, windows1252('2;Kjær Åsen\n'), Buffer.from('3;Øst')]),
    );
    expect(file.encoding).toBe('utf-8');
    expect(cellsOf(rows).slice(-3)).toEqual([
      ['1', 'Bjørn'],
      ['2', 'Kjær Åsen'],
      ['3', 'Øst'],
    ]);
  });

  it('may quote fields with separators, quotes and line breaks; rows are counted by the lines of the file', async () => {
    const { rows } = await read('a,b\r\n"1, 2","say ""hi"""\r\n\r\n"x\r\ny",\r\n5,6');
    expect(rows).toEqual([
      { kind: 'row', line: 2, cells: ['1, 2', 'say "hi"'] },
      { kind: 'row', line: 4, cells: ['x\r\ny', ''] },
      { kind: 'row', line: 6, cells: ['5', '6'] },
    ]);
  });

  it('keeps quotes within unquoted text', async () => {
    const { rows } = await read(`a;b\nRør 1/2" AS;Bon app'\n"Kari" Nordmann;2\n`);
    expect(cellsOf(rows)).toEqual([
      ['Rør 1/2" AS', "Bon app'"],
      ['"Kari" Nordmann', '2'],
    ]);
  });

  it('with a row of too many or too few columns names its line and goes on', async () => {
    const { rows } = await read('a,b,c\n1,Rua do Paço, 67,Rio\n2,x\n3,y,z\n4,p,q,,\n');
    expect(rows).toMatchObject([
      { kind: 'bad-row', line: 2, cells: ['1', 'Rua do Paço', ' 67', 'Rio'], fault: { code: 'csv.columns' } },
      { kind: 'bad-row', line: 3, fault: { code: 'csv.columns' } },
      { kind: 'row', line: 4 },
      { kind: 'row', line: 5, cells: ['4', 'p', 'q'] },
    ]);
  });

  it.each([
    ['at its end', 'a;b\n1;2\n"3;4\n5;6\n'],
    ['over more than a row may have', `a;b\n1;2\n"3;4\n${'5;6\n'.repeat(ROW_MAX_BYTES / 4)}7;8\n`],
  ])('with a quote left open %s is broken off at its line', async (_where, text) => {
    const { rows } = await read(text, 4096);
    expect(rows).toMatchObject([
      { kind: 'row', line: 2 },
      { kind: 'broken-off', line: 3, fault: { code: 'csv.quote-not-closed' } },
    ]);
  });

  it('without anything has no headings', async () => {
    const { file, rows } = await read('');
    expect(file.headings).toEqual([]);
    expect(rows).toEqual([]);
  });

  it('passes on a fault of its source', async () => {
    async function* failing(): AsyncGenerator<Uint8Array, void, undefined> {
      yield Promise.resolve(Buffer.from(`a;b\n${'1;2\n'.repeat(ENCODING_SAMPLE_BYTES)}`));
      throw new Error('connection lost');
    }
    const file = await openCsv(failing());
    await expect(async () => {
      for await (const row of file.rows) expect(row.kind).toBe('row');
    }).rejects.toThrow('connection lost');
  });

  it.each(['closed', 'left in the middle'])('lets go of its source when it is %s', async (how) => {
    const released = Promise.withResolvers<string>();
    async function* endless(): AsyncGenerator<Uint8Array, void, undefined> {
      try {
        yield Promise.resolve(Buffer.from('a;b\n'));
        for (;;) yield Promise.resolve(Buffer.from('1;2\n'.repeat(1000)));
      } finally {
        released.resolve('released');
      }
    }
    const file = await openCsv(endless());
    if (how === 'closed') await file.close();
    else for await (const row of file.rows) if (row.line > 10) break;
    await expect(released.promise).resolves.toBe('released');
  });

  it('written in any of the known ways is read as it was written', async () => {
    const cell = fc.oneof(
      fc.stringMatching(/^[a-zæøåÆØÅäöé0-9 .,;"'\n-]{0,12}$/),
      fc.constantFrom('', '"', 'NULL', 'a;b', 'a,b', 'x\r\ny'),
    );
    const table = fc.array(fc.tuple(fc.constant('k'), cell, cell), { minLength: 1, maxLength: 12 });
    const encode = fc.constantFrom(
      windows1252,
      (text: string) => Buffer.from(text),
      (text: string) => Buffer.from(`\ufeff${text}`),
    );
    await fc.assert(
      fc.asyncProperty(
        table,
        encode,
        fc.constantFrom(';', ',', '\t'),
        fc.constantFrom('\n', '\r\n'),
        fc.integer({ min: 1, max: 40 }),
        async (records, encoded, separator, lineEnd, size) => {
          const line = (cells: readonly string[]): string =>
            cells
              .map((text) => (/[",;\t\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text))
              .join(separator);
          const text = [['a', 'b', 'c'], ...records].map(line).join(lineEnd);
          const { rows } = await read(encoded(text), size);
          expect(cellsOf(rows)).toEqual(records);
        },
      ),
    );
  });
});
