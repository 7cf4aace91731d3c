import type { ContactRecord } from '@samspill/contracts';
import type { CompanyId } from '@samspill/kernel';
import type { Random } from '@samspill/testing/demo';
import type { BenchCompany } from './directory.js';

export interface BenchQuery {
  readonly company: CompanyId;
  /** Which of {@link MIX} it is. */
  readonly what: string;
  readonly q: string;
  readonly kind?: 'supplier';
}

/** Of 100 queries so many are in the largest company. */
const LARGEST_PERCENT = 50;
/** Of 100 queries made from a supplier so many are for suppliers only. */
const SUPPLIERS_PERCENT = 50;
/** A word long enough to be mistyped and still meant. */
const MISTYPED_MIN_LETTERS = 6;

type Make = (random: Random, record: ContactRecord) => string | undefined;

/** What is searched for, and how many of 100 queries are so. Every query is made from a record of the company, but for misses. */
export const MIX: readonly (readonly [what: string, percent: number, make: Make])[] = [
  ['word of a name', 15, (random, { name }) => random.pick(words(name))],
  ['part of a name', 15, (random, { name }) => part(random, random.pick(words(name)), 3, 5)],
  ['two letters', 8, (random, { name }) => random.pick(words(name)).slice(0, 2)],
  ['two words of a name', 10, (_random, { name }) => words(name).slice(0, 2).join(' ')],
  [
    'name and town',
    5,
    (random, { name, address }) => address?.town && `${random.pick(words(name))} ${address.town}`,
  ],
  ['town', 5, (_random, { address }) => address?.town],
  ['number', 8, (_random, { number }) => number],
  ['part of a number', 5, (random, { number }) => part(random, number, 3, 4)],
  ['phone', 5, (_random, { phone, mobile }) => phone ?? mobile],
  [
    'part of a phone, in groups',
    5,
    (random, record) => grouped(part(random, digits(record.phone ?? record.mobile), 5, 6)),
  ],
  ['part of an e-mail address', 6, (random, { email }) => email && part(random, email, 4, 8)],
  [
    'organisation number',
    4,
    (_random, record) => ('organisationNumber' in record ? record.organisationNumber : undefined),
  ],
  ['what every company has', 4, (random) => random.pick(['as', 'example', 'post', '47', 'sen'])],
  ['a number nobody has', 3, (random) => random.digits(9)],
  ['nothing: the whole list', 2, () => ''],
];

/** An endless mix of queries, the same for the same numbers. */
export function* queries(random: Random, companies: readonly BenchCompany[]): Generator<BenchQuery, never> {
  for (;;) {
    const company = pickCompany(random, companies);
    const [what, , make] = pickWhat(random);
    const q = make(random, random.pick(company.sample));
    if (q === undefined) continue;
    yield {
      company: company.id,
      what,
      q,
      ...(random.percent(SUPPLIERS_PERCENT) ? { kind: 'supplier' } : {}),
    };
  }
}

/** Words of names with one mistake: a letter too many, too few, another one, or two swapped. */
export function* mistypedQueries(
  random: Random,
  companies: readonly BenchCompany[],
): Generator<BenchQuery, never> {
  for (;;) {
    const company = pickCompany(random, companies);
    const word = words(random.pick(company.sample).name).find(({ length }) => length >= MISTYPED_MIN_LETTERS);
    if (word !== undefined) yield { company: company.id, what: 'mistyped', q: mistype(random, word) };
  }
}

function pickCompany(random: Random, [largest, ...others]: readonly BenchCompany[]): BenchCompany {
  if (largest === undefined) throw new RangeError('There are no companies.');
  return random.percent(LARGEST_PERCENT) ? largest : random.pick(others);
}

function pickWhat(random: Random): (typeof MIX)[number] {
  let drawn = random.below(MIX.reduce((sum, [, percent]) => sum + percent, 0));
  for (const what of MIX) {
    if (drawn < what[1]) return what;
    drawn -= what[1];
  }
  throw new RangeError('The mix is empty.');
}

function words(name: string): readonly string[] {
  return name.split(' ').filter(({ length }) => length > 1);
}

function part(random: Random, text: string, least: number, most: number): string {
  const length = Math.min(text.length, least + random.below(most - least + 1));
  const at = random.below(text.length - length + 1);
  return text.slice(at, at + length);
}

function digits(phone: string | undefined): string {
  return (phone ?? '').replaceAll(/\D/g, '').padStart(6, '4');
}

function grouped(run: string): string {
  return `${run.slice(0, 3)} ${run.slice(3)}`;
}

function mistype(random: Random, word: string): string {
  const at = 1 + random.below(word.length - 2);
  const [before, here, after] = [word.slice(0, at), word.charAt(at), word.slice(at + 1)];
  switch (random.below(4)) {
    case 0:
      return `${before}${after}`;
    case 1:
      return `${before}${here}${here}${after}`;
    case 2:
      return `${before}x${after}`;
    default:
      return `${before}${after.slice(0, 1)}${here}${after.slice(1)}`;
  }
}
