import { foldText, phoneDigits } from '@samspill/contracts';
import { reject, type Rejection } from '@samspill/kernel';
import type { PersonClues, PersonMatch } from '@samspill/platform';
import { emailKey } from '../user/email-key.js';

const BETWEEN_WORDS = /[^\p{L}\p{N}]+/u;

/** A value that is known of somebody, now or from before. */
export interface KnownValue {
  /** RFC 6901 pointer. */
  readonly field: string;
  readonly value: string;
}

/** By what of the clues somebody is found. */
export function matchesOf(
  values: readonly KnownValue[],
  kind: string,
  reference: string,
  { email, phone, name, records }: PersonClues,
): readonly PersonMatch[] {
  const matches: PersonMatch[] = [];
  if (records?.some((record) => record.kind === kind && record.reference === reference) === true)
    matches.push({ by: 'record', isExact: true, field: '' });
  if (email !== undefined && values.some(({ field, value }) => isAddress(field, value, email)))
    matches.push({ by: 'email', isExact: true, field: '/email' });
  if (phone !== undefined && values.some(({ field, value }) => field === '/phone' && isPhone(value, phone)))
    matches.push({ by: 'phone', isExact: true, field: '/phone' });
  if (name !== undefined && isNamed(values, name))
    matches.push({ by: 'name', isExact: false, field: '/lastName' });
  return matches;
}

/** Whether a text that is kept for ever says who somebody is. */
export function isNamedBy(text: string, values: readonly KnownValue[]): boolean {
  const said = wordsOf(text);
  const lower = text.toLowerCase();
  return values.some(({ field, value }) => {
    if (field === '/email') return lower.includes(value.toLowerCase());
    const words = wordsOf(value);
    return field === '/lastName' && words.length > 0 && words.every((word) => said.includes(word));
  });
}

export function reasonNames(): Rejection {
  const detail =
    'The reason is kept for ever, so it must not say who is forgotten: give the number of a case.';
  return reject('person.reason-names-them', detail, [
    { pointer: '/reason', code: 'reason.personal', detail },
  ]);
}

function isAddress(field: string, value: string, email: string): boolean {
  return (field === '/email' || field.startsWith('/mail/')) && emailKey(value) === emailKey(email);
}

/** By the number, international or as it is dialled within its country. */
function isPhone(value: string, phone: string): boolean {
  const typed = phoneDigits(phone, undefined);
  return phoneDigits(value, undefined).some((digits) => typed.includes(digits));
}

function isNamed(values: readonly KnownValue[], name: string): boolean {
  const known = values
    .filter(({ field }) => field === '/firstName' || field === '/lastName')
    .flatMap(({ value }) => wordsOf(value));
  const words = wordsOf(name);
  return words.length > 0 && words.every((word) => known.includes(word));
}

function wordsOf(text: string): readonly string[] {
  return foldText(text)
    .split(BETWEEN_WORDS)
    .filter((word) => word !== '');
}
