import { hash, verify } from '@node-rs/argon2';
import { PlatformError } from '@samspill/kernel';

/**
 * argon2id with 19 MiB, two passes and one lane: OWASP's Password Storage Cheat Sheet, first choice.
 * https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html
 */
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;
const CURRENT = `$argon2id$v=19$m=${PARAMETERS.memoryCost},t=${PARAMETERS.timeCost},p=${PARAMETERS.parallelism}$`;
/** Each takes 19 MiB and a core for some 8 ms; more at once would take both from everything else. */
const MAX_AT_ONCE = 4;
/** Whoever would wait behind more than these is asked to come again: some seconds' worth. */
const MAX_WAITING = 200;

export interface HashLimits {
  readonly maxAtOnce: number;
  readonly maxWaiting: number;
}

/** Hashes of passwords, a bounded number at a time. */
export class PasswordHashes {
  #running = 0;
  readonly #waiting: (() => void)[] = [];
  #dummy: Promise<string> | undefined;

  constructor(private readonly limits: HashLimits = { maxAtOnce: MAX_AT_ONCE, maxWaiting: MAX_WAITING }) {}

  async hash(password: string): Promise<string> {
    return await this.#inTurn(() => hash(password.normalize('NFC'), PARAMETERS));
  }

  /** Takes the same time where there is no hash to compare with: nobody learns so whether somebody is registered. */
  async verify(stored: string | undefined, password: string): Promise<boolean> {
    const compared = stored ?? (await (this.#dummy ??= this.hash('nobody’s password')));
    const isRight = await this.#inTurn(() => verify(compared, password.normalize('NFC')));
    return isRight && stored !== undefined;
  }

  /** Whether a hash was made with other parameters than today's. */
  isOutdated(stored: string): boolean {
    return !stored.startsWith(CURRENT);
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= this.limits.maxAtOnce) {
      if (this.#waiting.length >= this.limits.maxWaiting)
        throw new PlatformError('identity.busy', 'Too many are signing in at this moment.', true);
      // Whoever is done hands its place on, so that nobody who has just come takes it.
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else this.#running += 1;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running -= 1;
    }
  }
}
