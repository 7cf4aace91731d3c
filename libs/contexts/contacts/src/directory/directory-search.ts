import { CONTACT_KINDS, type ContactKind, type ContactRecord } from '@samspill/contracts';
import { CompanyReader, type Database } from '@samspill/eventlog';
import { isRejection, type CompanyId, type Rejection } from '@samspill/kernel';
import { gramsOfWord, kindGram } from './grams.js';
import { readCursor, writeCursor, type SearchPosition } from './search-cursor.js';
import { isNarrowing, likePattern, readWords, tooShort, type SearchWords } from './search-words.js';
import { alternatives, mayBeMistyped, partsOf, wordHalves, type Alternative } from './similar-words.js';
import { FIND_SQL, GET_SQL, PERSONS_SQL } from './sql/show.js';

export const SEARCH_PAGE_MAX = 100;

export interface SearchLimits {
  /**
   * Rows that are walked in order of their names before the index of grams is asked, for a page of one; grows with the root of the
   * page, as what is left to sort after a walk in vain shrinks with its length.
   */
  readonly walkRows: number;
  /** Rows that are looked at for words that a mistyped one may mean. */
  readonly similarRows: number;
}

/** Measured: docs/adr/0007-search.md. */
const DEFAULT_LIMITS: SearchLimits = { walkRows: 200, similarRows: 2_000 };
/** Words that come back as near a mistyped one. */
const NEAR_WORDS_MAX = 1_000;
/** Combinations of words that are searched for instead of what was typed. */
const MEANT_TRIES_MAX = 3;

export interface SearchRequest {
  /** What was typed; empty: everything, in order. */
  readonly q: string;
  readonly kind?: ContactKind | undefined;
  /** `next` of the page before. */
  readonly cursor?: string | undefined;
  /** At most {@link SEARCH_PAGE_MAX}. */
  readonly limit: number;
}

/** A record as the directory shows it. */
export interface ShownContact {
  readonly kind: ContactKind;
  readonly number: string;
  readonly name: string;
  readonly record: ContactRecord;
  /** Name of a contact person's customer or supplier; absent where that is not there. */
  readonly parentName?: string;
  /** When it was last changed, RFC 3339. */
  readonly changedAt: string;
}

export interface ContactPage {
  readonly contacts: readonly ShownContact[];
  /** Cursor of the next page; absent on the last one. */
  readonly next?: string;
}

export interface FoundContacts extends ContactPage {
  /** `similar`: nothing matched what was typed, and {@link searchedFor} was searched for instead. */
  readonly matched: 'exact' | 'similar';
  readonly searchedFor?: string;
}

interface ShownRow {
  readonly tier: number;
  readonly kind: ContactKind;
  readonly number: string;
  readonly name: string;
  readonly record: ContactRecord;
  readonly sort_name: string;
  readonly changed_at: Date;
  readonly parent_name: string | null;
}

interface Search {
  readonly company: CompanyId;
  readonly kinds: readonly ContactKind[];
  readonly limit: number;
}

/**
 * Finds customers, suppliers and contact persons of a company (C44): all words must match, each anywhere in a name, number,
 * organisation number, town, postcode, phone or e-mail address; those of two letters at the start of a word. An equal number
 * comes first, then names that begin with the query, then the rest, each by name.
 */
export class DirectorySearch {
  readonly #database: Database;
  readonly #limits: SearchLimits;

  constructor(database: Database, limits: SearchLimits = DEFAULT_LIMITS) {
    this.#database = database;
    this.#limits = limits;
  }

