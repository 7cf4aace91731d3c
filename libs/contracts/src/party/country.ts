import { foldText } from '../text/fold.js';
import { parsed, unparsed, type Parsed } from './parsed.js';

/** Officially assigned codes of ISO 3166-1 alpha-2. */
const CODES = (
  'AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA ' +
  'CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA ' +
  'GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP ' +
  'KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS ' +
  'MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS ' +
  'RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW ' +
  'TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW'
).split(' ');

const CODE_SET: ReadonlySet<string> = new Set(CODES);

/** Languages whose names of countries are understood, beside English: those of the users' business systems. */
const LANGUAGES = ['en', 'nb', 'nn', 'sv', 'da', 'fi'];

/** What people write that is neither a code nor a language's own name for the country. */
const ALIASES: Readonly<Record<string, string>> = {
  uk: 'GB',
  greatbritain: 'GB',
  england: 'GB',
  scotland: 'GB',
  skottland: 'GB',
  wales: 'GB',
  northernireland: 'GB',
  usa: 'US',
  america: 'US',
  amerika: 'US',
  holland: 'NL',
  czechrepublic: 'CZ',
  macedonia: 'MK',
  russianfederation: 'RU',
  southkorea: 'KR',
  turkey: 'TR',
  nor: 'NO',
  swe: 'SE',
  dnk: 'DK',
  den: 'DK',
  fin: 'FI',
  deu: 'DE',
  ger: 'DE',
  gbr: 'GB',
};

let codesByName: ReadonlyMap<string, string> | undefined;

export function isCountryCode(text: string): boolean {
  return CODE_SET.has(text);
}

/**
 * The ISO 3166 alpha-2 code of a country given by its code or its name in English, Norwegian, Swedish, Danish or Finnish
 * (`Germany`, `Tyskland`, `UK`, `no`).
 *
 * @returns code `country.unknown`
 */
export function parseCountry(text: string): Parsed {
  if (CODE_SET.has(text)) return parsed(text);
  const upper = text.trim().toUpperCase();
  if (CODE_SET.has(upper)) return parsed(upper);
  codesByName ??= namesOfCountries();
  const code = codesByName.get(nameKey(text));
  if (code !== undefined) return parsed(code);
  return unparsed(
    'country.unknown',
    `“${text}” is not a country: write its ISO 3166 code (NO) or its name (Norway).`,
  );
}

function namesOfCountries(): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const language of LANGUAGES) {
    const display = new Intl.DisplayNames([language], { type: 'region', fallback: 'none' });
    for (const code of CODES) {
      const name = display.of(code);
      if (name !== undefined) names.set(nameKey(name), code);
    }
  }
  for (const [name, code] of Object.entries(ALIASES)) names.set(name, code);
  return names;
}

function nameKey(name: string): string {
  return foldText(name).replaceAll(/[^a-z]/g, '');
}
