import { createHash, timingSafeEqual } from 'node:crypto';

/** Nobody guesses what is as long as this. */
export const BREAK_GLASS_MIN_LENGTH = 32;

/** The credential in the pod that works for operators when sign-in itself is broken. */
export class BreakGlass {
  readonly #hash: Buffer;

  constructor(secret: string) {
    this.#hash = hashOf(secret);
  }

  /** In the same time whatever was sent. */
  matches(token: string): boolean {
    return timingSafeEqual(hashOf(token), this.#hash);
  }
}

function hashOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
