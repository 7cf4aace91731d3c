/** As much of an error as a person reads. */
const LONGEST_WORDS = 500;
const ELLIPSIS = '…';

/** An error body as it is shown to people who may see the record it is about: one line, shortened. */
export function shownWords(text: string): string {
  const line = text.replaceAll(/[\u0000-\u001f\u007f\s]+/g, ' ').trim();
  return line.length <= LONGEST_WORDS ? line : line.slice(0, LONGEST_WORDS - 1) + ELLIPSIS;
}

const E_MAIL = /[^\s"'<>()[\],;:]+@[^\s"'<>()[\],;:]+/g;
/** Phone and organisation numbers, and whatever else is told by its digits; ids of requests lose theirs as well. */
const MANY_DIGITS = /\+?\d(?:[ ()./-]?\d){4,}/g;
/** Vendors put what they were sent in quotes. */
const QUOTED = /"(?:[^"\\]|\\.)*"|'[^']*'|«[^»]*»|“[^”]*”/g;

/** The same for the log, where no personal data may be: values, addresses and numbers are masked. */
export function loggedWords(text: string): string {
  return shownWords(
    shownWords(text).replaceAll(QUOTED, '"…"').replaceAll(E_MAIL, '…@…').replaceAll(MANY_DIGITS, '#'),
  );
}
