import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';
import { personal } from './personal.js';
import { joinParts, splitterOf } from './personal-parts.js';

const schema = z.object({
  id: z.string(),
  name: personal(z.string(), '–'),
  email: z.exactOptional(personal(z.string())),
  contact: z.exactOptional(
    z.object({ phone: z.exactOptional(personal(z.string())), open: z.exactOptional(z.number()) }),
  ),
  notes: z.array(z.object({ text: personal(z.string()).nullable(), public: z.exactOptional(z.boolean()) })),
  words: z.array(personal(z.string(), '')),
  change: personal(z.record(z.string(), z.json()), {}),
  byCode: z.record(z.string(), z.object({ said: z.exactOptional(personal(z.json())) })),
  party: z.union([
    z.object({ kind: z.literal('person'), born: personal(z.string(), '') }),
    z.object({ kind: z.literal('firm'), number: z.string() }),
  ]),
});

const text = fc.string({ unit: 'grapheme' });
const data = fc.record(
  {
    id: text,
    name: text,
    email: text,
    contact: fc.record({ phone: text, open: fc.integer() }, { requiredKeys: [] }),
    notes: fc.array(fc.record({ text: fc.option(text), public: fc.boolean() }, { requiredKeys: ['text'] })),
    words: fc.array(text),
    change: fc.dictionary(fc.oneof(text, fc.constant('__proto__')), fc.jsonValue()),
    byCode: fc.dictionary(text, fc.record({ said: fc.jsonValue() }, { requiredKeys: [] })),
    party: fc.oneof(
      fc.record({ kind: fc.constant('person'), born: text }),
      fc.record({ kind: fc.constant('firm'), number: text }),
    ),
  },
  { requiredKeys: ['id', 'name', 'notes', 'words', 'change', 'byCode', 'party'] },
);

/** As it is read back. */
function stored(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

describe('Personal parts', () => {
  const split = splitterOf('a.test.done', schema);

  it('are put back to what they were taken from, and what is left without them fits the schema', () => {
    fc.assert(
      fc.property(data, (given) => {
        const written = stored(given);
        const parts = split?.(written);
        if (!parts) throw new Error('there is always a name');
        expect(joinParts({ open: stored(parts.open), personal: stored(parts.personal) })).toEqual(written);
        expect(schema.safeParse(stored(parts.open)).error?.issues ?? []).toEqual([]);
        expect(stored(given)).toEqual(written);
      }),
    );
  });

  it('are all that is marked, and nothing else', () => {
    const parts = split?.({
      id: '7',
      name: 'Åse',
      contact: { phone: '1', open: 2 },
      notes: [{ text: 'a', public: true }, { text: null }],
      words: ['b'],
      change: { c: 1 },
      byCode: { x: { said: 'd' }, y: {} },
      party: { kind: 'person', born: '1970' },
    });
    expect(parts?.open).toEqual({
      id: '7',
      name: '–',
      contact: { open: 2 },
      notes: [{ text: null, public: true }, { text: null }],
      words: [''],
      change: {},
      byCode: { x: {}, y: {} },
      party: { kind: 'person', born: '' },
    });
    expect(parts?.personal).toEqual({
      name: 'Åse',
      contact: { phone: '1' },
      notes: { 0: { text: 'a' }, 1: { text: null } },
      words: { 0: 'b' },
      change: { c: 1 },
      byCode: { x: { said: 'd' } },
      party: { born: '1970' },
    });
  });

  it('are none where no personal field is there', () => {
    const some = splitterOf(
      'a.test.done',
      z.object({ id: z.string(), email: z.exactOptional(personal(z.string())) }),
    );
    expect(some?.({ id: '1' })).toBeUndefined();
    expect(splitterOf('a.test.done', z.object({ id: z.string() }))).toBeUndefined();
  });

  it('need something to stand in their place when their person is forgotten', () => {
    expect(() => splitterOf('a.test.done', z.object({ name: personal(z.string()) }))).toThrow(
      'a.test.done: /name is personal and required',
    );
    expect(() => splitterOf('a.test.done', z.object({ names: z.array(personal(z.string())) }))).toThrow(
      '/names/*',
    );
  });
});
