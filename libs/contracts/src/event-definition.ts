import { reasonOf } from '@samspill/kernel';
import type { z } from 'zod';
import { personalFields } from './personal.js';
import { splitterOf, type Split } from './personal-parts.js';

/** Lifts the data of one schema version to the next; pure. */
export type Upcaster = (data: unknown) => unknown;

/**
 * A published event: its type, its current schema version, and how older versions become the current one.
 * A version that has been published never changes; a new one comes with an upcaster and a golden sample.
 */
export interface EventDefinition<Type extends string = string, Data = unknown> {
  readonly type: Type;
  readonly version: number;
  readonly schema: z.ZodType<Data>;
  /** By the version it starts from: `{ 1: toTwo, 2: toThree }`. */
  readonly upcasters: Readonly<Record<number, Upcaster>>;
  /** Whose data the personal fields are, as the name of a stream; the event's own stream unless it says otherwise. */
  subject?(data: Data, stream: string): string;
  /** An event of this type forgets the person whose stream it is in: nothing personal of them can be read from then on. */
  readonly forgets?: true;
}

export function defineEvent<Type extends string, Data>(definition: {
  readonly type: Type;
  readonly version: number;
  readonly schema: z.ZodType<Data>;
  readonly upcasters?: Readonly<Record<number, Upcaster>>;
  subject?(data: Data, stream: string): string;
  readonly forgets?: true;
}): EventDefinition<Type, Data> {
  const upcasters = definition.upcasters ?? {};
  for (let from = 1; from < definition.version; from += 1) {
    if (!upcasters[from]) throw new Error(`${definition.type}: no upcaster from version ${from}`);
  }
  if (definition.forgets && personalFields(definition.schema).length > 0)
    throw new TypeError(`${definition.type} forgets a person and may say nothing about them`);
  return { ...definition, upcasters };
}

/** The event that a definition describes. */
export type EventOf<Definition> =
  Definition extends EventDefinition<infer Type, infer Data>
    ? { readonly type: Type; readonly data: Data }
    : never;

export type Decoded =
  | { readonly kind: 'event'; readonly data: unknown }
  | { readonly kind: 'unknown-type' }
  | { readonly kind: 'unreadable'; readonly reason: string };

/** All events that a service knows, for decoding. */
export class EventCatalogue {
  readonly #byType: ReadonlyMap<string, EventDefinition>;
  readonly #splits: ReadonlyMap<string, Split>;

  constructor(definitions: Iterable<EventDefinition>) {
    const byType = new Map<string, EventDefinition>();
    for (const definition of definitions) {
      if (byType.has(definition.type)) throw new Error(`${definition.type} is defined twice`);
      byType.set(definition.type, definition);
    }
    this.#byType = byType;
    this.#splits = new Map(
      [...byType.values()].flatMap(({ type, schema }) => {
        const split = splitterOf(type, schema);
        return split ? [[type, split] as const] : [];
      }),
    );
  }

  definition(type: string): EventDefinition | undefined {
    return this.#byType.get(type);
  }

  definitions(): Iterable<EventDefinition> {
    return this.#byType.values();
  }

  /** How to take the personal fields out of an event's data; undefined where its type has none. */
  split(type: string): Split | undefined {
    return this.#splits.get(type);
  }

  /** Parses, upcasts and checks the JSON bytes of an event. Never throws: what cannot be read says why. */
  decode(type: string, version: number, json: string): Decoded {
    return this.decodeWith(type, version, () => JSON.parse(json));
  }

  /** The same for data that is parsed already, or is made when it is asked for; what that throws is why it cannot be read. */
  decodeWith(type: string, version: number, parse: () => unknown): Decoded {
    const definition = this.#byType.get(type);
    if (!definition) return { kind: 'unknown-type' };
    if (!Number.isInteger(version) || version < 1 || version > definition.version) {
      return { kind: 'unreadable', reason: `unknown version ${version} of ${type}` };
    }
    try {
      let data = parse();
      for (let from = version; from < definition.version; from += 1)
        data = definition.upcasters[from]?.(data);
      const parsed = definition.schema.safeParse(data);
      if (parsed.success) return { kind: 'event', data: parsed.data };
      const issues = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
      return {
        kind: 'unreadable',
        reason: `${type} v${version} does not fit its schema: ${issues.join('; ')}`,
      };
    } catch (error) {
      return {
        kind: 'unreadable',
        reason: `${type} v${version}: ${reasonOf(error)}`,
      };
    }
  }
}
