import { foldText, phoneDigits } from '@samspill/contracts';
import { fieldName, type FieldText } from './field-text.js';

/** What is known of a person who is looked for. */
export interface Clues {
  readonly email?: string | undefined;
  readonly phone?: string | undefined;
  readonly name?: string | undefined;
}

export interface FieldMatch {
  readonly by: 'email' | 'phone' | 'name';
  /** Equal as people read it; otherwise it is mentioned in a text, or only a part of a name. */
  readonly isExact: boolean;
  readonly field: string;
}

const PHONE_FIELDS: ReadonlySet<string> = new Set(['phone', 'mobile', 'fax']);
/** Fields that say nothing about a person in words. */
const NO_WORDS: ReadonlySet<string> = new Set(['kind', 'number', 'country', 'op']);
/** Digits that are looked for within a text: fewer are in every other text. */
const MENTIONED_DIGITS_MIN = 6;
/** What people put between the digits of one number. */
const BETWEEN_DIGITS = /(?<=\d)[\s().\-\u2010-\u2013/]+(?=\d)/g;
const BETWEEN_WORDS = /[^\p{L}\p{N}]+/u;
/** Of å, æ and ä, ø and ö, ü. */
const TWO_LETTER_SPELLINGS = /aa|ae|oe|ue/g;

/** Tells whether texts are about a person: case, accents, Nordic spellings, the order of names and how a number is grouped do not matter. */
export class PersonMatcher {
  readonly #email: string | undefined;
  readonly #phone: string | undefined;
  readonly #words: readonly string[];

  constructor({ email, phone, name }: Clues) {
    this.#email = email === undefined ? undefined : comparedEmail(email);
    this.#phone = phone;
    this.#words = wordsOf(name ?? '');
  }

  /** @param texts of one record */
  matches(texts: readonly FieldText[]): readonly FieldMatch[] {
    const country = texts.find(({ field }) => fieldName(field) === 'country')?.text;
    const numbers = this.#phone === undefined ? [] : phoneDigits(this.#phone, country);
    return texts.flatMap((text) => [
      ...this.#byEmail(text),
      ...byPhone(text, numbers, country),
      ...this.#byName(text),
    ]);
  }

  #byEmail({ field, text }: FieldText): readonly FieldMatch[] {
    if (this.#email === undefined) return [];
    const compared = comparedEmail(text);
    if (!compared.includes(this.#email)) return [];
    return [{ by: 'email', isExact: fieldName(field) === 'email' && compared === this.#email, field }];
  }

  #byName({ field, text }: FieldText): readonly FieldMatch[] {
    if (this.#words.length === 0 || NO_WORDS.has(fieldName(field))) return [];
    const words = wordsOf(text);
    if (!this.#words.every((word) => words.includes(word))) return [];
    return [
      { by: 'name', isExact: fieldName(field) === 'name' && words.length === this.#words.length, field },
    ];
  }
}

function byPhone(
  { field, text }: FieldText,
  numbers: readonly string[],
  country: string | undefined,
): readonly FieldMatch[] {
  if (numbers.length === 0) return [];
  if (PHONE_FIELDS.has(fieldName(field))) {
    const isExact = phoneDigits(text, country).some((digits) => numbers.includes(digits));
    if (isExact) return [{ by: 'phone', isExact, field }];
  }
  const digits = text.replaceAll(BETWEEN_DIGITS, '');
  const isMentioned = numbers.some(
    (number) => number.length >= MENTIONED_DIGITS_MIN && digits.includes(number),
  );
  return isMentioned ? [{ by: 'phone', isExact: false, field }] : [];
}

function comparedEmail(text: string): string {
  return text.trim().toLowerCase().normalize('NFC');
}

/** Each word once, in its shortest spelling. */
function wordsOf(text: string): readonly string[] {
  const words = foldText(text)
    .split(BETWEEN_WORDS)
    .filter((word) => word !== '');
  return [
    ...new Set(
      words.map((word) => word.replaceAll(TWO_LETTER_SPELLINGS, (spelling) => spelling.slice(0, 1))),
    ),
  ];
}
