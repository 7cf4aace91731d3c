/** Longest text from outside that is kept unchecked: well above the longest that a field of a record may have. */
const TEXT_MAX_LENGTH = 5_000;
/** Postgres takes no NUL in any text, and nobody halves of surrogate pairs, which become U+FFFD. */
const NUL_OR_REPLACED = /[\0\ufffd]/g;
/** As little a text that can be shown as what it stands for, so that a field that was refused for it stays refused. */
const STAND_IN = '\u0001';

/** A text from outside as topics and databases take it, cut where it is unreasonably long. */
export function storableText(text: string): string {
  return text.slice(0, TEXT_MAX_LENGTH).toWellFormed().replaceAll(NUL_OR_REPLACED, STAND_IN);
}

/** The same JSON value with its texts as {@link storableText} has them; keys are taken as they are. */
export function storable(value: unknown): unknown {
  if (typeof value === 'string') return storableText(value);
  if (Array.isArray(value)) return value.map(storable);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, storable(inner)]));
}
