import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  CONTACT_KINDS,
  type ContactKind,
  type ContactRecord,
  type CustomerRecord,
} from '@samspill/contracts';
import { CompanyReader } from '@samspill/eventlog';
import { isRejection, type CompanyId } from '@samspill/kernel';
import fc from 'fast-check';
import { DirectoryWorld, newCompany, rowOf } from './directory-world.specification.js';
import type { DirectorySearch, FoundContacts, SearchRequest } from './directory-search.js';
import { hasWord, readWords } from './search-words.js';

/** The walk ends after a row or two, so that what it does not find has to come from the grams. */
const SHORT_WALK = { walkRows: 1, similarRows: 100 };

let world: DirectoryWorld;
beforeAll(async () => {
  world = await DirectoryWorld.open();
});
afterAll(() => world.close());

function customer(number: string, name: string, more: Partial<CustomerRecord> = {}): CustomerRecord {
  return { kind: 'customer', number, name, ...more };
}

async function find(
  company: CompanyId,
  request: Partial<SearchRequest>,
  search = world.search(),
): Promise<FoundContacts> {
  const found = await search.search(company, { q: '', limit: 100, ...request });
  if (isRejection(found)) throw new Error(found.detail);
  return found;
}

const keys = ({ contacts }: FoundContacts): readonly string[] =>
  contacts.map(({ kind, number }) => `${kind}/${number}`);
const numbers = ({ contacts }: FoundContacts): readonly string[] => contacts.map(({ number }) => number);

async function allPages(
  search: DirectorySearch,
  company: CompanyId,
  request: Partial<SearchRequest>,
): Promise<readonly string[]> {
  const all: string[] = [];
  for (let cursor: string | undefined; ;) {
    const page = await find(company, { ...request, cursor }, search);
    all.push(...keys(page));
    if (page.next === undefined) return all;
    cursor = page.next;
  }
}

