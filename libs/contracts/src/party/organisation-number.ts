import { parsed, unparsed, type Parsed } from './parsed.js';

/** Longest organisation number of a country whose rules are not checked here. */
export const FOREIGN_ORGANISATION_NUMBER_MAX_LENGTH = 30;

/** Countries whose organisation numbers carry a check digit that is verified. */
export type CheckedCountry = 'NO' | 'SE' | 'FI' | 'DK';

interface Format {
  /** The digits within what people write around them, separators removed: VAT forms such as `NO923609016MVA`, `SE556012579001`. */
  readonly written: RegExp;
  /** How a number is described to a person. */
  readonly description: string;
  /** The check digit of the digits before it; 10 where those digits cannot be a number. */
  readonly checkDigit: (digits: string) => number;
}

const NO_WEIGHTS = [3, 2, 7, 6, 5, 4, 3, 2];
const FI_WEIGHTS = [7, 9, 10, 5, 8, 4, 2];
const DK_WEIGHTS = [2, 7, 6, 5, 4, 3, 2];

/** Sources: Brønnøysundregistrene, Skatteverket (Luhn), PRH and Erhvervsstyrelsen on how each number is made up. */
const FORMATS: Readonly<Record<CheckedCountry, Format>> = {
  NO: {
    written: /^(?:NO)?(\d{9})(?:MVA)?$/,
    description: '9 digits, the last one a check digit',
    checkDigit: (digits) => modulus11(digits, NO_WEIGHTS),
  },
  SE: {
    written: /^(?:SE)?(\d{10})(?:01)?$/,
    description: '10 digits, the last one a check digit',
    checkDigit: luhn,
  },
  FI: {
    written: /^(?:FI)?(\d{8})$/,
    description: '7 digits and a check digit',
    checkDigit: (digits) => modulus11(digits, FI_WEIGHTS),
  },
  DK: {
    written: /^(?:DK)?(\d{8})$/,
    description: '8 digits, the last one a check digit',
    checkDigit: (digits) => modulus11(digits, DK_WEIGHTS),
  },
};

export function hasCheckedOrganisationNumbers(country: string | undefined): country is CheckedCountry {
  return country === 'NO' || country === 'SE' || country === 'FI' || country === 'DK';
}

/**
 * An organisation number as it is stored: digits only for Norway, Sweden, Finland and Denmark, whose check digits are
 * verified; for other countries, or none, any text of at most 30 characters, trimmed (C12).
 * Spaces, dots, dashes and the country's VAT form are tolerated. A number of zeros is never valid, though it passes modulus 11.
 *
 * @param country ISO 3166 alpha-2, when it is known
 * @returns codes `organisation-number.format`, `organisation-number.check-digit`
 */
export function parseOrganisationNumber(country: string | undefined, text: string): Parsed {
  return hasCheckedOrganisationNumbers(country) ? parseChecked(country, text) : parseForeign(text);
}

function parseChecked(country: CheckedCountry, text: string): Parsed {
  const format = FORMATS[country];
  const compact = /^\d+$/.test(text) ? text : text.replaceAll(/[\s.-]/g, '').toUpperCase();
  const digits = format.written.exec(compact)?.[1];
  if (digits === undefined || Number(digits) === 0) {
    return unparsed(
      'organisation-number.format',
      `“${text}” is not an organisation number of ${country}: it has ${format.description}.`,
    );
  }
  if (format.checkDigit(digits.slice(0, -1)) !== Number(digits.at(-1))) {
    return unparsed(
      'organisation-number.check-digit',
      `“${text}” is not an organisation number of ${country}: its check digit is wrong; look for a mistyped digit.`,
    );
  }
  return parsed(digits);
}

function parseForeign(text: string): Parsed {
  const trimmed = text.trim();
  if (trimmed === '' || trimmed.length > FOREIGN_ORGANISATION_NUMBER_MAX_LENGTH) {
    return unparsed(
      'organisation-number.format',
      `An organisation number has 1 to ${FOREIGN_ORGANISATION_NUMBER_MAX_LENGTH} characters.`,
    );
  }
  return parsed(trimmed);
}

/** How many different numbers {@link generateOrganisationNumber} makes for a country before it repeats itself. */
export const GENERATED_ORGANISATION_NUMBERS = 4_000_000;

/** Where the generated bodies (the digits before the check digit) begin, in tens, within series that the registers use. */
const GENERATED_BODIES: Readonly<Record<CheckedCountry, { readonly length: number; readonly from: number }>> =
  {
    NO: { length: 8, from: 8_500_000 },
    SE: { length: 9, from: 55_600_000 },
    FI: { length: 7, from: 100_000 },
    DK: { length: 7, from: 100_000 },
  };

/**
 * A valid organisation number for demo data: different for each seed from 0 up to {@link GENERATED_ORGANISATION_NUMBERS},
 * the same for the same seed. It may be a real company's by chance.
 */
export function generateOrganisationNumber(country: CheckedCountry, seed: number): string {
  const { checkDigit } = FORMATS[country];
  const { length, from } = GENERATED_BODIES[country];
  const nth = Math.abs(Math.trunc(seed)) % GENERATED_ORGANISATION_NUMBERS;
  // The last weight of each modulus is 2, so that of two neighbouring bodies at most one has no check digit.
  const body = String(from * 10 + nth * 2).padStart(length, '0');
  const check = checkDigit(body);
  if (check < 10) return `${body}${check}`;
  const next = `${body.slice(0, -1)}${Number(body.at(-1)) + 1}`;
  return `${next}${checkDigit(next)}`;
}

/** The digit that makes the weighted sum divisible by 11; 10 where no digit does. */
function modulus11(digits: string, weights: readonly number[]): number {
  let sum = 0;
  for (let index = 0; index < weights.length; index += 1)
    sum += (weights[index] ?? 0) * Number(digits[index]);
  return (11 - (sum % 11)) % 11;
}

/** The Luhn check digit of an odd number of digits (every second one doubled, from the last). */
function luhn(digits: string): number {
  let sum = 0;
  for (let index = 0; index < digits.length; index += 1) {
    const doubled = Number(digits[index]) * (index % 2 === 0 ? 2 : 1);
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return (10 - (sum % 10)) % 10;
}
