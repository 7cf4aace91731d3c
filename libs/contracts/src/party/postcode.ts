import { parsed, unparsed, type Parsed } from './parsed.js';

/** Longest postcode of a country whose format is not checked here. */
export const POSTCODE_MAX_LENGTH = 20;

interface Format {
  readonly digits: RegExp;
  readonly description: string;
}

const FORMATS: ReadonlyMap<string, Format> = new Map([
  ['NO', { digits: /^(?:NO?-?)?(\d{4})$/i, description: '4 digits' }],
  ['DK', { digits: /^(?:DK-?)?(\d{4})$/i, description: '4 digits' }],
  ['SE', { digits: /^(?:SE?-?)?(\d{5})$/i, description: '5 digits' }],
  ['FI', { digits: /^(?:FIN?-?)?(\d{5})$/i, description: '5 digits' }],
]);

/**
 * A postcode as it is stored: digits only for Norway, Denmark (4), Sweden and Finland (5), any text of at most 20
 * characters elsewhere. `958 22` and the older `S-958 22` and `FIN-00100` are read as what they mean.
 *
 * @param country ISO 3166 alpha-2, when it is known
 * @returns code `postcode.format`
 */
export function parsePostcode(country: string | undefined, text: string): Parsed {
  const format = country === undefined ? undefined : FORMATS.get(country);
  const trimmed = text.trim();
  if (format !== undefined) {
    const digits = format.digits.exec(trimmed.replaceAll(/\s/g, ''))?.[1];
    if (digits !== undefined) return parsed(digits);
    return unparsed(
      'postcode.format',
      `“${text}” is not a postcode of ${country ?? ''}: it has ${format.description}.`,
    );
  }
  if (trimmed === '' || trimmed.length > POSTCODE_MAX_LENGTH) {
    return unparsed('postcode.format', `A postcode has 1 to ${POSTCODE_MAX_LENGTH} characters.`);
  }
  return parsed(trimmed);
}
