/** A value read from what someone typed: in its canonical form, or why it is not one. The caller knows the field's pointer. */
export type Parsed<Value = string> =
  | { readonly ok: true; readonly value: Value }
  | {
      readonly ok: false;
      /** Stable, e.g. `email.invalid`. */
      readonly code: string;
      /** A sentence for a person: what is wrong and what is expected. */
      readonly detail: string;
    };

export function parsed<Value>(value: Value): Parsed<Value> {
  return { ok: true, value };
}

export function unparsed(code: string, detail: string): Parsed<never> {
  return { ok: false, code, detail };
}
