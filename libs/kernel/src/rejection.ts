/** One fault of one field: where it is (RFC 6901 pointer), a stable code, and a sentence for a person. */
export interface Fault {
  readonly pointer: string;
  readonly code: string;
  readonly detail: string;
}

/** A refusal by a rule of the business. It is a value: nothing has happened, and the caller can mend and ask again. */
export interface Rejection {
  readonly kind: 'rejection';
  /** Stable, e.g. `company.organisation-number-taken`. */
  readonly code: string;
  /** A sentence that says what is wrong and what to do. */
  readonly detail: string;
  /** Every fault by field; empty where the refusal is not about a field. */
  readonly faults: readonly Fault[];
}

export function reject(code: string, detail: string, faults: readonly Fault[] = []): Rejection {
  return { kind: 'rejection', code, detail, faults };
}

export function isRejection(value: unknown): value is Rejection {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'rejection';
}