describe('Search in the directory', () => {
  const company = newCompany();
  const records: readonly ContactRecord[] = [
    customer('100', 'Håkon Rør AS', {
      organisationNumber: '923609016',
      country: 'NO',
      phone: '465 87 451',
      email: 'post@haakon-ror.example',
      address: { lines: ['Storgata 1'], postcode: '7713', town: 'Steinkjer' },
    }),
    customer('101', 'Haakon Bygg AS', { country: 'NO', phone: '+47 22 33 44 55' }),
    customer('102', 'Hakon & Sønner 100% Fisk AS', { country: 'NO' }),
    customer('7', 'Sjöberg_Åkeri AB', {
      country: 'SE',
      phone: '08-123 45 67',
      address: { lines: [], town: 'Umeå' },
    }),
    { kind: 'supplier', number: '7', name: 'Anne-Lise Hagesenter', country: 'NO' },
    {
      kind: 'contact-person',
      number: '100-1',
      name: 'Kari B. Nordmann',
      parent: { kind: 'customer', number: '100' },
      country: 'NO',
      mobile: '91234567',
    },
    {
      kind: 'contact-person',
      number: '100-2',
      name: 'Bjørn Kjær',
      parent: { kind: 'customer', number: '100' },
    },
  ];
  beforeAll(() => world.put(company, records));

  it.each([
    ['a part of a name', 'ygg', ['101']],
    ['a number', '101', ['101']],
    ['a part of an organisation number', '36090', ['100']],
    ['an organisation number in groups', '923 609 016', ['100']],
    ['a town', 'steinkjer', ['100']],
    ['a town without its letters’ marks', 'umea', ['7']],
    ['a postcode', '7713', ['100']],
    ['a phone as typed', '465 87 451', ['100']],
    ['a phone in other groups', '46 58 74 51', ['100']],
    ['a phone with its country’s code', '+47 465 87 451', ['100']],
    ['a phone with 00', '0047 46587451', ['100']],
    ['a part of a phone', '87451', ['100']],
    ['a Swedish phone as dialled there', '08-123 45 67', ['7']],
    ['a Swedish phone with code and trunk', '+46 (0)8 123 45 67', ['7']],
    ['a part of an e-mail address', 'ror.exam', ['100']],
    ['an abbreviated name beside a longer word', 'kari b', ['100-1']],
    ['words in any order', 'as bygg', ['101']],
  ])('C44 finds by %s', async (_what, q, expected) => {
    expect(numbers(await find(company, { q }))).toEqual(expected);
    expect(numbers(await find(company, { q }, world.search(SHORT_WALK)))).toEqual(expected);
  });

  it.each(['Håkon', 'HAAKON', 'hakon', 'haakon'])(
    'C44 finds every spelling of a Nordic name by %s',
    async (q) => {
      expect(numbers(await find(company, { q })).toSorted()).toEqual(['100', '101', '102']);
    },
  );

  it.each(['Bjørn', 'bjoern', 'BJORN', 'björn'])('C44 finds Bjørn by %s', async (q) => {
    expect(numbers(await find(company, { q }))).toEqual(['100-2']);
  });

  it('C44 matches two letters from the start of a word, after a hyphen too, and three anywhere', async () => {
    expect(keys(await find(company, { q: 'li' }))).toEqual(['supplier/7']);
    expect(numbers(await find(company, { q: 'is' }))).toEqual([]);
    expect(keys(await find(company, { q: 'ise' }))).toEqual(['supplier/7']);
  });

  it('C44 takes the wildcards of SQL for what they are', async () => {
    expect(numbers(await find(company, { q: '100%' }))).toEqual(['102']);
    expect(numbers(await find(company, { q: 'g_å' }))).toEqual(['7']);
    for (const q of ['%%', '__', 'h%n', String.raw`\\%`, "'; DROP TABLE x; --"])
      expect(numbers(await find(company, { q }))).toEqual([]);
  });

  it('C44 shows an equal number first, then names that begin with the query, then the rest', async () => {
    expect(keys(await find(company, { q: '100' }))).toEqual([
      'customer/100',
      'contact-person/100-2',
      'customer/102',
      'contact-person/100-1',
    ]);
    expect(numbers(await find(company, { q: 'ha' }))).toEqual(['101', '102', '100', '7']);
  });

  it('C44 finds a number of a single digit, and asks for more of a single letter', async () => {
    expect(keys(await find(company, { q: '7' })).toSorted()).toEqual(['customer/7', 'supplier/7']);
    for (const q of ['k', 'k b', '3']) {
      expect(await world.search().search(company, { q, limit: 10 })).toMatchObject({
        kind: 'rejection',
        code: 'search.too-short',
      });
    }
  });

  it('C44 lists everything by name when nothing is asked for, and of one kind', async () => {
    const byName = [
      'supplier/7',
      'contact-person/100-2',
      'customer/101',
      'customer/102',
      'customer/100',
      'contact-person/100-1',
      'customer/7',
    ];
    expect(keys(await find(company, {}))).toEqual(byName);
    expect(keys(await find(company, { q: '  ' }))).toEqual(byName);
    expect(await allPages(world.search(SHORT_WALK), company, { kind: 'supplier', limit: 1 })).toEqual([
      'supplier/7',
    ]);
    expect(await allPages(world.search(SHORT_WALK), company, { kind: 'customer', limit: 1 })).toEqual(
      byName.filter((key) => key.startsWith('customer')),
    );
  });

  it('C44 shows a contact person with its customer, and a customer with its contact persons', async () => {
    const [found] = (await find(company, { q: 'nordmann' })).contacts;
    expect(found).toMatchObject({
      name: 'Kari B. Nordmann',
      parentName: 'Håkon Rør AS',
      record: { mobile: '91234567' },
    });
    expect(found?.changedAt).toBe('2026-03-01T12:00:00.000Z');
    const first = await world.search().persons(company, { kind: 'customer', number: '100' }, { limit: 1 });
    if (isRejection(first)) throw new Error(first.detail);
    expect(first.contacts.map(({ name }) => name)).toEqual(['Bjørn Kjær']);
    const second = await world
      .search()
      .persons(company, { kind: 'customer', number: '100' }, { limit: 1, cursor: first.next });
    expect(second).toMatchObject({ contacts: [{ name: 'Kari B. Nordmann', parentName: 'Håkon Rør AS' }] });
    expect(second).not.toHaveProperty('next');
    expect(await world.search().get(company, 'customer', '100')).toMatchObject({ name: 'Håkon Rør AS' });
    expect(await world.search().get(company, 'supplier', '100')).toBeUndefined();
  });

  it.each([
    ['nordman', 'exact', '100-1', undefined],
    ['nordmnan', 'similar', '100-1', 'nordmann'],
    ['nordamnn kari', 'similar', '100-1', 'nordmann kari'],
    ['stienkjer', 'similar', '100', 'steinkjer'],
    ['hagescenter', 'similar', '7', 'hagesenter'],
    ['anne-lisse', 'similar', '7', 'anne lise'],
  ])('C44 forgives a mistake in %s', async (q, matched, number, searchedFor) => {
    for (const search of [world.search(), world.search(SHORT_WALK)]) {
      const found = await find(company, { q }, search);
      expect({ matched: found.matched, numbers: numbers(found), searchedFor: found.searchedFor }).toEqual({
        matched,
        numbers: [number],
        searchedFor,
      });
    }
  });

  it('C44 forgives no mistake in a number, nor what is near nothing', async () => {
    for (const q of ['923609017', '46587452 haakon', 'xylofon', 'nordmann xylofon']) {
      expect(await find(company, { q })).toEqual({ contacts: [], matched: 'exact' });
    }
  });

  it('C44 pages through what was meant', async () => {
    const all = await allPages(world.search(), company, { q: 'haakonn', limit: 1 });
    expect(all.toSorted()).toEqual(['customer/100', 'customer/101', 'customer/102']);
  });

  it('C44 shows nothing of another company', async () => {
    const other = newCompany();
    await world.put(other, [customer('1', 'Haakon Annet AS')]);
    expect(numbers(await find(other, { q: 'haakon' }, world.search(SHORT_WALK)))).toEqual(['1']);
    expect(numbers(await find(newCompany(), { q: 'haakon' }))).toEqual([]);
  });

  it('C44, G85 refuses the functions that act by their owner’s rights to the reader of another company', async () => {
    const reader = new CompanyReader(world.database, newCompany());
    const asked = (text: string) => reader.query({ text, values: [newCompany()] });
    const refusal = 'the reader is of another company';
    await expect(
      asked(`SELECT * FROM read.directory_v1_near_words($1, '{customer}', '[]', '{}', '{}', 1, 1)`),
    ).rejects.toThrow(refusal);
    await expect(
      asked(
        `SELECT * FROM read.directory_v1_matches($1, '{customer}', '{}', '{}', '{}', '{}', '{}', '', 0, '', '', '', 1, 1)`,
      ),
    ).rejects.toThrow(refusal);
  });

  it('C44 refuses a cursor that is none', async () => {
    for (const cursor of ['x', 'W10', Buffer.from('[9,"","",""]').toString('base64url')]) {
      expect(await world.search().search(company, { q: 'ha', limit: 10, cursor })).toMatchObject({
        code: 'search.cursor-invalid',
      });
    }
  });

  it('C44 goes on after the last contact seen, whatever comes and goes meanwhile', async () => {
    const own = newCompany();
    const all = Array.from({ length: 9 }, (_, at) => customer(String(at + 1), `Vik ${at + 1}`));
    await world.put(own, all);
    const first = await find(own, { q: 'vik', limit: 4 });
    await world.remove(own, [customer('4', 'Vik 4'), customer('6', 'Vik 6')]);
    await world.put(own, [customer('0', 'Vik 0'), customer('55', 'Vik 55')]);
    const second = await find(own, { q: 'vik', limit: 10, cursor: first.next });
    expect([...numbers(first), ...numbers(second)]).toEqual(['1', '2', '3', '4', '5', '55', '7', '8', '9']);
  });

  it('C44 finds on in a new generation, without anything but the switch', async () => {
    const own = newCompany();
    const search = world.search();
    await world.put(own, [customer('1', 'Gammel AS')]);
    expect(numbers(await find(own, { q: 'gammel' }, search))).toEqual(['1']);
    await world.newGeneration([
      rowOf(own, customer('2', 'Ny AS')),
      ...records.map((record) => rowOf(company, record)),
    ]);
    expect(numbers(await find(own, {}, search))).toEqual(['2']);
  });
});

