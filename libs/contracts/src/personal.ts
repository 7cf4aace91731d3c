import { z } from 'zod';

/**
 * Marks a field as being about a person. The codec, not the context, protects such fields, under a key of the subject's
 * own, so that forgetting a person forgets them wherever they were copied.
 */
export function personal<Schema extends z.ZodType>(schema: Schema): Schema {
  return schema.meta({ ...schema.meta(), personal: true });
}

/** Pointers (RFC 6901, `*` for the members of an array) of the fields of an object schema that are marked {@link personal}. */
export function personalFields(schema: z.ZodType, pointer = ''): readonly string[] {
  if (schema.meta()?.['personal'] === true) return [pointer];
  if (schema instanceof z.ZodObject) {
    return Object.entries(schema.shape).flatMap(([key, field]) =>
      field instanceof z.ZodType ? personalFields(field, `${pointer}/${key}`) : [],
    );
  }
  if (schema instanceof z.ZodArray && schema.element instanceof z.ZodType) {
    return personalFields(schema.element, `${pointer}/*`);
  }
  // Optional, nullable, read-only and their like keep the pointer.
  if ('innerType' in schema.def && schema.def.innerType instanceof z.ZodType) {
    return personalFields(schema.def.innerType, pointer);
  }
  return [];
}
