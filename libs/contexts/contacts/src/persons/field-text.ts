/** A text of a record or of what was sent for one, and where it stands there. */
export interface FieldText {
  /** RFC 6901 pointer. */
  readonly field: string;
  readonly text: string;
}

/** Every text in a JSON value, and every number as text; in their order. */
export function fieldTexts(value: unknown, field = ''): readonly FieldText[] {
  if (typeof value === 'string' || typeof value === 'number') return [{ field, text: String(value) }];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    fieldTexts(inner, `${field}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`),
  );
}

/** The last part of a pointer: what the field is. */
export function fieldName(field: string): string {
  return field.slice(field.lastIndexOf('/') + 1);
}
