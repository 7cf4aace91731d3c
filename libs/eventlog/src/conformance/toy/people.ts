import { z } from 'zod';
import { defineEvent, personal, type EventOf } from '@samspill/contracts';
import {
  defineProjection,
  parseStream,
  streamName,
  type DomainEvent,
  type Recorded,
  type Row,
} from '@samspill/kernel';

/**
 * People, to try on what becomes of personal data. Streams: `toy.person/<company>/<number>`, and for what is said about a person
 * `toy.remark/<company>/<number>`.
 */
export const personChanged = defineEvent({
  type: 'toy.person.changed',
  version: 1,
  schema: z.strictObject({
    town: z.string(),
    name: personal(z.string().min(1), '–'),
    email: z.exactOptional(personal(z.string())),
    phones: z.array(z.strictObject({ kind: z.string(), number: personal(z.string(), '') })),
  }),
});
export const personVisited = defineEvent({
  type: 'toy.person.visited',
  version: 1,
  schema: z.strictObject({ wanted: personal(z.string(), '') }),
});
/** Said in a stream of its own, and about the person all the same. */
export const personRemarked = defineEvent({
  type: 'toy.person.remarked',
  version: 1,
  schema: z.strictObject({ remark: personal(z.string(), '') }),
  subject: (_data, stream) => streamName('toy.person', ...parseStream(stream).parts),
});
export const personForgotten = defineEvent({
  type: 'toy.person.forgotten',
  version: 1,
  schema: z.strictObject({ by: z.string() }),
  forgets: true,
});
export const personEvents = [personChanged, personVisited, personRemarked, personForgotten];
type PersonEvent = EventOf<(typeof personEvents)[number]>;

export const person = (name: string, more: Readonly<Record<string, unknown>> = {}): DomainEvent => ({
  type: 'toy.person.changed',
  data: { town: 'Bodø', name, phones: [], ...more },
});
export const visited = (wanted: string): DomainEvent => ({ type: 'toy.person.visited', data: { wanted } });
export const remarked = (remark: string): DomainEvent => ({ type: 'toy.person.remarked', data: { remark } });
export const forgotten: DomainEvent = { type: 'toy.person.forgotten', data: { by: 'request 17' } };

interface PersonRow extends Row {
  readonly company: string;
  readonly number: string;
  readonly town: string;
  readonly name: string;
  readonly email: string | null;
  readonly phones: readonly object[];
}

/** Who there is: the last event decides. */
export function personProjection(topic: string) {
  return defineProjection<PersonRow, PersonEvent>({
    name: 'toy.person',
    version: 1,
    fold: 'state',
    topics: [topic],
    reads: ['toy.person.changed', 'toy.person.forgotten'],
    table: {
      columns: {
        company: 'text',
        number: 'text',
        town: 'text',
        name: 'text',
        email: 'text',
        phones: 'jsonb',
      },
      key: ['company', 'number'],
      company: 'company',
      indexes: [],
    },
    key: keyOf,
    project(_row, event) {
      if (event.type !== 'toy.person.changed') return undefined;
      const { town, name, email, phones } = event.data;
      return { ...keyOf(event), town, name, email: email ?? null, phones };
    },
  });
}

interface VisitsRow extends Row {
  readonly company: string;
  readonly number: string;
  readonly visits: number;
  readonly wanted: readonly string[];
}

/** What people came for: every event counts. How often somebody came is not forgotten, and says nothing about them. */
export function visitsProjection(topic: string) {
  return defineProjection<VisitsRow, PersonEvent>({
    name: 'toy.visits',
    version: 1,
    fold: 'steps',
    topics: [topic],
    reads: ['toy.person.visited', 'toy.person.forgotten'],
    table: {
      columns: { company: 'text', number: 'text', visits: 'integer', wanted: 'text[]' },
      key: ['company', 'number'],
      company: 'company',
      indexes: [],
    },
    key: keyOf,
    project(row, event) {
      if (event.type !== 'toy.person.visited') return row && { ...row, wanted: [] };
      const { visits, wanted } = row ?? { visits: 0, wanted: [] };
      return { ...keyOf(event), visits: visits + 1, wanted: [...wanted, event.data.wanted] };
    },
  });
}

function keyOf(event: Recorded): { readonly company: string; readonly number: string } {
  const [company = '', number = ''] = parseStream(event.meta.stream).parts;
  return { company, number };
}
