import {
  foldText,
  GENERATED_ORGANISATION_NUMBERS,
  generateOrganisationNumber,
  type CheckedCountry,
  type ContactPersonRecord,
  type ContactRecord,
  type CustomerRecord,
  type SupplierRecord,
} from '@samspill/contracts';
import { mobileNumber, phoneNumber } from './phones.js';
import { NAMES } from './names.js';
import { PLACES, STREETS } from './places.js';
import { Random } from './random.js';

export interface DemoRecordsOptions {
  /** Default 1. The same seed gives the same records; more of them begin with the same ones. */
  readonly seed?: number;
  readonly customers: number;
  readonly suppliers: number;
  /** Contact persons of each customer and each supplier. */
  readonly contactPersonsPerParent: number;
}

/** Of 100 companies that a Norwegian one trades with, so many are at home in each country. */
const COUNTRIES: readonly (readonly [country: CheckedCountry, percent: number])[] = [
  ['NO', 70],
  ['SE', 15],
  ['DK', 10],
  ['FI', 5],
];

/** Of 100 persons, so many have a second family name: without, a million persons would have a few thousand names. */
const DOUBLE_NAME_PERCENT = 35;

/** Where numbers begin, as in an ERP that has been in use for a while. */
const FIRST_CUSTOMER = 100_001;
const FIRST_SUPPLIER = 1001;

/** Takes neighbouring records to organisation numbers far apart; has no factor in common with how many there are. */
const ORGANISATION_STRIDE = 1_234_567;

type Organisation = CustomerRecord | SupplierRecord;

/**
 * The customers, suppliers and contact persons of a made-up trading company: each customer or supplier followed by its contact
 * persons, customers first. Every record is in its canonical form and obeys the rules of `parseRecord`; numbers never repeat.
 * E-mail addresses are under `.example`, so that nothing sent to them reaches anyone (RFC 2606). Made as they are asked for.
 */
export function* demoRecords(options: DemoRecordsOptions): Generator<ContactRecord, void, undefined> {
  const { seed = 1, customers, suppliers, contactPersonsPerParent } = options;
  for (let index = 0; index < customers + suppliers; index += 1) {
    const organisation =
      index < customers
        ? demoOrganisation('customer', seed, index)
        : demoOrganisation('supplier', seed, index - customers);
    yield organisation;
    for (let nth = 1; nth <= contactPersonsPerParent; nth += 1) yield demoPerson(organisation, seed, nth);
  }
}

/** The nth customer or supplier of a seed, from 0. */
export function demoOrganisation(kind: Organisation['kind'], seed: number, index: number): Organisation {
  const isCustomer = kind === 'customer';
  const random = new Random(seed, isCustomer ? 1 : 2, index);
  const country = pickCountry(random);
  const place = random.pick(PLACES[country]);
  const name = companyName(random, country, place.town);
  const nth = (seed * 31 + index * 2 + (isCustomer ? 0 : 1)) % GENERATED_ORGANISATION_NUMBERS;
  const organisation = (nth * ORGANISATION_STRIDE) % GENERATED_ORGANISATION_NUMBERS;
  const domain = `${name.split(' ').map(slugOf).join('')}.example`;
  return {
    kind,
    number: isCustomer ? String(FIRST_CUSTOMER + index) : `L${FIRST_SUPPLIER + index}`,
    name,
    organisationNumber: generateOrganisationNumber(country, organisation),
    country,
    address: {
      lines: [`${random.pick(STREETS[country])} ${1 + random.below(150)}`],
      postcode: place.postcode,
      town: place.town,
    },
    phone: phoneNumber(random, country),
    email: `post@${domain}`,
    ...(random.percent(30) ? { website: `https://www.${domain}` } : {}),
    ...(random.percent(5) ? { notes: random.pick(NOTES) } : {}),
  };
}

const NOTES = ['Ringer før levering.', 'Vil ha faktura på e-post.', 'Kontant ved henting.', 'Stengt i juli.'];

/** The nth contact person of a customer or supplier, from 1. */
function demoPerson(parent: Organisation, seed: number, nth: number): ContactPersonRecord {
  const country = checkedCountry(parent.country);
  const names = NAMES[country];
  const random = new Random(
    seed,
    parent.kind === 'customer' ? 3 : 4,
    Number(parent.number.replace('L', '')),
    nth,
  );
  const first = random.pick(names.first);
  const family = random.pick(names.last);
  const other = random.percent(DOUBLE_NAME_PERCENT) ? random.pick(names.last) : family;
  const last = other === family ? family : `${other} ${family}`;
  const domain = parent.email?.slice(parent.email.indexOf('@')) ?? '@demo.example';
  return {
    kind: 'contact-person',
    number: `${parent.number}-${nth}`,
    name: `${first} ${last}`,
    parent: { kind: parent.kind, number: parent.number },
    title: random.pick(names.titles),
    ...(random.percent(40) ? { department: random.pick(names.departments) } : {}),
    country,
    mobile: mobileNumber(random, country),
    email: `${slugOf(first)}.${slugOf(family)}${domain}`,
  };
}

function companyName(random: Random, country: CheckedCountry, town: string): string {
  const names = NAMES[country];
  const trade = random.pick(names.trades);
  const form = random.pick(names.forms);
  switch (random.below(5)) {
    case 0:
      return `${town} ${trade} ${form}`;
    case 1:
      return `${random.pick(names.last)} ${form}`;
    case 2:
      return `${random.pick(names.last)} & ${random.pick(names.last)} ${trade} ${form}`;
    case 3:
      return `${random.pick(names.first)} ${random.pick(names.last)} ${trade}`;
    default:
      return `${random.pick(names.last)} ${trade} ${form}`;
  }
}

function pickCountry(random: Random): CheckedCountry {
  let drawn = random.below(100);
  for (const [country, percent] of COUNTRIES) {
    if (drawn < percent) return country;
    drawn -= percent;
  }
  return 'NO';
}

function checkedCountry(country: string | undefined): CheckedCountry {
  return country === 'SE' || country === 'DK' || country === 'FI' ? country : 'NO';
}

const SLUGS = new Map<string, string>();

/** Slugs of the few hundred words that names are made of are kept: making them is a third of the cost of a record. */
function slugOf(word: string): string {
  let made = SLUGS.get(word);
  if (made === undefined) SLUGS.set(word, (made = slug(word)));
  return made;
}

function slug(text: string): string {
  return foldText(text).replaceAll(/[^a-z0-9]+/g, '');
}
