import { foldText } from '@samspill/contracts';
import { reject, type Rejection } from '@samspill/kernel';
import { sortName } from './directory.projection.js';

/** A query as the search takes it. */
export interface SearchWords {
  /** Folded words, each once; all must match. None: everything matches. */
  readonly typed: readonly string[];
  /**
   * The same in another writing, where there is one: numbers that were typed in groups put together (`465 87 451`,
   * `+47 46 58 74 51`), and Nordic letters in their shortest spelling, which a searchable text always has (`haakon` → `hakon`).
   */
  readonly other: readonly string[] | undefined;
  /** Spellings of the query as a record's number. */
  readonly numbers: readonly string[];
  /** The query as the beginning of a name; empty where it is empty. */
  readonly start: string;
}

/** Of å, æ and ä, ø and ö, ü. */
const TWO_LETTER_SPELLINGS = /aa|ae|oe|ue/g;
/** Text of one piece of a number: `+47`, `(0)8-123`, `555.47`. */
const NUMBER_PIECE = /^[\d+().\-/\u2010-\u2013]*\d[\d+().\-/\u2010-\u2013]*$/;
/** `+46 (0)8 …`: dialled only without the country's code. */
const OPTIONAL_TRUNK = /\(0\)/g;
const INTERNATIONAL_PREFIX = /^00/;
/** From so many letters on a word narrows a search; shorter ones do beside such a word. */
const NARROWING_LETTERS = 2;

/** How a query is read: case, accents and Nordic spellings do not matter, nor how a number is grouped. */
export function readWords(query: string): SearchWords {
  const text = query.trim().replaceAll(/\s+/g, ' ');
  const words = foldText(text)
    .split(/\s+/)
    .filter((word) => word !== '');
  const asTyped = [...new Set(words)];
  const other = [...new Set(joinNumbers(words).map(shortestSpelling))];
  // `4 6`: single digits say nothing by themselves.
  const typed = asTyped.some(isLongEnough) ? asTyped : other;
  return {
    typed,
    other: other.join(' ') === typed.join(' ') ? undefined : other,
    numbers: text === '' ? [] : [...new Set([text, text.toLowerCase(), text.toUpperCase()])],
    start: sortName(text),
  };
}

/** Whether the query says enough to look for: nothing at all (everything is listed), or a word of two letters. */
export function isNarrowing({ typed }: SearchWords): boolean {
  return typed.length === 0 || typed.some(isLongEnough);
}

function isLongEnough(word: string): boolean {
  return word.length >= NARROWING_LETTERS;
}

export function tooShort(): Rejection {
  return reject(
    'search.too-short',
    'Type at least two letters or digits of one word, or nothing to see everything.',
    [
      {
        pointer: '/query/q',
        code: 'search.too-short',
        detail: 'Two match from the start of a word, three or more anywhere in it.',
      },
    ],
  );
}

/** The pattern for LIKE of texts that have a word. */
export function likePattern(word: string): string {
  return word.length > NARROWING_LETTERS ? `%${likeLiteral(word)}%` : startPattern(word);
}

/** The pattern for LIKE of texts in which a word starts so. */
export function startPattern(start: string): string {
  return `% ${likeLiteral(start)}%`;
}

/** A text in a pattern for LIKE, where what is a wildcard there stands for itself. */
export function likeLiteral(text: string): string {
  return text.replaceAll(/[\\%_]/g, String.raw`\$&`);
}

/** Whether a searchable text has a word, as {@link likePattern} says it. */
export function hasWord(search: string, word: string): boolean {
  return search.includes(word.length > NARROWING_LETTERS ? word : ` ${word}`);
}

function shortestSpelling(folded: string): string {
  const shortest = folded.replaceAll(TWO_LETTER_SPELLINGS, (spelling) => spelling.slice(0, 1));
  return isLongEnough(shortest) ? shortest : folded;
}

function joinNumbers(words: readonly string[]): readonly string[] {
  const joined: string[] = [];
  let pieces = '';
  for (const word of [...words, '']) {
    if (NUMBER_PIECE.test(word)) {
      pieces += word;
      continue;
    }
    if (pieces !== '') joined.push(digitsOf(pieces));
    pieces = '';
    if (word !== '') joined.push(word);
  }
  return joined;
}

function digitsOf(pieces: string): string {
  const digits = pieces
    .replaceAll(OPTIONAL_TRUNK, '')
    .replaceAll(/\D/g, '')
    .replace(INTERNATIONAL_PREFIX, '');
  return digits === '' ? pieces : digits;
}
