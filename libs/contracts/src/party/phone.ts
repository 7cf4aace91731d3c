import { parsePhoneNumberFromString, type CountryCode } from 'libphonenumber-js/core';
import metadata from 'libphonenumber-js/min/metadata';
import { isCountryCode } from './country.js';

interface Phone {
  /** Country calling code and national number, as E.164 has them after the `+`. */
  readonly international: string;
  /** As it is dialled within its country: with the trunk `0` where there is one. */
  readonly national: string;
}

interface NordicPlan {
  readonly callingCode: string;
  /** What is typed within the country, separators removed; group 1 is the number without the trunk `0`. */
  readonly national: RegExp;
}

/**
 * The usual national forms, a strict part of what libphonenumber accepts (a property test holds them to it): most numbers
 * take this path, which costs a fifth of the library's 9 µs.
 */
const NORDIC_PLANS: Readonly<Record<string, NordicPlan>> = {
  NO: { callingCode: '47', national: /^([2-9]\d{7})$/ },
  DK: { callingCode: '45', national: /^([2-9]\d{7})$/ },
  SE: { callingCode: '46', national: /^0([1-9]\d{8}|[1-689]\d{7}|[1-4689]\d{6})$/ },
  FI: { callingCode: '358', national: /^0([1-9]\d{5,8})$/ },
};

/** Longest text in which a number is looked for; a longer one is a note, not a number. */
const PHONE_TEXT_MAX_LENGTH = 50;

const SEPARATORS = /[\s().\-\u2010-\u2013/]/g;

/**
 * A phone number in E.164 (46587451 in Norway → `+4746587451`), or `undefined` where the text is not a valid number. Phones
 * are never a reason to refuse a record: what cannot be read stays as it was typed.
 *
 * @param country ISO 3166 alpha-2, for numbers typed without their country's code
 */
export function parsePhone(text: string, country: string | undefined): string | undefined {
  const phone = readPhone(text, country);
  return phone === undefined ? undefined : `+${phone.international}`;
}

/**
 * The runs of digits by which a phone number is searched: international and as dialled within the country
 * (`08-123 45 67` in Sweden → `4681234567`, `081234567`); of what is not a valid number, its digits as they are.
 */
export function phoneDigits(text: string, country: string | undefined): readonly string[] {
  const phone = readPhone(text, country);
  if (phone !== undefined) return [phone.international, phone.national];
  const digits = text.replaceAll(/\D/g, '');
  return digits === '' ? [] : [digits];
}

function readPhone(text: string, country: string | undefined): Phone | undefined {
  if (text.length > PHONE_TEXT_MAX_LENGTH) return undefined;
  const plan = country === undefined ? undefined : NORDIC_PLANS[country];
  if (plan !== undefined) {
    const dialled = text.replaceAll(SEPARATORS, '');
    const number = plan.national.exec(dialled)?.[1];
    if (number !== undefined) return { international: plan.callingCode + number, national: dialled };
  }
  const found = parsePhoneNumberFromString(
    text,
    isCallingCountry(country) ? { defaultCountry: country } : {},
    metadata,
  );
  if (found?.isValid() !== true) return undefined;
  return {
    international: found.number.slice(1),
    national: found.formatNational().replaceAll(/\D/g, ''),
  };
}

function isCallingCountry(country: string | undefined): country is CountryCode {
  return country !== undefined && isCountryCode(country);
}
