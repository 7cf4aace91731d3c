import type { ContactKind } from '@samspill/contracts';

/**
 * What the directory's index holds of a text: each run of three letters within a word, and each word's first two letters after a
 * space, as integers in which the company is the upper 12 bits. So a search reads what its own company has, however many others
 * there are, and a company's changes touch neighbouring pages. Different grams may share a number: the index proposes rows,
 * and their text decides.
 */
const COMPANY_BITS = 12;
const GRAM_BITS = 20;
export const GRAM_LENGTH = 3;
const SPACE = 0x20;

/** FNV-1a, 32 bits: https://www.rfc-editor.org/rfc/rfc9923 */
const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** Grams of a searchable text, whose words each follow a space; each once. */
export function gramsOfText(company: string, text: string): ReadonlySet<number> {
  const upper = companyBits(company);
  const grams = new Set<number>();
  for (let at = 0; at + GRAM_LENGTH <= text.length; at += 1) {
    const second = text.charCodeAt(at + 1);
    const third = text.charCodeAt(at + 2);
    if (third === SPACE) at += 1;
    else if (second !== SPACE) grams.add(upper | gram(text.charCodeAt(at), second, third));
  }
  return grams;
}

/** Grams that every text holds in which the word is found: anywhere from three letters on, at the start of a word with two. */
export function gramsOfWord(company: string, word: string): ReadonlySet<number> {
  return gramsOfText(company, word.length < GRAM_LENGTH ? ` ${word}` : word);
}

/** A gram of all records of a kind, so that a rare kind is found as quickly as a rare word. */
export function kindGram(company: string, kind: ContactKind): number {
  return companyBits(company) | gram(0, kind.charCodeAt(0), kind.charCodeAt(1));
}

function gram(first: number, second: number, third: number): number {
  let hash = Math.imul(FNV_OFFSET ^ first, FNV_PRIME);
  hash = Math.imul(hash ^ second, FNV_PRIME);
  hash = Math.imul(hash ^ third, FNV_PRIME);
  return (hash ^ (hash >>> GRAM_BITS)) & ((1 << GRAM_BITS) - 1);
}

let lastCompany = '';
let lastBits = 0;

/** Changes come in runs of one company: its bits are kept until another one comes. */
function companyBits(company: string): number {
  if (company === lastCompany) return lastBits;
  let hash = FNV_OFFSET;
  for (let at = 0; at < company.length; at += 1) hash = Math.imul(hash ^ company.charCodeAt(at), FNV_PRIME);
  lastCompany = company;
  lastBits = (hash >>> (32 - COMPANY_BITS)) << GRAM_BITS;
  return lastBits;
}
