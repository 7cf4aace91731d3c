import { DirectorySearch, type FoundContacts } from '@samspill/context-contacts';
import { isRejection } from '@samspill/kernel';
import { Random } from '@samspill/testing/demo';
import type { Benchmark, BenchmarkResult } from '../benchmark.js';
import { percentile } from '../table.js';
import { openDirectory, type BenchDirectory } from './directory.js';
import { MIX, mistypedQueries, queries, type BenchQuery } from './queries.js';

const DEFAULT_CONTACTS = 1_000_000;
const DEFAULT_QUERIES = 3_000;
/** Not counted: the first searches also read what is not in memory yet. */
const WARM_UP_QUERIES = 300;
const MISTYPED_QUERIES = 300;
const PAGE = 25;
/** Of 100 queries so many are read on, so many pages further. */
const READ_ON_PERCENT = 25;
const READ_ON_PAGES = 3;
/** Searches at a time in the second part. */
const AT_ONCE = 4;

/** The least that a page can cost: the same rows read in the order of an index, nothing searched for. */
const RAW_SQL = `SELECT kind, number, name, record, changed_at FROM read.directory_v1 WHERE company = $1 ORDER BY sort_name, kind, number LIMIT ${PAGE + 1}`;

/** Milliseconds of searches by what was searched for. */
type Times = Map<string, number[]>;

/** How long searches take in a large directory. */
export const searchBenchmark: Benchmark = {
  name: 'search',
  summary: 'searches in the contact directory, one after the other, milliseconds each',
  options: {
    contacts: `contacts in 100 companies, the largest with a fifth of them (${DEFAULT_CONTACTS})`,
    queries: `searches to measure (${DEFAULT_QUERIES})`,
  },
  async run(options): Promise<BenchmarkResult> {
    const count = Number(options['queries'] ?? DEFAULT_QUERIES);
    await using directory = await openDirectory(Number(options['contacts'] ?? DEFAULT_CONTACTS));
    const search = new DirectorySearch(directory.database);
    const mix = queries(new Random(2), directory.companies);
    await measure(search, mix, WARM_UP_QUERIES, 1);
    const raw = await measureRaw(directory, WARM_UP_QUERIES);
    const alone = await measure(search, mix, count, 1);
    const together = await measure(search, mix, count, AT_ONCE);
    const mistyped = await measureMistyped(search, directory);
    return report(directory, { raw, alone, together, mistyped });
  },
};

async function measure(
  search: DirectorySearch,
  mix: Iterator<BenchQuery>,
  count: number,
  atOnce: number,
): Promise<Times> {
  const times: Times = new Map();
  const random = new Random(3);
  let left = count;
  const one = async (): Promise<void> => {
    while (left > 0) {
      const query = (mix.next() as IteratorYieldResult<BenchQuery>).value;
      let pages = random.percent(READ_ON_PERCENT) ? 1 + READ_ON_PAGES : 1;
      for (let cursor: string | undefined; pages > 0 && left > 0; pages -= 1) {
        left -= 1;
        const { ms, found } = await timed(search, query, cursor);
        add(times, cursor === undefined ? query.what : 'next pages', ms);
        if (found.next === undefined) break;
        cursor = found.next;
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, one));
  return times;
}

interface Mistyped {
  readonly times: readonly number[];
  readonly foundPercent: number;
}

/** Of mistyped words only those count that nothing matches as they are. */
async function measureMistyped(search: DirectorySearch, { companies }: BenchDirectory): Promise<Mistyped> {
  const times: number[] = [];
  let hits = 0;
  for (const query of mistypedQueries(new Random(4), companies)) {
    const { ms, found } = await timed(search, query, undefined);
    if (found.matched === 'exact' && found.contacts.length > 0) continue;
    times.push(ms);
    if (found.contacts.length > 0) hits += 1;
    if (times.length === MISTYPED_QUERIES) break;
  }
  return { times, foundPercent: (100 * hits) / times.length };
}

async function measureRaw(
  { database, companies }: BenchDirectory,
  count: number,
): Promise<readonly number[]> {
  const times: number[] = [];
  for (let nth = 0; nth < count; nth += 1) {
    const company = companies[nth % companies.length]?.id;
    const startedMs = performance.now();
    await database.withClient((client) =>
      client.query({ name: 'bench-raw', text: RAW_SQL, values: [company] }),
    );
    times.push(performance.now() - startedMs);
  }
  return times;
}

async function timed(
  search: DirectorySearch,
  { company, q, kind }: BenchQuery,
  cursor: string | undefined,
): Promise<{ readonly ms: number; readonly found: FoundContacts }> {
  const startedMs = performance.now();
  const found = await search.search(company, { q, kind, cursor, limit: PAGE });
  const ms = performance.now() - startedMs;
  if (isRejection(found)) throw new Error(`${q}: ${found.detail}`);
  return { ms, found };
}

function add(times: Times, what: string, ms: number): void {
  const list = times.get(what) ?? [];
  list.push(ms);
  times.set(what, list);
}

interface Measured {
  readonly raw: readonly number[];
  readonly alone: Times;
  readonly together: Times;
  readonly mistyped: Mistyped;
}

function report(directory: BenchDirectory, { raw, alone, together, mistyped }: Measured): BenchmarkResult {
  const all = [...alone.values()].flat();
  const allTogether = [...together.values()].flat();
  const kinds = [...MIX.map(([what]) => what), 'next pages'];
  return {
    versions: directory.versions,
    table: [
      row('raw: the first page of the list by its index', raw),
      ...kinds.map((what) => row(what, alone.get(what) ?? [])),
      row('all of these', all),
      row(`all of these, ${AT_ONCE} at once`, allTogether),
      row('mistyped, so that nothing else matched', mistyped.times),
    ],
    notes: [
      `${directory.contacts} contacts in ${directory.companies.length} companies, ${directory.companies[0]?.contacts ?? 0} in the largest, where half of the searches are. Loaded and indexed in ${Math.round(directory.loadedMs / 1_000)} s.`,
      `Of 100 searches: ${MIX.map(([what, percent]) => `${percent} ${what}`).join(', ')}. One in four is read on for ${READ_ON_PAGES} pages; pages of ${PAGE}. Half of those made from a supplier are for suppliers only.`,
      `From call to result in this process, without HTTP, after ${WARM_UP_QUERIES} searches that do not count. ${Math.round(mistyped.foundPercent)} % of the mistyped words found what may have been meant.`,
    ],
    figures: {
      searchP50Ms: percentile(all, 50),
      searchP99Ms: percentile(all, 99),
      searchTogetherP99Ms: percentile(allTogether, 99),
      similarP50Ms: percentile(mistyped.times, 50),
      similarP99Ms: percentile(mistyped.times, 99),
      rawP50Ms: percentile(raw, 50),
      rawP99Ms: percentile(raw, 99),
    },
  };
}

function row(what: string, times: readonly number[]): Readonly<Record<string, string | number>> {
  const at = (share: number): string => percentile(times, share).toFixed(1);
  return { search: what, searches: times.length, 'p50 ms': at(50), 'p99 ms': at(99), 'max ms': at(100) };
}
