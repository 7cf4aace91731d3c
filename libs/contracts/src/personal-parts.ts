import type { z } from 'zod';
import { personalShape, type PersonalShape } from './personal.js';

/** An event's data in two parts, as it is kept. */
export interface PersonalParts {
  /** The event's forgotten form: all that is public, with what stands for the rest. It fits the event's schema by itself. */
  readonly open: unknown;
  /** The personal fields alone, in objects of the same names; indexes for the members of an array. */
  readonly personal: unknown;
}

export type Split = (data: unknown) => PersonalParts | undefined;

/**
 * How to take the personal fields out of data that fits a schema; undefined where the schema has none. The result is undefined for data
 * in which none of them is there.
 * @throws TypeError where forgetting a person would leave data that does not fit the schema
 */
export function splitterOf(type: string, schema: z.ZodType): Split | undefined {
  const shape = personalShape(schema);
  if (!shape) return undefined;
  if (shape.kind === 'personal') throw new TypeError(`${type}: its data as a whole cannot be personal`);
  requireForgottenForms(type, shape, '');
  return (data) => {
    const personal = taken(shape, data);
    return personal === undefined ? undefined : { open: withoutPersonal(shape, data), personal };
  };
}

/** The data again: the open part with the personal one put back into its places. Does not change what it is given. */
export function joinParts({ open, personal }: PersonalParts): unknown {
  if (!isContainer(open) || !isPlain(personal) || isEmpty(open)) return personal;
  const joined = copyOf(open);
  for (const [name, value] of Object.entries(personal)) {
    const before: unknown = Object.getOwnPropertyDescriptor(open, name)?.value;
    put(joined, name, joinParts({ open: before, personal: value }));
  }
  return joined;
}

function requireForgottenForms(type: string, shape: PersonalShape, pointer: string): void {
  switch (shape.kind) {
    case 'personal':
      if (shape.forgotten) return;
      throw new TypeError(
        `${type}: ${pointer} is personal and required, and nothing says what stands there when the person is forgotten`,
      );
    case 'fields':
      for (const [name, field] of shape.fields) requireForgottenForms(type, field, `${pointer}/${name}`);
      return;
    case 'members':
      // What may be left out of an object leaves a hole in a list.
      if (shape.member.kind !== 'personal' || shape.member.forgotten !== 'left-out')
        requireForgottenForms(type, shape.member, `${pointer}/*`);
  }
}

/** The personal fields of data; undefined where there are none. */
function taken(shape: PersonalShape, data: unknown): unknown {
  if (shape.kind === 'personal') return data;
  if (!isContainer(data)) return undefined;
  const found = {};
  let isAny = false;
  for (const [name, inner] of membersOf(shape, data)) {
    const value = taken(inner, valueOf(data, name));
    if (value === undefined) continue;
    put(found, name, value);
    isAny = true;
  }
  return isAny ? found : undefined;
}

function withoutPersonal(shape: PersonalShape, data: unknown): unknown {
  if (shape.kind === 'personal' || !isContainer(data)) return data;
  const open = copyOf(data);
  for (const [name, inner] of membersOf(shape, data)) {
    const value = valueOf(data, name);
    if (inner.kind !== 'personal') put(open, name, withoutPersonal(inner, value));
    else if (typeof inner.forgotten === 'object') put(open, name, inner.forgotten.value);
    else if (Array.isArray(open)) put(open, name, null);
    else Reflect.deleteProperty(open, name);
  }
  return open;
}

/** What of a value may hold personal fields: by name, those that are there. */
function* membersOf(
  shape: Exclude<PersonalShape, { kind: 'personal' }>,
  data: object,
): Generator<[string, PersonalShape]> {
  if (shape.kind === 'members') {
    for (const name of Object.keys(data)) yield [name, shape.member];
    return;
  }
  for (const [name, inner] of shape.fields) {
    if (Object.hasOwn(data, name) && valueOf(data, name) !== undefined) yield [name, inner];
  }
}

function valueOf(data: object, name: string): unknown {
  return Object.getOwnPropertyDescriptor(data, name)?.value;
}

/** Also for names such as `__proto__`, to which nothing may be assigned. */
function put(target: object, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, enumerable: true, writable: true, configurable: true });
}

function copyOf(container: object): object {
  return Array.isArray(container) ? container.slice() : { ...container };
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function isPlain(value: unknown): value is object {
  return isContainer(value) && !Array.isArray(value);
}

function isEmpty(value: object): boolean {
  return Object.keys(value).length === 0;
}
