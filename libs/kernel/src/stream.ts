import { isUuid } from './uuid.js';

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** A company's id («Firma ID»): a UUID, and the key of its events on the log. */
export type CompanyId = Branded<'CompanyId'>;

/** Whether a text is a company id as it is written in URLs and streams: a lower-case UUID. */
export function isCompanyId(text: string): text is CompanyId {
  return isUuid(text);
}

/**
 * The name of a stream from its category and parts: `streamName('contacts.customer', company, 'A/7')` →
 * `contacts.customer/<company>/A%2F7`. Parts are percent-encoded where they hold `/` or `%`, so that names never collide.
 */
export function streamName(category: string, ...parts: readonly string[]): string {
  let name = category;
  for (const part of parts) name += `/${/[%/]/.test(part) ? encodePart(part) : part}`;
  return name;
}

/** The category and the parts of a stream's name; the inverse of {@link streamName}. */
export function parseStream(name: string): { readonly category: string; readonly parts: readonly string[] } {
  const [category = '', ...parts] = name.split('/');
  return { category, parts: parts.map((part) => (part.includes('%') ? decodePart(part) : part)) };
}

function encodePart(part: string): string {
  return part.replaceAll('%', '%25').replaceAll('/', '%2F');
}

function decodePart(part: string): string {
  return part.replaceAll('%2F', '/').replaceAll('%25', '%');
}
