import type { Fault } from '@samspill/kernel';
import type { Parsed } from '../party/parsed.js';

/** What no database column or log line should hold: control characters, and halves of surrogate pairs. */
const SUSPECT = /[\0-\x1f\x7f-\x9f\ud800-\udfff]/;
const WHITE_CONTROLS = /[\t\r\n]+/g;
const LINE_ENDS = /\r\n?/g;
const CONTROLS = /[\0-\x1f\x7f-\x9f]/;
const CONTROLS_BUT_LINES = /[\0-\x08\x0b-\x1f\x7f-\x9f]/;

/** How line breaks and tabs in a text are taken: a mistake, a space, or what was meant. */
export type LineBreaks = 'refused' | 'as-space' | 'kept';

/**
 * Reads the fields of one object from outside and collects every fault by pointer, so that a caller gets all in one answer.
 * `null` and blank texts count as absent. What a faulty field returns is a stand-in; it is never used, since a record with
 * faults is discarded.
 */
export class RecordFields {
  readonly faults: Fault[];
  readonly #input: Readonly<Record<string, unknown>>;
  readonly #pointer: string;

  constructor(input: Readonly<Record<string, unknown>>, pointer = '', faults: Fault[] = []) {
    this.#input = input;
    this.#pointer = pointer;
    this.faults = faults;
  }

  /** A text that must be there. */
  required(key: string, maxLength: number, lineBreaks: LineBreaks = 'as-space'): string {
    const text = this.optional(key, maxLength, lineBreaks);
    if (text !== undefined) return text;
    if (isAbsent(this.#input[key])) this.refuse(key, `${key}.missing`, `A ${key} is required.`);
    return '';
  }

  /** A trimmed text, or `undefined` where there is none. */
  optional(key: string, maxLength: number, lineBreaks: LineBreaks = 'as-space'): string | undefined {
    return this.clean(this.#input[key], key, maxLength, lineBreaks);
  }

  /** A text that means something: its canonical form. */
  checked(key: string, maxLength: number, parse: (text: string) => Parsed): string | undefined {
    const text = this.optional(key, maxLength);
    if (text === undefined) return undefined;
    const value = parse(text);
    if (value.ok) return value.value;
    this.refuse(key, value.code, value.detail);
    return undefined;
  }

  /** A list of texts, blank ones left out. */
  list(key: string, maxItems: number, maxLength: number): readonly string[] {
    const value = this.#input[key];
    if (isAbsent(value)) return [];
    if (!Array.isArray(value)) {
      this.refuse(key, 'list.expected', `${key} must be a list of texts.`);
      return [];
    }
    const texts: string[] = [];
    for (const [index, item] of value.entries()) {
      const text = this.clean(item, `${key}/${index}`, maxLength, 'as-space');
      if (text !== undefined) texts.push(text);
    }
    if (texts.length > maxItems) this.refuse(key, 'list.too-long', `${key} has at most ${maxItems} items.`);
    return texts;
  }

  /** The fields of a nested object, which report into the same list; `undefined` where there is none. */
  nested(key: string): RecordFields | undefined {
    const value = this.#input[key];
    if (isAbsent(value)) return undefined;
    if (isObject(value)) return new RecordFields(value, `${this.#pointer}/${key}`, this.faults);
    this.refuse(key, 'object.expected', `${key} must be an object.`);
    return undefined;
  }

  /** Every field that the record does not have is a fault: it is likelier a misspelling than something to lose silently. */
  refuseOthersThan(keys: ReadonlySet<string>): void {
    for (const key in this.#input) {
      if (keys.has(key)) continue;
      const pointer = key.replaceAll('~', '~0').replaceAll('/', '~1');
      this.refuse(pointer, 'field.unknown', `There is no field “${key}” here.`);
    }
  }

  refuse(key: string, code: string, detail: string): void {
    this.faults.push({ pointer: `${this.#pointer}/${key}`, code, detail });
  }

  private clean(value: unknown, key: string, maxLength: number, lineBreaks: LineBreaks): string | undefined {
    if (typeof value !== 'string') {
      if (!isAbsent(value)) this.refuse(key, 'text.expected', `${key} must be a text.`);
      return undefined;
    }
    let text = value.trim();
    if (text === '') return undefined;
    if (SUSPECT.test(text)) {
      if (lineBreaks === 'as-space') text = text.replaceAll(WHITE_CONTROLS, ' ');
      else if (lineBreaks === 'kept') text = text.replaceAll(LINE_ENDS, '\n');
      if ((lineBreaks === 'kept' ? CONTROLS_BUT_LINES : CONTROLS).test(text) || !text.isWellFormed()) {
        this.refuse(key, 'text.control-characters', `${key} holds characters that cannot be shown.`);
        return undefined;
      }
    }
    if (text.length > maxLength) {
      this.refuse(key, 'text.too-long', `${key} has at most ${maxLength} characters, not ${text.length}.`);
      return undefined;
    }
    return text;
  }
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === 'string' && value.trim() === '');
}
