import type { z } from 'zod';

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
  /** An event of this type forgets the person that its stream is about: from it on, nobody may read what was personal there. */
  readonly forgets?: true;
}

export function defineEvent<Type extends string, Data>(definition: {
  readonly type: Type;
  readonly version: number;
  readonly schema: z.ZodType<Data>;
  readonly upcasters?: Readonly<Record<number, Upcaster>>;
  readonly forgets?: true;
}): EventDefinition<Type, Data> {
  const upcasters = definition.upcasters ?? {};
  for (let from = 1; from < definition.version; from += 1) {
    if (!upcasters[from]) throw new Error(`${definition.type}: no upcaster from version ${from}`);
  }
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

  constructor(definitions: Iterable<EventDefinition>) {
    const byType = new Map<string, EventDefinition>();
    for (const definition of definitions) {
      if (byType.has(definition.type)) throw new Error(`${definition.type} is defined twice`);
      byType.set(definition.type, definition);
    }
    this.#byType = byType;
  }

  definition(type: string): EventDefinition | undefined {
    return this.#byType.get(type);
  }

  definitions(): Iterable<EventDefinition> {
    return this.#byType.values();
  }

  /** Parses, upcasts and checks the JSON bytes of an event. Never throws: what cannot be read says why. */
  decode(type: string, version: number, json: string): Decoded {
    const definition = this.#byType.get(type);
    if (!definition) return { kind: 'unknown-type' };
    if (!Number.isInteger(version) || version < 1 || version > definition.version) {
      return { kind: 'unreadable', reason: `unknown version ${version} of ${type}` };
    }
    try {
      let data: unknown = JSON.parse(json);
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
        reason: `${type} v${version}: ${error instanceof Error ? error.message : String(error)}`,
      };
    }
  }
}
