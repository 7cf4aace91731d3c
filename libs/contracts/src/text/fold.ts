/** Letters that Unicode does not take apart into a base letter and a mark. */
const WHOLE_LETTERS: Readonly<Record<string, string>> = {
  ø: 'o',
  æ: 'ae',
  ß: 'ss',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ł: 'l',
  œ: 'oe',
  ħ: 'h',
  ı: 'i',
  ŋ: 'n',
  ŧ: 't',
};

/** Every lower-case Latin letter beyond ASCII, folded: looked up, since decomposing each time costs five times as much. */
const LATIN_LETTERS: ReadonlyMap<string, string> = new Map(
  Array.from({ length: 0x250 - 0x80 }, (_, index) => String.fromCharCode(0x80 + index))
    .map((letter) => [letter, WHOLE_LETTERS[letter] ?? withoutMarks(letter)] as const)
    .filter(([, folded]) => /^[a-z]+$/.test(folded)),
);
const LATIN = /[\x80-\u024f]/g;

/** Ways to write one sound: the first is what {@link foldText} makes of the spelling, the rest are what others may write. */
const SPELLINGS: ReadonlyMap<string, readonly string[]> = new Map([
  ['å', ['a', 'aa']],
  ['aa', ['aa', 'a']],
  ['ø', ['o', 'oe']],
  ['ö', ['o', 'oe']],
  ['oe', ['oe', 'o']],
  ['œ', ['oe', 'o']],
  ['æ', ['ae', 'a']],
  ['ä', ['a', 'ae']],
  ['ae', ['ae', 'a']],
  ['ü', ['u', 'ue']],
  ['ue', ['ue', 'u']],
]);

/** Beyond this many doubtful sounds in a word (16 spellings), the rest of it is kept only as it is spelled. */
const SPELLED_OUT_SOUNDS_MAX = 4;

const WHITE_SPACE = /\s+/;
const NON_ASCII = /[^\0-\x7f]/;
const DOUBTFUL = /aa|ae|oe|ue|[åøöœæäü]/;

/**
 * Text as it is compared in a search: lower case, without marks, special letters as their nearest ASCII (`Håkon Kjær` →
 * `hakon kjaer`). Text in other scripts keeps its letters. The same for composed and decomposed input; folding twice changes nothing.
 */
export function foldText(text: string): string {
  const lower = text.toLowerCase();
  return NON_ASCII.test(lower) ? foldLetters(lower) : lower;
}

function foldLetters(lower: string): string {
  const folded = lower.replace(LATIN, foldLatin);
  if (!NON_ASCII.test(folded)) return folded;
  // What decomposition brings out of other letters (`㎡`, a Kelvin sign) goes through the same rules.
  return withoutMarks(folded).toLowerCase().replace(LATIN, foldLatin);
}

function foldLatin(letter: string): string {
  return LATIN_LETTERS.get(letter) ?? letter;
}

function withoutMarks(text: string): string {
  return text.normalize('NFKD').replaceAll(/\p{M}/gu, '');
}

/**
 * The words of some texts as one searchable text: each word folded, once, followed by its other Nordic spellings
 * (`Håkon` → `hakon haakon`, `Bjoern` → `bjoern bjorn`), so that `foldText` of any spelling, or of a part of it, is found in it.
 * Words are separated by single spaces; a word keeps its punctuation (e-mail addresses, `A/S`).
 */
export function searchText(parts: Iterable<string>): string {
  const words = new Set<string>();
  for (const part of parts) {
    const lower = part.toLowerCase();
    const spelled = NON_ASCII.test(lower) ? lower.normalize('NFC') : lower;
    if (DOUBTFUL.test(spelled)) {
      for (const word of spelled.split(WHITE_SPACE)) addSpellings(words, word);
    } else {
      for (const word of foldText(spelled).split(WHITE_SPACE)) words.add(word);
    }
  }
  words.delete('');
  return [...words].join(' ');
}

/** Adds a lower-case word, folded, and its other spellings, sound by sound. */
function addSpellings(words: Set<string>, word: string): void {
  let spellings = [''];
  let rest = word;
  for (let sounds = 0; sounds < SPELLED_OUT_SOUNDS_MAX; sounds += 1) {
    const at = rest.search(DOUBTFUL);
    if (at < 0) break;
    const sound = SPELLINGS.has(rest.slice(at, at + 2)) ? rest.slice(at, at + 2) : rest.slice(at, at + 1);
    const before = foldText(rest.slice(0, at));
    const starts = spellings;
    spellings = (SPELLINGS.get(sound) ?? [sound]).flatMap((way) =>
      starts.map((start) => start + before + way),
    );
    rest = rest.slice(at + sound.length);
  }
  const end = foldText(rest);
  for (const spelling of spellings) words.add(spelling + end);
}
