import { parsed, unparsed, type Parsed } from './parsed.js';

/** Longest address that SMTP can carry (RFC 5321, 4.5.3.1.3, less the angle brackets). */
export const EMAIL_MAX_LENGTH = 254;

/** Longest part before the `@` (RFC 5321, 4.5.3.1.1). */
export const EMAIL_LOCAL_PART_MAX_LENGTH = 64;

const PLAIN =
  /^[\w.!#$%&'*+/=?^`{|}~-]+@(?:[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?\.)+[a-z][a-z\d-]{0,61}[a-z\d]$/i;

/** With letters beyond ASCII on both sides (RFC 6531): `kari@blåbær.no`. */
const INTERNATIONAL =
  /^[\p{L}\p{M}\p{N}.!#$%&'*+/=?^_`{|}~-]+@(?:[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}-]{0,61}[\p{L}\p{M}\p{N}])?\.)+[\p{L}][\p{L}\p{M}\p{N}-]{0,61}[\p{L}\p{M}\p{N}]$/u;

/**
 * One e-mail address as typed, trimmed. Quoted local parts and address literals, which nobody has in an address book, are refused.
 *
 * @returns code `email.invalid`
 */
export function parseEmail(text: string): Parsed {
  const trimmed = text.trim();
  const at = trimmed.indexOf('@');
  if (
    trimmed.length <= EMAIL_MAX_LENGTH &&
    at > 0 &&
    at <= EMAIL_LOCAL_PART_MAX_LENGTH &&
    (PLAIN.test(trimmed) || INTERNATIONAL.test(trimmed)) &&
    hasSoundDots(trimmed, at)
  ) {
    return parsed(trimmed);
  }
  return unparsed('email.invalid', `“${text}” is not an e-mail address such as name@example.com.`);
}

/** RFC 5322: the local part neither begins nor ends with a dot, nor has two in a row. */
function hasSoundDots(address: string, at: number): boolean {
  return !address.startsWith('.') && address[at - 1] !== '.' && !address.includes('..');
}