  async search(
    company: CompanyId,
    { q, kind, cursor, limit }: SearchRequest,
  ): Promise<FoundContacts | Rejection> {
    const position = cursor === undefined ? undefined : readCursor(cursor);
    if (isRejection(position)) return position;
    const search: Search = { company, kinds: kind === undefined ? CONTACT_KINDS : [kind], limit };
    const words = readWords(position?.meant ?? q);
    const page = await this.#page(search, words, position, position?.meant);
    if (position?.meant !== undefined) return { ...page, matched: 'similar', searchedFor: position.meant };
    if (page.contacts.length > 0 || position !== undefined) return { ...page, matched: 'exact' };
    if (!isNarrowing(words)) return tooShort();
    return (await this.#similar(search, words)) ?? { ...page, matched: 'exact' };
  }

  /** The record, if the company has it. */
  async get(company: CompanyId, kind: ContactKind, number: string): Promise<ShownContact | undefined> {
    const [row] = await this.#query<ShownRow>(company, 'contacts-get', GET_SQL, [company, kind, number]);
    return row === undefined ? undefined : shown(row);
  }

  /** Contact persons of a customer or supplier, by name. */
  async persons(
    company: CompanyId,
    parent: { readonly kind: ContactKind; readonly number: string },
    { cursor, limit }: Pick<SearchRequest, 'cursor' | 'limit'>,
  ): Promise<ContactPage | Rejection> {
    const position = cursor === undefined ? undefined : readCursor(cursor);
    if (isRejection(position)) return position;
    const values = [
      company,
      parent.kind,
      parent.number,
      position?.sortName ?? '',
      position?.number ?? '',
      limit + 1,
    ];
    return pageOf(await this.#query<ShownRow>(company, 'contacts-persons', PERSONS_SQL, values), limit);
  }

  /** A query of single letters is only looked for as a number: a company's seventh supplier may well be number 7. */
  async #page(
    search: Search,
    words: SearchWords,
    position?: SearchPosition,
    meant?: string,
  ): Promise<ContactPage> {
    const { company, kinds, limit } = search;
    const { typed, other, numbers, start } = words;
    const ofKind = kinds.length === 1 ? kinds.map((kind) => kindGram(company, kind)) : [];
    const grams = (some: readonly string[]): readonly number[] => [
      ...some.flatMap((word) => [...gramsOfWord(company, word)]),
      ...ofKind,
    ];
    const wanted = limit + 1;
    const rows = await this.#query<ShownRow>(company, 'contacts-find', FIND_SQL, [
      company,
      kinds,
      numbers,
      typed.map(likePattern),
      other?.map(likePattern),
      grams(typed),
      other && grams(other),
      isNarrowing(words) ? start : null,
      position?.tier ?? 0,
      position?.sortName ?? '',
      position?.kind ?? '',
      position?.number ?? '',
      wanted,
      Math.ceil(this.#limits.walkRows * Math.sqrt(wanted)),
    ]);
    return pageOf(rows, limit, meant);
  }

  /** Tried only when nothing else matched, since it costs several searches. */
  async #similar(search: Search, { typed }: SearchWords): Promise<FoundContacts | undefined> {
    const words = partsOf(typed);
    if (!words.some(mayBeMistyped)) return undefined;
    const halves = words.map((word) => wordHalves(search.company, word));
    const known = await this.#query<{ nth: number; word: string; rows: number }>(
      search.company,
      'contacts-near-words',
      'SELECT nth, word, rows FROM read.directory_v1_near_words($1, $2::text[], $3::jsonb, $4::text[], $5::text[], $6, $7)',
      [
        search.company,
        search.kinds,
        JSON.stringify(halves.map(({ pieces }) => pieces)),
        halves.map(({ start }) => start ?? null),
        halves.map(({ end }) => end ?? null),
        this.#limits.similarRows,
        NEAR_WORDS_MAX,
      ],
    );
    const choices = words.map((word, at) =>
      mayBeMistyped(word)
        ? alternatives(
            word,
            known.filter(({ nth }) => nth === at + 1),
          )
        : [{ word, mistakes: 0, rows: 0 }],
    );
    for (const meant of meantQueries(choices)) {
      const page = await this.#page(search, readWords(meant), undefined, meant);
      if (page.contacts.length > 0) return { ...page, matched: 'similar', searchedFor: meant };
    }
    return undefined;
  }

  async #query<Row extends object>(
    company: CompanyId,
    name: string,
    text: string,
    values: readonly unknown[],
  ): Promise<readonly Row[]> {
    return await new CompanyReader(this.#database, company).query<Row>({ name, text, values });
  }
}

/** Queries that may be meant, fewest mistakes first. */
function meantQueries(choices: readonly (readonly Alternative[])[]): readonly string[] {
  let combinations: readonly { words: readonly string[]; mistakes: number }[] = [{ words: [], mistakes: 0 }];
  for (const choice of choices) {
    combinations = combinations
      .flatMap(({ words, mistakes }) =>
        choice.map((one) => ({ words: [...words, one.word], mistakes: mistakes + one.mistakes })),
      )
      .toSorted((a, b) => a.mistakes - b.mistakes)
      .slice(0, MEANT_TRIES_MAX);
  }
  return combinations.map(({ words }) => words.join(' '));
}

function pageOf(rows: readonly ShownRow[], limit: number, meant?: string): ContactPage {
  const page = rows.slice(0, limit);
  const last = rows.length > limit ? page.at(-1) : undefined;
  return {
    contacts: page.map(shown),
    ...(last
      ? {
          next: writeCursor({
            tier: last.tier,
            sortName: last.sort_name,
            kind: last.kind,
            number: last.number,
            meant,
          }),
        }
      : {}),
  };
}

function shown(row: ShownRow): ShownContact {
  const { kind, number, name, record } = row;
  return {
    kind,
    number,
    name,
    record,
    ...(row.parent_name === null ? {} : { parentName: row.parent_name }),
    changedAt: row.changed_at.toISOString(),
  };
}
