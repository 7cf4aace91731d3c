import { Secret, TOTP } from 'otpauth';

import { Browser, type Shown } from './browser.js';

/** More pages than anybody is led through on the way in. */
const MAX_PAGES = 8;

/** Somebody who signs in: their password, and the second factor that they set up when they are asked to. */
export class Person {
  readonly #secrets = new Set<string>();
  /** Each works once; the codes of an app do as well, and there is a new one only every half minute. */
  readonly #recoveryCodes: string[] = [];

  constructor(
    readonly email: string,
    readonly password: string,
  ) {
    this.#secrets.add(password);
  }

  /** All that they have shown to sign in, or could. */
  get secrets(): readonly string[] {
    return [...this.#secrets];
  }

  /**
   * Fills in whatever they are asked on the way in: password, second factor, terms.
   * @param stopAt path where they have arrived
   * @returns the first page that asks for something else, or where they have arrived
   */
  async signIn(browser: Browser, page: Shown, stopAt?: string): Promise<Shown> {
    let shown = page;
    for (let pages = 0; pages < MAX_PAGES; pages += 1) {
      const fields = this.#answer(shown);
      if (fields === undefined) return shown;
      shown = await browser.send(shown, fields, stopAt);
      if (shown.faults !== '') throw new Error(`«${shown.title}» said: ${shown.faults}`);
    }
    throw new Error(`still asked after ${MAX_PAGES} pages: ${shown.title}`);
  }

  #answer({ text }: Shown): Readonly<Record<string, string>> | undefined {
    const asksFor = (name: string): boolean => new RegExp(`<input[^>]*\\sname="${name}"`).test(text);
    this.#rememberCodes(text);
    if (asksFor('password')) return { email: this.email, password: this.password };
    if (asksFor('terms')) return { terms: 'yes' };
    if (asksFor('code')) return { code: this.#code(text) };
    // Something to read, such as new recovery codes, before it goes on.
    return asksFor('step') ? {} : undefined;
  }

  #code(text: string): string {
    const key = /<code>([A-Z2-7]{16,})</.exec(text)?.[1];
    const code =
      key === undefined
        ? this.#recoveryCodes.shift()
        : new TOTP({ secret: Secret.fromBase32(key) }).generate();
    if (code === undefined) throw new Error(`${this.email} has no code left`);
    if (key !== undefined) this.#secrets.add(key);
    return code;
  }

  #rememberCodes(text: string): void {
    for (const [, code = ''] of text.matchAll(/<code>([0-9a-f]+(?:-[0-9a-f]+)+)</g)) {
      this.#recoveryCodes.push(code);
      this.#secrets.add(code);
    }
  }
}
