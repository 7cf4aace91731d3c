/** As much of an error as a person reads. */
const LONGEST_WORDS = 500;
const ELLIPSIS = '…';

/** An error body as it is shown to people who may see the record it is about: one line, shortened. */
export function shownWords(text: string): string {
  return shortened(onOneLine(text));
}

function onOneLine(text: string): string {
  return text.replaceAll(/[\u0000-\u001f\u007f\s]+/g, ' ').trim();
}

function shortened(line: string): string {
  return line.length <= LONGEST_WORDS ? line : line.slice(0, LONGEST_WORDS - 1) + ELLIPSIS;
}

const E_MAIL = /[^\s"'<>()[\],;:]+@[^\s"'<>()[\],;:]+/g;
/** Phone and organisation numbers, and whatever else is told by its digits; ids of requests lose theirs as well. */
const MANY_DIGITS = /\+?\d(?:[ ()./-]?\d){4,}/g;
/**
 * Vendors put what they were sent in quotes. One that is never closed goes to the end: what closed it may have been cut off. An apostrophe
 * within a word neither opens nor closes.
 */
const QUOTED =
  /"(?:[^"\\]|\\.?)*(?:"|$)|(?<!\p{L})'(?:[^']|'(?=\p{L}))*(?:'|$)|«[^»]*(?:»|$)|“[^”]*(?:”|$)/gu;
/** What is left of a word, an address or a number that was cut in the middle: too little to be known as one. */
const CUT_OFF = /\S+…$/;

/**
 * The same for the log, where no personal data may be: values, addresses and numbers are masked, before anything is cut off.
 * @param text whole, or as {@link shownWords} has cut it
 */
export function loggedWords(text: string): string {
  const masked = onOneLine(text)
    .replaceAll(QUOTED, '"…"')
    .replaceAll(E_MAIL, '…@…')
    .replaceAll(MANY_DIGITS, '#')
    .replace(CUT_OFF, ELLIPSIS);
  return shortened(masked);
}