describe('Any search', () => {
  const piece = fc.constantFrom(
    'ha',
    'kon',
    'aa',
    'å',
    'ø',
    'oe',
    'li',
    'se',
    '-',
    '&',
    '1',
    '47',
    '%',
    '_',
    '.',
    'ö',
  );
  const word = fc.array(piece, { minLength: 1, maxLength: 4 }).map((pieces) => pieces.join(''));
  const name = fc.array(word, { minLength: 1, maxLength: 3 }).map((words) => words.join(' '));
  const records = fc
    .uniqueArray(
      fc.record({
        kind: fc.constantFrom(...CONTACT_KINDS),
        number: word,
        name,
        town: fc.option(word, { nil: undefined }),
      }),
      {
        selector: ({ kind, number }) => `${kind}/${number}`,
        maxLength: 25,
      },
    )
    .map((all) => all.map(record));

  it('C44 finds what a look at every record finds, in the same order, however it is paged', async () => {
    const query = fc.oneof(name, fc.constant(''));
    const kind = fc.option(fc.constantFrom(...CONTACT_KINDS), { nil: undefined });
    const run = async (
      rows: readonly ContactRecord[],
      q: string,
      of: ContactKind | undefined,
      limit: number,
      walkRows: number,
    ) => {
      const company = newCompany();
      await world.put(company, rows);
      const expected = naive(company, rows, q, of);
      if (expected.length === 0) return; // what was meant may be found instead
      expect(
        await allPages(world.search({ walkRows, similarRows: 10 }), company, { q, kind: of, limit }),
      ).toEqual(expected);
    };
    await fc.assert(
      fc.asyncProperty(
        records,
        query,
        kind,
        fc.integer({ min: 1, max: 7 }),
        fc.constantFrom(0.3, 1, 400),
        run,
      ),
      { numRuns: 200 },
    );
  });
});

