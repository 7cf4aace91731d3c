/**
 * Texts that come again and again under a few names: the one that came last is taken again where the bytes are the same. A new string
 * costs several times as much as comparing bytes, and being kept by a fold, memory.
 */
export class RepeatedTexts {
  readonly #last: Map<string, string>;

  constructor(names: readonly string[]) {
    this.#last = new Map(names.map((name) => [name, '']));
  }

  /** The text of these bytes (UTF-8), whatever came before under the name. */
  text(name: string, bytes: Buffer, from: number, to: number): string {
    const first = bytes[from] ?? 0;
    if (to - from === 1 && first < 0x80) return String.fromCharCode(first); // a version mostly; the engine has all of these
    const last = this.#last.get(name);
    if (last === undefined) return bytes.toString(undefined, from, to);
    if (last.length === to - from && asciiIs(bytes, from, last)) return last;
    const text = bytes.toString(undefined, from, to);
    // Only of ASCII are bytes and characters the same.
    if (isAscii(bytes, from, to)) this.#last.set(name, text);
    return text;
  }
}

/** Whether these bytes are that text. From the end: names and values that differ often begin alike. */
export function asciiIs(bytes: Buffer, at: number, ascii: string): boolean {
  for (let index = ascii.length - 1; index >= 0; index -= 1) {
    if (bytes[at + index] !== ascii.charCodeAt(index)) return false;
  }
  return true;
}

function isAscii(bytes: Buffer, from: number, to: number): boolean {
  for (let at = from; at < to; at += 1) if ((bytes[at] ?? 0) >= 0x80) return false;
  return true;
}
