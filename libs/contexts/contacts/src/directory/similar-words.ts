import { gramsOfText, gramsOfWord } from './grams.js';
import { likeLiteral, likePattern, startPattern } from './search-words.js';

/** Shorter words are looked for as typed: every other word would be near them. */
const SIMILAR_WORD_MIN_LETTERS = 4;
/** From so many letters on two mistakes are forgiven, below it one. */
const TWO_MISTAKES_MIN_LETTERS = 7;
/** Shorter ends (`sen`) are in too many words to say which. */
const END_MIN_LETTERS = 4;
/** The index has nothing of shorter ones. */
const PART_MIN_LETTERS = 2;
/** The same characters as in `directory_v1_near_words`. */
const PUNCTUATION = /[.@\-/&,()]/;
/** Words considered for each word of the query. */
const ALTERNATIVES_MAX = 3;

/** A piece that a matching row must hold. */
interface Piece {
  readonly pattern: string;
  readonly grams: readonly number[];
}

/** What of a mistyped word is looked for: one half of it is taken to be right. */
export interface WordHalves {
  readonly pieces: readonly Piece[];
  /** Patterns for the words meant; undefined where the word has to stand as typed. */
  readonly start: string | undefined;
  readonly end: string | undefined;
}

/** Words of digits have to stand as typed: another number is another number. */
export function wordHalves(company: string, word: string): WordHalves {
  if (!mayBeMistyped(word)) {
    return {
      pieces: [{ pattern: likePattern(word), grams: [...gramsOfWord(company, word)] }],
      start: undefined,
      end: undefined,
    };
  }
  const middle = Math.floor(word.length / 2);
  const start = word.slice(0, middle);
  const end = word.slice(middle);
  const pieces = [{ pattern: startPattern(start), grams: [...gramsOfText(company, ` ${start}`)] }];
  if (end.length >= END_MIN_LETTERS)
    pieces.push({ pattern: likePattern(end), grams: [...gramsOfWord(company, end)] });
  return {
    pieces,
    start: `${likeLiteral(start)}%`,
    end: end.length >= END_MIN_LETTERS ? likePattern(end) : undefined,
  };
}

export function mayBeMistyped(word: string): boolean {
  return word.length >= SIMILAR_WORD_MIN_LETTERS && /\p{L}/u.test(word);
}

/** Words of a query as they are looked for when it was mistyped: without punctuation, by which words of records are parted as well. */
export function partsOf(words: readonly string[]): readonly string[] {
  return words.flatMap((word) => word.split(PUNCTUATION)).filter((word) => word.length >= PART_MIN_LETTERS);
}

/** A word that may be meant, and how many mistakes were made then. */
export interface Alternative {
  readonly word: string;
  readonly mistakes: number;
  readonly rows: number;
}

/**
 * The words, or beginnings of words, that a typed word is likeliest to mean: fewest mistakes first, then what more records have. A
 * mistake is a letter too many, too few, another one, or two neighbours swapped.
 */
export function alternatives(
  typed: string,
  known: readonly { readonly word: string; readonly rows: number }[],
): readonly Alternative[] {
  const most = typed.length < TWO_MISTAKES_MIN_LETTERS ? 1 : 2;
  const best = new Map<string, Alternative>();
  for (const { word, rows } of known) {
    const { length, mistakes } = nearestBeginning(typed, word);
    if (mistakes > most) continue;
    const meant = word.slice(0, length);
    best.set(meant, { word: meant, mistakes, rows: rows + (best.get(meant)?.rows ?? 0) });
  }
  return [...best.values()]
    .toSorted((a, b) => a.mistakes - b.mistakes || b.rows - a.rows)
    .slice(0, ALTERNATIVES_MAX);
}

/** How long a beginning of `word` is nearest to what was typed (of several the longest), and by how many mistakes it differs. */
export function nearestBeginning(
  typed: string,
  word: string,
): { readonly length: number; readonly mistakes: number } {
  // Optimal string alignment distance, one row a typed letter; the last row holds the distance to every beginning.
  let before: number[] = [];
  let row = Array.from({ length: word.length + 1 }, (_, at) => at);
  for (let i = 1; i <= typed.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= word.length; j += 1) {
      const differs = typed[i - 1] === word[j - 1] ? 0 : 1;
      let cost = Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + differs);
      const isSwapped = i > 1 && j > 1 && typed[i - 1] === word[j - 2] && typed[i - 2] === word[j - 1];
      if (isSwapped) cost = Math.min(cost, (before[j - 2] ?? 0) + 1);
      next.push(cost);
    }
    before = row;
    row = next;
  }
  let length = 0;
  for (let at = 1; at < row.length; at += 1) if ((row[at] ?? 0) <= (row[length] ?? 0)) length = at;
  return { length, mistakes: row[length] ?? 0 };
}