function record({
  kind,
  number,
  name,
  town,
}: {
  kind: ContactKind;
  number: string;
  name: string;
  town: string | undefined;
}): ContactRecord {
  const place = town === undefined ? {} : { address: { lines: [], town } };
  if (kind === 'contact-person')
    return { kind, number, name, parent: { kind: 'customer', number: '1' }, ...place };
  return { kind, number, name, ...place };
}

/** What the search promises, said by looking at every record. */
function naive(
  company: CompanyId,
  records: readonly ContactRecord[],
  q: string,
  kind: ContactKind | undefined,
): readonly string[] {
  const { typed, other, numbers: typedNumbers, start } = readWords(q);
  const isTooShort = typed.length > 0 && typed.every((word) => word.length < 2);
  const tierOf = (row: { number: string; sort_name: string }): number =>
    typedNumbers.includes(row.number) ? 0 : start !== '' && row.sort_name.startsWith(start) ? 1 : 2;
  const matches = (search: string): boolean =>
    [typed, other].some((words) => words?.every((word) => hasWord(search, word)));
  return records
    .map((one) => rowOf(company, one))
    .filter(
      (row) =>
        (kind === undefined || row.kind === kind) &&
        (isTooShort ? tierOf(row) === 0 : tierOf(row) === 0 || matches(row.search)),
    )
    .toSorted(
      (a, b) =>
        tierOf(a) - tierOf(b) ||
        order(a.sort_name, b.sort_name) ||
        order(a.kind, b.kind) ||
        order(a.number, b.number),
    )
    .map((row) => `${row.kind}/${row.number}`);
}

/** As Postgres orders text of collation C: by code points. */
function order(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
