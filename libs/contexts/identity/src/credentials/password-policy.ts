import { ZxcvbnFactory } from '@zxcvbn-ts/core';
import * as common from '@zxcvbn-ts/language-common';
import * as english from '@zxcvbn-ts/language-en';

/** What is asked of passwords (W29). NIST SP 800-63B-4, 3.1.1.2: length and blocklists, no composition rules, no expiry. */
export interface PasswordPolicy {
  /** Unicode code points, where the password is all there is. */
  readonly minLength: number;
  readonly minLengthWithSecondFactor: number;
}

export const DEFAULT_POLICY: PasswordPolicy = { minLength: 15, minLengthWithSecondFactor: 8 };
/** Longer ones are refused and never cut; what is hashed stays small. */
export const PASSWORD_MAX_LENGTH = 128;
/** Of zxcvbn's 0 to 4: «safely unguessable» is 3, which takes 10^8 guesses. */
const MIN_SCORE = 3;

/** Shortest password of somebody, in Unicode code points. */
export function minLengthOf(hasSecondFactor: boolean, policy: PasswordPolicy = DEFAULT_POLICY): number {
  return hasSecondFactor ? policy.minLengthWithSecondFactor : policy.minLength;
}

export type PasswordFault = 'too-short' | 'too-long' | 'common' | 'weak' | 'about-you';

export interface PasswordStrength {
  /** 0 (at once) to 4 (not in years). */
  readonly score: number;
  readonly faults: readonly PasswordFault[];
}

const estimator = new ZxcvbnFactory({
  dictionary: { ...common.dictionary, ...english.dictionary },
  graphs: common.adjacencyGraphs,
  maxLength: PASSWORD_MAX_LENGTH,
});

/**
 * Every fault of a password at once.
 * @param about words that are about its user, such as their name and address
 */
export function strengthOf(
  password: string,
  about: readonly string[],
  hasSecondFactor: boolean,
  policy: PasswordPolicy = DEFAULT_POLICY,
): PasswordStrength {
  const length = Array.from(password).length;
  if (length > PASSWORD_MAX_LENGTH) return { score: 0, faults: ['too-long'] };
  const words = about
    .flatMap((text) => [text, ...text.split(/[^\p{L}\p{N}]+/u)])
    .filter((word) => word.length > 2);
  const { score, sequence } = estimator.check(password, words);
  const faults: PasswordFault[] = [];
  if (length < minLengthOf(hasSecondFactor, policy)) faults.push('too-short');
  const isOneWord = sequence.length === 1 && sequence[0]?.pattern === 'dictionary';
  const lower = password.toLowerCase();
  if (isOneWord) faults.push('common');
  else if (words.some((word) => lower === word.toLowerCase())) faults.push('about-you');
  else if (length > 0 && score < MIN_SCORE) faults.push('weak');
  return { score, faults };
}
