import { z } from 'zod';

/** What stands in the place of a field whose person has been forgotten: nothing that is about anybody. */
export type WhenForgotten =
  string | number | boolean | null | Readonly<Record<string, never>> | readonly never[];

/**
 * Marks a field as being about a person. The codec, not the context, seals such fields, under a key of the subject's own, so that
 * forgetting a person forgets them wherever they were copied.
 * @param whenForgotten what stands there once the person has been forgotten, and must fit the schema. A field that may be left out or be
 *   null needs none.
 */
export function personal<Schema extends z.ZodType>(schema: Schema, whenForgotten?: WhenForgotten): Schema {
  return schema.meta({
    ...schema.meta(),
    personal: true,
    ...(whenForgotten !== undefined && { whenForgotten }),
  });
}

/** Where the personal fields of an event's data are. */
export type PersonalShape =
  | {
      readonly kind: 'personal';
      /** What stands there when it is forgotten; `left-out`: nothing; undefined: the schema does not say. */
      readonly forgotten: { readonly value: unknown } | 'left-out' | undefined;
    }
  | { readonly kind: 'fields'; readonly fields: ReadonlyMap<string, PersonalShape> }
  | { readonly kind: 'members'; readonly member: PersonalShape };

/** Where a schema has fields that are marked {@link personal}; undefined where it has none. */
export function personalShape(schema: z.ZodType): PersonalShape | undefined {
  if (isMarked(schema)) return { kind: 'personal', forgotten: whenForgotten(schema) };
  if (schema instanceof z.ZodObject) {
    const fields = new Map<string, PersonalShape>();
    for (const [name, field] of Object.entries(schema.shape)) {
      const shape = field instanceof z.ZodType ? personalShape(field) : undefined;
      if (shape) fields.set(name, shape);
    }
    return fields.size > 0 ? { kind: 'fields', fields } : undefined;
  }
  if (schema instanceof z.ZodArray || schema instanceof z.ZodRecord) {
    const inner = schema instanceof z.ZodArray ? schema.element : schema.valueType;
    const member = inner instanceof z.ZodType ? personalShape(inner) : undefined;
    return member && { kind: 'members', member };
  }
  if (schema instanceof z.ZodUnion) {
    const shapes = schema.options.map((option) =>
      option instanceof z.ZodType ? personalShape(option) : undefined,
    );
    return shapes.reduce(either, undefined);
  }
  const inner = innerType(schema);
  return inner && personalShape(inner);
}

/** Pointers (RFC 6901, `*` for the members of an array or a record) of the fields of a schema that are marked {@link personal}. */
export function personalFields(schema: z.ZodType): readonly string[] {
  const shape = personalShape(schema);
  return shape ? pointersOf(shape, '') : [];
}

function pointersOf(shape: PersonalShape, pointer: string): readonly string[] {
  switch (shape.kind) {
    case 'personal':
      return [pointer];
    case 'fields':
      return [...shape.fields].flatMap(([name, field]) => pointersOf(field, `${pointer}/${name}`));
    case 'members':
      return pointersOf(shape.member, `${pointer}/*`);
  }
}

/** The mark may be on what an optional, nullable or read-only schema wraps. */
function isMarked(schema: z.ZodType): boolean {
  const inner = innerType(schema);
  return schema.meta()?.['personal'] === true || (inner !== undefined && isMarked(inner));
}

function whenForgotten(schema: z.ZodType): { readonly value: unknown } | 'left-out' | undefined {
  for (let said: z.ZodType | undefined = schema; said; said = innerType(said)) {
    const meta = said.meta();
    if (meta && 'whenForgotten' in meta) return { value: meta['whenForgotten'] };
  }
  if (z.object({ field: schema }).safeParse({}).success) return 'left-out';
  return schema.safeParse(null).success ? { value: null } : undefined;
}

/** What optional, nullable, read-only and their like wrap. */
function innerType(schema: z.ZodType): z.ZodType | undefined {
  return 'innerType' in schema.def && schema.def.innerType instanceof z.ZodType
    ? schema.def.innerType
    : undefined;
}

/** Of the alternatives of a union: what is personal in one of them is personal in all. */
function either(one: PersonalShape | undefined, other: PersonalShape | undefined): PersonalShape | undefined {
  if (!one || !other) return one ?? other;
  if (one.kind === 'fields' && other.kind === 'fields') {
    const fields = new Map(one.fields);
    for (const [name, shape] of other.fields) {
      const both = either(fields.get(name), shape);
      if (both) fields.set(name, both);
    }
    return { kind: 'fields', fields };
  }
  if (one.kind === 'members' && other.kind === 'members')
    return { kind: 'members', member: either(one.member, other.member) ?? one.member };
  return one.kind === 'personal' ? one : other;
}
